//! It fails well: what a client sends or a database does ends in an answer, and the service goes on.

mod connection_leaked;
mod internals_shown;
mod lost_connections_kill;
mod outage_not_survived;
mod shape_differs;
mod slow_clients_block;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &lost_connections_kill::CHECK,
    &outage_not_survived::CHECK,
    &connection_leaked::CHECK,
    &internals_shown::CHECK,
    &shape_differs::CHECK,
    &slow_clients_block::CHECK,
];
