//! It does what the contract says.

pub(super) mod created_differs;
pub(super) mod data_lost_on_restart;
mod delete_not_idempotent;
pub(super) mod deleted_still_there;
mod etag_ignored;
mod etag_unstable;
mod filter_ignored;
mod filter_too_narrow;
mod get_changes_state;
mod hard_coded_answers;
mod head_and_options;
mod instant_altered;
mod list_leaves_out;
mod list_repeats;
mod no_location;
mod null_altered;
mod number_altered;
mod operation_missing;
mod order_not_total;
mod order_wrong;
pub(super) mod page_bounds;
mod page_unbounded;
mod patch_erases;
pub(super) mod patch_ignored;
mod precondition_ignored;
mod precondition_raced;
mod private_cached;
mod put_not_idempotent;
pub(super) mod reference_unchecked;
mod reply_breaks_schema;
mod sort_wrong;
mod text_altered;
mod undeclared_property;
pub(super) mod unknown_id_not_404;
pub(super) mod unknown_route;
mod wrong_content_type;
mod wrong_method;
pub(super) mod wrong_success_status;

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
    &precondition_raced::CHECK,
    &private_cached::CHECK,
    &deleted_still_there::CHECK,
    &unknown_id_not_404::CHECK,
    &delete_not_idempotent::CHECK,
    &get_changes_state::CHECK,
    &unknown_route::CHECK,
    &wrong_method::CHECK,
    &head_and_options::CHECK,
    &page_unbounded::CHECK,
    &list_leaves_out::CHECK,
    &list_repeats::CHECK,
    &page_bounds::CHECK,
    &order_not_total::CHECK,
    &order_wrong::CHECK,
    &sort_wrong::CHECK,
    &filter_ignored::CHECK,
    &filter_too_narrow::CHECK,
    &data_lost_on_restart::CHECK,
];
