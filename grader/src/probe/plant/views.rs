//! What else is told about a thing: reads under its own address.

use indexmap::IndexMap;

use super::{Planted, Planter};
use crate::pack::{Call, Entity, Method, Operation, ParamPlace};

impl Planter {
    /// The reads whose address begins with that of this thing (`/venues/{venue_id}/sales`) and needs no more than its
    /// key. Its own read and the lists and reads of other things are not among them.
    pub fn views(&self, of: &Planted) -> Vec<Call> {
        let Some(own) = self.entity(of).and_then(|e| own(e)) else {
            return Vec::new();
        };
        let Some(base) = self.pack.op(&own.op).map(|op| op.path.to_string()) else {
            return Vec::new();
        };
        let all = self.pack.contract.operations.iter();
        let views = all.filter(|op| {
            let under = op
                .path
                .to_string()
                .strip_prefix(&base)
                .is_some_and(|rest| rest.starts_with('/') && !rest.contains('{'));
            op.method == Method::Get && under && !needs_more(op) && !self.is_of_an_entity(op)
        });
        let bind = |op: &Operation| -> IndexMap<_, _> {
            let named = |(name, _): &(&String, _)| op.param(ParamPlace::Path, name).is_some();
            let bound = own.bind.iter().filter(named);
            bound
                .map(|(name, bound)| (name.clone(), bound.clone()))
                .collect()
        };
        views
            .map(|op| Call {
                op: op.id.clone(),
                bind: bind(op),
            })
            .collect()
    }

    fn is_of_an_entity(&self, op: &Operation) -> bool {
        let reads = |e: &Entity| {
            let own = [&e.read, &e.list].into_iter().flatten();
            own.into_iter().any(|c| c.op == op.id)
        };
        self.pack.entities.values().any(reads)
    }
}

/// A call whose path is the thing's own address.
fn own(entity: &Entity) -> Option<&Call> {
    let update = entity.update.as_ref().map(|u| &u.call);
    entity.read.as_ref().or(update).or(entity.delete.as_ref())
}

/// Whether a request without a query would be refused.
fn needs_more(op: &Operation) -> bool {
    let mut params = op.params.iter();
    params.any(|p| p.required && p.place != ParamPlace::Path)
}
