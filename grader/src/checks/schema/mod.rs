//! It keeps each fact once, in the right place, with keys and indexes that hold.

mod copies_not_atomic;
mod counter_drifts;
mod deletion_anomaly;
mod duplicate_under_race;
mod insertion_anomaly;
mod key_not_unique;
mod lost_update;
mod made_at_run_time;
mod migrations_differ;
mod orphan_left;
mod snapshot_not_frozen;
mod stale_copy;
mod too_much_privilege;
mod update_amplified;
mod write_not_atomic;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &stale_copy::CHECK,
    &update_amplified::CHECK,
    &copies_not_atomic::CHECK,
    &snapshot_not_frozen::CHECK,
    &insertion_anomaly::CHECK,
    &deletion_anomaly::CHECK,
    &orphan_left::CHECK,
    &key_not_unique::CHECK,
    &write_not_atomic::CHECK,
    &lost_update::CHECK,
    &counter_drifts::CHECK,
    &duplicate_under_race::CHECK,
    &made_at_run_time::CHECK,
    &migrations_differ::CHECK,
    &too_much_privilege::CHECK,
];
