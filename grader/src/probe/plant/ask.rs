//! Calling the operations of a planted thing.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::stop::{Stop, inward};
use super::{Draft, Near, NotPlanted, Planted, Planter, Planting, draft};
use crate::model::{Exchange, Fault};
use crate::pack::{
    Bound, Call, OpId, Operation, Pack, ParamPlace, Parent, Place, Spot, StatusPattern,
};
use crate::probe::sample;

impl Planter {
    /// Reads a planted thing; none when the pack has no such operation, or nobody may ask it.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn read(&mut self, of: &Planted) -> Result<Option<Exchange>, Fault> {
        match self.entity(of).and_then(|e| e.read.clone()) {
            Some(call) => self.ask(of, &call, of.key.as_ref(), None).await,
            None => Ok(None),
        }
    }

    /// Removes a planted thing; none when the pack has no such operation, or nobody may ask it.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn delete(&mut self, of: &Planted) -> Result<Option<Exchange>, Fault> {
        match self.entity(of).and_then(|e| e.delete.clone()) {
            Some(call) => self.ask(of, &call, of.key.as_ref(), None).await,
            None => Ok(None),
        }
    }

    /// Calls one of a thing's operations, with this key in the key's place. None when there is no honest
    /// request: the path cannot be filled, or the operation asks for a login that nobody has.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn ask(
        &mut self,
        of: &Planted,
        call: &Call,
        key: Option<&Value>,
        body: Option<Value>,
    ) -> Result<Option<Exchange>, Fault> {
        let pack = self.pack();
        let guarded = pack.op(&call.op).is_some_and(is_guarded);
        let tag = match guarded && key == of.key.as_ref() {
            true => self.tag(of).await?,
            false => None,
        };
        let headers = tag.as_deref().map(|tag| ("if-match", Some(tag)));
        self.ask_with(of, call, key, body, headers.as_slice()).await
    }

    /// The same, with these headers; none for one that is left out although the contract asks for it.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn ask_with(
        &mut self,
        of: &Planted,
        call: &Call,
        key: Option<&Value>,
        body: Option<Value>,
        headers: &[(&str, Option<&str>)],
    ) -> Result<Option<Exchange>, Fault> {
        let pack = self.pack();
        let Ok(mut draft) = self.draft(&call.op, &pack) else {
            return Ok(None);
        };
        draft.body = body.unwrap_or(Value::Null);
        if !bind(&mut draft, call, key, &of.facts, &of.parents) {
            return Ok(None);
        }
        for (name, value) in headers {
            draft.put(&header(name), &Value::from(value.unwrap_or_default()));
        }
        self.supply(&mut draft, Some(of));
        for (name, _) in headers.iter().filter(|(_, value)| value.is_none()) {
            draft.leave_out(&header(name));
        }
        inward(
            self.ask_near(&draft, Near::Made(of.by), Some(&of.created))
                .await,
        )
    }

    /// Asks as whoever is near; none when the path cannot be filled.
    pub(super) async fn ask_near(
        &mut self,
        draft: &Draft<'_>,
        near: Near,
        after: Option<&Exchange>,
    ) -> Result<Option<Exchange>, Stop> {
        let who = self.caller(&draft.op.id, near).await?;
        self.send(draft, who, after).await
    }

    /// The ETag that a read shows now, for a change that must name it (RFC 9110 §13.1.1).
    async fn tag(&mut self, of: &Planted) -> Result<Option<String>, Fault> {
        let pack = self.pack();
        let Some(read) = pack.entity(&of.entity).and_then(|e| e.read.as_ref()) else {
            return Ok(None);
        };
        let read = self.ask_with(of, read, of.key.as_ref(), None, &[]).await?;
        Ok(read.and_then(|e| e.header("etag").map(str::to_owned)))
    }

    /// A request in the making; the reason where nobody may make it.
    pub(super) fn draft<'p>(&self, op: &OpId, pack: &'p Pack) -> Planting<Draft<'p>> {
        let no_way = |why: String| Err(NotPlanted::NoWay(why));
        let Some(operation) = pack.op(op) else {
            return no_way(format!("the contract has no operation `{op}`"));
        };
        self.may_ask(operation)?;
        let media = operation.body.as_ref().map(|b| b.media.as_str());
        if let Some(media) = media.filter(|m| !draft::speaks_json(m)) {
            return no_way(format!("{op} takes {media}, and only JSON can be sent"));
        }
        Ok(Draft::new(operation, Value::Null))
    }

    /// Fills the parameters outside the path that must be there: with what is known of the thing, else with a
    /// valid value. Whether the query, which decides what is asked for, was known.
    pub(super) fn supply(&mut self, draft: &mut Draft<'_>, of: Option<&Planted>) -> bool {
        let mut known = true;
        for param in &draft.op.params {
            if !param.required || draft.has(param.place, &param.name) {
                continue;
            }
            let name = param.name.clone();
            let spot = match param.place {
                ParamPlace::Query => Spot::Query(name),
                ParamPlace::Header => Spot::Header(name),
                ParamPlace::Cookie => Spot::Cookie(name),
                ParamPlace::Path => continue,
            };
            let told = of.and_then(|of| self.told(of, &param.name));
            known &= told.is_some() || param.place != ParamPlace::Query;
            let contract = &self.pack.contract;
            let value = told.unwrap_or_else(|| {
                sample::value(contract, &param.schema.value, &param.name, &mut self.rng)
            });
            draft.put(&Place { spot, pick: None }, &value);
        }
        known
    }

    /// What is known of a thing under a parameter's name: a fact, or the key of what it belongs to.
    pub(super) fn told(&self, of: &Planted, name: &str) -> Option<Value> {
        let named = |parent: &Parent| last_name(&parent.at) == Some(name);
        let role = || {
            let mut parents = self.entity(of)?.parents.iter();
            parents.find(|(_, p)| named(p)).map(|(role, _)| role)
        };
        let fact = of.facts.get(name).cloned();
        fact.or_else(|| of.parents.get(role()?)?.key.clone())
    }
}

