//! Why the making of a thing ends early: the service, the pack, or a fault of ours.

use super::{NotPlanted, Planting};
use crate::model::Fault;

/// Ends a planting. Kept apart only at the surface, so that `?` serves inside.
pub(super) enum Stop {
    Not(NotPlanted),
    Broken(Fault),
}

impl From<NotPlanted> for Stop {
    fn from(why: NotPlanted) -> Self {
        Self::Not(why)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Broken(fault)
    }
}

impl Stop {
    /// There is no honest request; the sentence says why.
    pub(super) fn no_way(why: impl Into<String>) -> Self {
        Self::Not(NotPlanted::NoWay(why.into()))
    }
}

/// What a caller sees: what the service did is no error.
pub(super) fn outward<T>(result: Result<T, Stop>) -> Result<Planting<T>, Fault> {
    match result {
        Ok(made) => Ok(Ok(made)),
        Err(Stop::Not(why)) => Ok(Err(why)),
        Err(Stop::Broken(fault)) => Err(fault),
    }
}

/// What came of an honest call, where having none is no news: nobody may ask, or nobody was let in.
pub(super) fn inward<T>(result: Result<Option<T>, Stop>) -> Result<Option<T>, Fault> {
    match result {
        Ok(found) => Ok(found),
        Err(Stop::Not(_)) => Ok(None),
        Err(Stop::Broken(fault)) => Err(fault),
    }
}
