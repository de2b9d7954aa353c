//! It keeps each fact once, in the right place, with keys and indexes that hold.

mod copies_not_atomic;
mod snapshot_not_frozen;
mod stale_copy;
mod update_amplified;
mod write_not_atomic;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &stale_copy::CHECK,
    &update_amplified::CHECK,
    &copies_not_atomic::CHECK,
    &snapshot_not_frozen::CHECK,
    &write_not_atomic::CHECK,
];
