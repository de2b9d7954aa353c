//! Things of which there are only so many, and requests that take one each.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::LocksCx;
use crate::model::Fault;
use crate::pack::{Entity, Limited, Pack, Place};
use crate::probe::Request;
use crate::probe::plant::{Planted, Planting, Ready, Wish};

/// The words of the pack's `[limited]`.
pub(crate) struct Stock<'p> {
    /// What takes.
    pub(crate) taker: &'p Entity,
    /// The fact that says how many.
    pub(crate) counts: &'p str,
    /// What there is only so much of.
    pub(crate) kind: &'p str,
    /// The fact that says how much.
    pub(crate) limit: &'p str,
    /// Under which name the taker knows it.
    pub(crate) role: &'p str,
}

impl<'p> Stock<'p> {
    /// None where the taker does not name what it takes from.
    pub(crate) fn of(pack: &'p Pack, limited: &'p Limited) -> Option<Self> {
        let taker = pack.entity(&limited.counts.of)?;
        let mut parents = taker.parents.iter();
        let (role, _) = parents.find(|(_, p)| p.entity == limited.of.of)?;
        Some(Self {
            taker,
            counts: limited.counts.fact.as_deref()?,
            kind: &limited.of.of,
            limit: limited.of.fact.as_deref()?,
            role,
        })
    }

    /// Makes a thing of which there are so many; none where nobody can say how many there shall be.
    pub(crate) async fn open(
        &self,
        cx: &mut LocksCx,
        size: u64,
    ) -> Result<Planting<Option<Arc<Planted>>>, Fault> {
        let size = Value::from(size);
        let wish = Wish {
            facts: IndexMap::from([(self.limit.to_owned(), size.clone())]),
            ..Wish::default()
        };
        let made = cx.planter().plant_as(self.kind, wish).await?;
        let as_wished = |thing: Planted| {
            let is = thing.facts.get(self.limit) == Some(&size);
            is.then(|| Arc::new(thing))
        };
        Ok(made.map(as_wished))
    }

    /// A request that takes one of it, and nothing else.
    pub(crate) async fn one(
        &self,
        cx: &mut LocksCx,
        of: &Arc<Planted>,
    ) -> Result<Planting<Option<(Ready, Request)>>, Fault> {
        let wish = Wish {
            parents: IndexMap::from([(self.role.to_owned(), Arc::clone(of))]),
            ..Wish::default()
        };
        let ready = match cx.planter().prepare(&self.taker.name, wish).await? {
            Ok(ready) => ready,
            Err(why) => return Ok(Err(why)),
        };
        let pack = cx.pack();
        let Some(body) = self.alone(&ready, of) else {
            return Ok(Ok(None));
        };
        let fits = pack
            .op(&ready.op)
            .is_some_and(|op| pack.contract.validate_body(op, &body).is_empty());
        let request = ready.with(&body);
        Ok(Ok(fits.then_some((ready, request))))
    }

    /// The body with the part that takes from this thing alone, and one of it.
    fn alone(&self, ready: &Ready, of: &Planted) -> Option<Value> {
        let mut body = ready.body.clone();
        let count = self.taker.facts.get(self.counts)?.send.as_ref()?;
        let one = Value::from(1);
        let Some(made) = &self.taker.made_by else {
            return count.set(&mut body, one).then_some(body);
        };
        let at = made.at.pointer()?.to_string();
        let Some(list) = at.strip_suffix("/*") else {
            let own = body.pointer_mut(&at)?;
            count.set(own, one);
            return Some(body);
        };
        let mine = |(name, parents): &&(String, IndexMap<String, Arc<Planted>>)| {
            *name == self.taker.name && parents.get(self.role).is_some_and(|p| p.key == of.key)
        };
        let parts = ready
            .parts
            .iter()
            .filter(|(name, _)| *name == self.taker.name);
        let place = parts.clone().position(|p| mine(&p))?;
        let items = body.pointer_mut(list)?.as_array_mut()?;
        let mut item = items.get(place)?.clone();
        set(count, &mut item, one);
        *items = vec![item];
        Some(body)
    }
}

fn set(place: &Place, item: &mut Value, value: Value) {
    place.set(item, value);
}
