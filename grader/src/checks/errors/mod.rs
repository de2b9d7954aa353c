//! It fails well: what a client sends or a database does ends in an answer, and the service goes on.

mod body_unbounded;
mod connection_leaked;
mod duplicate_breaks;
mod injection;
mod internals_shown;
mod internals_shown_elsewhere;
mod invalid_body_accepted;
mod invalid_body_breaks;
mod lost_connections_kill;
mod malformed_json;
mod media_type_ignored;
mod number_breaks;
mod outage_not_survived;
mod parameter_breaks;
mod reference_breaks;
mod request_kills;
mod shape_differs;
mod slow_clients_block;
mod text_breaks;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &malformed_json::CHECK,
    &media_type_ignored::CHECK,
    &invalid_body_breaks::CHECK,
    &invalid_body_accepted::CHECK,
    &number_breaks::CHECK,
    &text_breaks::CHECK,
    &reference_breaks::CHECK,
    &duplicate_breaks::CHECK,
    &injection::CHECK,
    &parameter_breaks::CHECK,
    &body_unbounded::CHECK,
    &lost_connections_kill::CHECK,
    &outage_not_survived::CHECK,
    &connection_leaked::CHECK,
    &internals_shown::CHECK,
    &shape_differs::CHECK,
    &slow_clients_block::CHECK,
    &internals_shown_elsewhere::CHECK,
    &request_kills::CHECK,
];
