//! All checks. One file a check, one room a stage, one ordered slice a room.

mod auth;
mod boot;
mod endpoints;
mod errors;
mod schema;

use crate::check::Check;
use crate::model::CheckIndex;

/// Every check, in the order in which a learner meets them.
pub fn all() -> Vec<&'static Check> {
    let stages = [
        boot::STAGE,
        endpoints::STAGE,
        schema::STAGE,
        auth::STAGE,
        errors::STAGE,
    ];
    stages.into_iter().flatten().copied().collect()
}

/// Every check as data.
pub fn index() -> CheckIndex {
    CheckIndex::new(all().into_iter().map(Check::meta).collect())
}
