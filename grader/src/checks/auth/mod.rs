//! It knows who is asking, and keeps everybody else out.

mod anonymous_served;
mod login_broken;
mod replay_logout;
mod signature_not_checked;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &login_broken::CHECK,
    &anonymous_served::CHECK,
    &signature_not_checked::CHECK,
    &replay_logout::CHECK,
];
