//! It knows who is asking, and keeps everybody else out.

mod anonymous_served;
mod login_broken;
mod mass_assignment;
mod other_users_object_listed;
mod other_users_object_readable;
mod other_users_object_writable;
mod replay_logout;
mod role_not_checked;
mod signature_not_checked;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &login_broken::CHECK,
    &anonymous_served::CHECK,
    &signature_not_checked::CHECK,
    &replay_logout::CHECK,
    &role_not_checked::CHECK,
    &other_users_object_readable::CHECK,
    &other_users_object_listed::CHECK,
    &other_users_object_writable::CHECK,
    &mass_assignment::CHECK,
];
