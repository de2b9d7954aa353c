//! It builds, starts, listens and keeps its data where it was told to.

mod build_fails;
mod build_not_clean;
mod config_not_required;
mod data_elsewhere;
mod database_late;
mod migrations_not_rerunnable;
mod never_answers;
mod port_ignored;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &build_fails::CHECK,
    &never_answers::CHECK,
    &build_not_clean::CHECK,
    &port_ignored::CHECK,
    &data_elsewhere::CHECK,
    &config_not_required::CHECK,
    &migrations_not_rerunnable::CHECK,
    &database_late::CHECK,
];

pub(super) use data_elsewhere::CHECK as DATA_ELSEWHERE;
pub(super) use never_answers::CHECK as ANSWERS;
