//! It keeps each fact once, in the right place, with keys and indexes that hold.

mod copies_not_atomic;
mod stale_copy;
mod update_amplified;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &stale_copy::CHECK,
    &update_amplified::CHECK,
    &copies_not_atomic::CHECK,
];
