//! It knows who is asking, and keeps everybody else out.

mod anonymous_served;
mod login_broken;
mod mass_assignment;
mod operation_unguarded;
mod other_users_object_listed;
mod other_users_object_readable;
mod other_users_object_writable;
mod replay_logout;
mod replay_logout_durable;
mod replay_logout_malleable;
mod replay_password_change;
mod replay_refresh_family;
mod replay_refresh_rotation;
mod role_not_checked;
mod signature_not_checked;
mod token_subject_gone;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &login_broken::CHECK,
    &anonymous_served::CHECK,
    &operation_unguarded::CHECK,
    &signature_not_checked::CHECK,
    &replay_logout::CHECK,
    &replay_logout_malleable::CHECK,
    &replay_logout_durable::CHECK,
    &replay_refresh_rotation::CHECK,
    &replay_refresh_family::CHECK,
    &replay_password_change::CHECK,
    &token_subject_gone::CHECK,
    &role_not_checked::CHECK,
    &other_users_object_readable::CHECK,
    &other_users_object_listed::CHECK,
    &other_users_object_writable::CHECK,
    &mass_assignment::CHECK,
];
