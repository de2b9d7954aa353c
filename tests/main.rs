//! One test binary: it drives the real program and keeps the house in order.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

mod checks;
mod ci;
mod cohort;
mod conventions;
mod db;
mod docker;
mod grade;
mod pack;
mod plant;
mod probe;
mod runtime;
mod schema;
