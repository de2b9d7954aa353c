//! The docker runtime, against an engine. Where none answers, each test says so and asserts nothing; `ci/test` sees to
//! it that one does.

pub(crate) mod bench;
mod boot;
mod holds;
mod limits;
mod made;
mod otherwise;
mod platform;
mod power;
mod seal;
mod sweep;
