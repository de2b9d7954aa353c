//! The docker runtime, against an engine. Where none answers, each test says so and asserts nothing; `ci/test` sees to
//! it that one does.

pub(crate) mod bench;
mod boot;
mod limits;
mod power;
mod seal;
mod sweep;
