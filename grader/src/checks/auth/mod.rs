//! It knows who is asking, and keeps everybody else out.

mod anonymous_served;
mod claims_not_checked;
mod cookie_unprotected;
mod cross_site_writes;
mod expired_token_accepted;
mod header_believed;
mod key_in_header_believed;
mod login_broken;
mod malformed_token_breaks;
mod mass_assignment;
mod operation_unguarded;
mod origin_not_checked;
mod other_users_object_listed;
mod other_users_object_readable;
mod other_users_object_writable;
mod properties_exposed;
mod reference_unguarded;
mod replay_logout;
mod replay_logout_durable;
mod replay_logout_malleable;
mod replay_password_change;
mod replay_refresh_family;
mod replay_refresh_rotation;
mod role_not_checked;
mod session_fixed;
mod session_without_end;
mod signature_not_checked;
mod signing_secret_guessable;
mod token_outlives_limit;
mod token_purpose_ignored;
mod token_subject_gone;
mod unsigned_token_accepted;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &login_broken::CHECK,
    &anonymous_served::CHECK,
    &operation_unguarded::CHECK,
    &signature_not_checked::CHECK,
    &unsigned_token_accepted::CHECK,
    &key_in_header_believed::CHECK,
    &signing_secret_guessable::CHECK,
    &expired_token_accepted::CHECK,
    &claims_not_checked::CHECK,
    &token_outlives_limit::CHECK,
    &token_purpose_ignored::CHECK,
    &malformed_token_breaks::CHECK,
    &cookie_unprotected::CHECK,
    &session_fixed::CHECK,
    &session_without_end::CHECK,
    &replay_logout::CHECK,
    &replay_logout_malleable::CHECK,
    &replay_logout_durable::CHECK,
    &replay_refresh_rotation::CHECK,
    &replay_refresh_family::CHECK,
    &replay_password_change::CHECK,
    &token_subject_gone::CHECK,
    &role_not_checked::CHECK,
    &header_believed::CHECK,
    &other_users_object_readable::CHECK,
    &other_users_object_listed::CHECK,
    &other_users_object_writable::CHECK,
    &reference_unguarded::CHECK,
    &mass_assignment::CHECK,
    &properties_exposed::CHECK,
    &cross_site_writes::CHECK,
    &origin_not_checked::CHECK,
];
