//! It keeps each fact once, in the right place, with keys and indexes that hold.

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[];
