//! It does what the contract says.

mod created_differs;
mod data_lost_on_restart;
mod delete_not_idempotent;
mod deleted_still_there;
mod etag_ignored;
mod etag_unstable;
mod get_changes_state;
mod hard_coded_answers;
mod instant_altered;
mod no_location;
mod null_altered;
mod number_altered;
mod operation_missing;
mod patch_erases;
mod patch_ignored;
mod precondition_ignored;
mod put_not_idempotent;
mod reference_unchecked;
mod reply_breaks_schema;
mod text_altered;
mod undeclared_property;
mod unknown_id_not_404;
mod wrong_content_type;
mod wrong_success_status;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &operation_missing::CHECK,
    &wrong_success_status::CHECK,
    &wrong_content_type::CHECK,
    &reply_breaks_schema::CHECK,
    &undeclared_property::CHECK,
    &hard_coded_answers::CHECK,
    &created_differs::CHECK,
    &text_altered::CHECK,
    &number_altered::CHECK,
    &instant_altered::CHECK,
    &null_altered::CHECK,
    &no_location::CHECK,
    &patch_ignored::CHECK,
    &patch_erases::CHECK,
    &put_not_idempotent::CHECK,
    &reference_unchecked::CHECK,
    &etag_unstable::CHECK,
    &etag_ignored::CHECK,
    &precondition_ignored::CHECK,
    &deleted_still_there::CHECK,
    &unknown_id_not_404::CHECK,
    &delete_not_idempotent::CHECK,
    &get_changes_state::CHECK,
    &data_lost_on_restart::CHECK,
];
