//! It knows who is asking, and keeps everybody else out.

mod algorithm_confused;
mod anonymous_served;
mod claims_not_checked;
mod cookie_unprotected;
mod cross_site_writes;
mod empty_token_accepted;
mod expired_token_accepted;
mod header_believed;
mod identifier_inconsistent;
mod key_fetched;
mod key_in_header_believed;
mod login_broken;
mod login_limit_dodged;
mod login_tells_accounts;
mod login_time_tells_accounts;
pub(super) mod login_type_confused;
mod login_unlimited;
mod malformed_token_breaks;
mod mass_assignment;
mod operation_unguarded;
mod origin_not_checked;
mod other_users_object_listed;
mod other_users_object_readable;
mod other_users_object_writable;
mod password_altered;
mod password_change_unproven;
mod password_hash_weak;
mod password_not_salted;
mod password_policy_missing;
mod password_readable;
mod properties_exposed;
mod reference_unguarded;
mod registration_overwrites;
mod replay_logout;
mod replay_logout_all;
mod replay_logout_durable;
mod replay_logout_malleable;
mod replay_one_time_code;
mod replay_one_time_code_race;
mod replay_password_change;
mod replay_refresh_family;
mod replay_refresh_leeway;
mod replay_refresh_race;
mod replay_refresh_rotation;
mod replay_reset;
mod replay_reset_race;
mod reset_broken;
mod reset_code_lives_on;
mod reset_code_outlives_limit;
mod reset_sent_elsewhere;
mod role_not_checked;
mod secret_shown;
mod session_fixed;
mod session_list_wrong;
mod session_without_end;
mod signature_not_checked;
mod signing_secret_guessable;
mod stale_role;
mod token_form_confused;
mod token_guessable;
mod token_outlives_limit;
mod token_purpose_ignored;
mod token_stored_readable;
mod token_subject_gone;
mod unsigned_token_accepted;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &login_broken::CHECK,
    &registration_overwrites::CHECK,
    &identifier_inconsistent::CHECK,
    &password_policy_missing::CHECK,
    &password_altered::CHECK,
    &login_type_confused::CHECK,
    &login_tells_accounts::CHECK,
    &login_time_tells_accounts::CHECK,
    &login_unlimited::CHECK,
    &login_limit_dodged::CHECK,
    &password_change_unproven::CHECK,
    &password_readable::CHECK,
    &password_hash_weak::CHECK,
    &password_not_salted::CHECK,
    &secret_shown::CHECK,
    &anonymous_served::CHECK,
    &operation_unguarded::CHECK,
    &signature_not_checked::CHECK,
    &unsigned_token_accepted::CHECK,
    &algorithm_confused::CHECK,
    &token_form_confused::CHECK,
    &key_in_header_believed::CHECK,
    &key_fetched::CHECK,
    &signing_secret_guessable::CHECK,
    &token_guessable::CHECK,
    &expired_token_accepted::CHECK,
    &claims_not_checked::CHECK,
    &token_outlives_limit::CHECK,
    &token_purpose_ignored::CHECK,
    &malformed_token_breaks::CHECK,
    &cookie_unprotected::CHECK,
    &session_fixed::CHECK,
    &session_without_end::CHECK,
    &replay_logout::CHECK,
    &replay_logout_all::CHECK,
    &session_list_wrong::CHECK,
    &replay_logout_malleable::CHECK,
    &replay_logout_durable::CHECK,
    &replay_refresh_rotation::CHECK,
    &replay_refresh_family::CHECK,
    &replay_refresh_leeway::CHECK,
    &replay_refresh_race::CHECK,
    &replay_password_change::CHECK,
    &reset_broken::CHECK,
    &reset_sent_elsewhere::CHECK,
    &replay_reset::CHECK,
    &replay_one_time_code::CHECK,
    &replay_one_time_code_race::CHECK,
    &replay_reset_race::CHECK,
    &reset_code_lives_on::CHECK,
    &reset_code_outlives_limit::CHECK,
    &empty_token_accepted::CHECK,
    &token_subject_gone::CHECK,
    &token_stored_readable::CHECK,
    &role_not_checked::CHECK,
    &stale_role::CHECK,
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
