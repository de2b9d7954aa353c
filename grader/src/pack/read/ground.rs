//! What the contract shows of an entity: in the request that makes it, in replies, in the request that changes it.

use serde_json::Value;

use crate::pack::{
    Contract, MadeBy, Operation, Place, Pointer,
    openapi::shape::{self, Found},
};

use super::calls;

/// One body in which an entity's values stand.
pub(super) struct View {
    pub(super) schema: Value,
    /// The envelope about the thing: `/user`, or nothing.
    pub(super) base: Pointer,
}

/// The bodies of an entity's operations.
#[derive(Default)]
pub(super) struct Ground {
    pub(super) send: Option<View>,
    pub(super) created: Option<View>,
    pub(super) read: Option<View>,
    pub(super) change: Option<View>,
    pub(super) listed: Option<View>,
}

impl View {
    /// The whole of a body, its envelope found.
    pub(super) fn whole(contract: &Contract, schema: &Value) -> Self {
        Self {
            base: shape::envelope(contract, schema),
            schema: schema.clone(),
        }
    }

    /// A part of a body, seen from that part.
    pub(super) fn part(contract: &Contract, schema: &Value, at: &Pointer) -> Option<Self> {
        let found = shape::at(contract, schema, at)?;
        Some(Self {
            schema: found.schema,
            base: Pointer::default(),
        })
    }

    /// The value of this name: inside the envelope, else beside it.
    pub(super) fn find(&self, contract: &Contract, name: &str) -> Option<(Place, Found)> {
        [self.base.member(name), Pointer::default().member(name)]
            .into_iter()
            .find_map(|pointer| {
                let found = shape::at(contract, &self.schema, &pointer)?;
                Some((Place::body(pointer), found))
            })
    }

    /// What stands at this place.
    pub(super) fn at(&self, contract: &Contract, place: &Place) -> Option<Found> {
        shape::at(contract, &self.schema, place.pointer()?)
    }

    /// The names that stand in it.
    pub(super) fn names(&self, contract: &Contract) -> Vec<String> {
        let inner = shape::at(contract, &self.schema, &self.base);
        let inner = inner
            .map(|f| shape::members(contract, &f.schema))
            .unwrap_or_default();
        inner.into_keys().collect()
    }
}

impl Ground {
    pub(super) fn new(
        contract: &Contract,
        maker: Option<&Operation>,
        made: Option<&MadeBy>,
        found: &calls::Found<'_>,
    ) -> Self {
        let sent = |op: &Operation| op.body.as_ref().map(|b| b.schema.value.clone());
        let reply = |op: &Operation| Some(op.ok()?.schema.as_ref()?.value.clone());
        let whole = |schema: Value| View::whole(contract, &schema);
        let part = |schema: Option<Value>, at: Option<&Place>| {
            View::part(contract, &schema?, at?.pointer()?)
        };
        let (send, created) = match (maker, made) {
            (Some(op), Some(made)) => (
                part(sent(op), Some(&made.at)),
                part(reply(op), made.reply_at.as_ref()),
            ),
            (Some(op), None) => (sent(op).map(whole), reply(op).map(whole)),
            (None, _) => (None, None),
        };
        let item = |op: &Operation| {
            let items = &op.listing.as_ref()?.items;
            View::part(contract, &reply(op)?, items.pointer()?)
        };
        Self {
            send,
            created,
            read: found.read.and_then(reply).map(whole),
            change: found.update.and_then(sent).map(whole),
            listed: found.list.and_then(item),
        }
    }

    /// Every name that stands in any of the bodies.
    pub(super) fn names(&self, contract: &Contract) -> Vec<String> {
        let views = [
            &self.send,
            &self.created,
            &self.read,
            &self.change,
            &self.listed,
        ];
        let mut names: Vec<String> = views
            .into_iter()
            .flatten()
            .flat_map(|v| v.names(contract))
            .collect();
        names.sort();
        names.dedup();
        names
    }
}
