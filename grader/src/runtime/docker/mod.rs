//! The docker runtime: containers beside a containerised Postgres, for strangers' code.

#[expect(
    dead_code,
    reason = "what runs the images that are built here is yet to come"
)]
mod build;