/// Whether the contract wants a change to say which state it is meant for.
pub(super) fn is_guarded(op: &Operation) -> bool {
    let header = op.param(ParamPlace::Header, "if-match");
    header.is_some_and(|h| {
        h.required
            || op
                .replies
                .iter()
                .any(|r| r.status == StatusPattern::Exact(428))
    })
}

/// The place of a header.
pub(super) fn header(name: &str) -> Place {
    Place {
        spot: Spot::Header(name.to_owned()),
        pick: None,
    }
}

/// The name under which a place takes its value.
pub(super) fn last_name(place: &Place) -> Option<&str> {
    match &place.spot {
        Spot::Body(pointer) => pointer.last(),
        Spot::Path(name) | Spot::Query(name) | Spot::Header(name) | Spot::Cookie(name) => {
            Some(name)
        }
        Spot::Made => None,
    }
}

/// Fills the parameters of a call's path; false when one of them is not known.
pub(super) fn bind(
    draft: &mut Draft<'_>,
    call: &Call,
    key: Option<&Value>,
    facts: &IndexMap<String, Value>,
    parents: &IndexMap<String, Arc<Planted>>,
) -> bool {
    call.bind.iter().all(|(param, bound)| {
        let value = match bound {
            Bound::Key => key.cloned(),
            Bound::Fact(fact) => facts.get(fact).cloned(),
            Bound::Up(way) => up(parents, way),
            Bound::Free => None,
        };
        value.inspect(|value| draft.fill(param, value)).is_some()
    })
}

/// The key of an ancestor, by the way up to it.
fn up(parents: &IndexMap<String, Arc<Planted>>, way: &[String]) -> Option<Value> {
    let (first, rest) = way.split_first()?;
    let parent = parents.get(first)?;
    if rest.is_empty() {
        parent.key.clone()
    } else {
        up(&parent.parents, rest)
    }
}
