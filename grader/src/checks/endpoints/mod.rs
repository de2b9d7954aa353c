//! It does what the contract says.

mod created_differs;
mod data_lost_on_restart;
mod deleted_still_there;
mod filter_ignored;
mod filter_too_narrow;
mod hard_coded_answers;
mod head_and_options;
mod list_leaves_out;
mod list_repeats;
mod operation_missing;
mod order_not_total;
mod order_wrong;
mod page_bounds;
mod page_unbounded;
mod reply_breaks_schema;
mod sort_wrong;
mod unknown_id_not_404;
mod unknown_route;
mod wrong_method;
mod wrong_success_status;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &operation_missing::CHECK,
    &wrong_success_status::CHECK,
    &reply_breaks_schema::CHECK,
    &hard_coded_answers::CHECK,
    &created_differs::CHECK,
    &deleted_still_there::CHECK,
    &unknown_id_not_404::CHECK,
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
