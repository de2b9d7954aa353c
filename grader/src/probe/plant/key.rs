//! By what a planted thing is known.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::exact::as_key;
use super::{Planted, Planter, location};
use crate::model::Exchange;
use crate::pack::{Bound, Entity, Fact, KeyPart, Place, Spot};

/// What is known of a thing that was just made.
pub(super) struct Birth<'b> {
    pub(super) entity: &'b Entity,
    pub(super) facts: &'b IndexMap<String, Value>,
    pub(super) parents: &'b IndexMap<String, Arc<Planted>>,
    pub(super) created: &'b Exchange,
    /// Its own place in the request, when it is a part of another.
    pub(super) sent: Option<&'b Value>,
    /// Its own place in the reply; the whole of it for what is no part.
    pub(super) shown: Option<&'b Value>,
}

impl Planter {
    /// The values that identify a thing, in the order of its key; empty where one is not known.
    pub(super) fn identity(&self, birth: &Birth<'_>) -> Vec<Value> {
        let parts = birth.entity.key.parts.iter();
        let values: Option<Vec<Value>> = parts.map(|part| self.part_of_key(birth, part)).collect();
        values.unwrap_or_default()
    }

    fn part_of_key(&self, birth: &Birth<'_>, part: &KeyPart) -> Option<Value> {
        let fact = |fact: &Fact| {
            let shown = || birth.shown.and_then(|b| at(fact.created.as_ref()?, b));
            let sent = birth.facts.get(&fact.name).and_then(as_key);
            sent.or_else(shown)
        };
        match part {
            KeyPart::Parent(name) => birth.parents.get(name)?.key.clone(),
            KeyPart::Fact(name) => fact(birth.entity.facts.get(name)?),
            KeyPart::Place(place) => birth
                .shown
                .and_then(|body| at(place, body))
                .or_else(|| outside(place, birth.created))
                .or_else(|| birth.sent.and_then(|sent| at(place, sent)))
                .or_else(|| fact(birth.entity.natural_key()?))
                .or_else(|| self.in_location(birth.entity, birth.created)),
        }
    }

    /// What stands in `Location` where the read's path has the key, and has it last.
    fn in_location(&self, entity: &Entity, created: &Exchange) -> Option<Value> {
        let read = entity.read.as_ref()?;
        let path = &self.pack.op(&read.op)?.path;
        let last = *path.params().last()?;
        if read.bind.get(last) != Some(&Bound::Key) || entity.key.parts.len() != 1 {
            return None;
        }
        let asked = format!("{}{}", created.sent.base, created.sent.path);
        let key = location::key(path, &asked, created.header("location")?)?;
        as_key(&Value::String(key))
    }
}

/// The key that stands for a thing alone: its only part, or the only one that is no parent's.
pub(super) fn alone(entity: &Entity, identity: &[Value]) -> Option<Value> {
    if let [only] = identity {
        return Some(only.clone());
    }
    let own = entity.key.parts.iter().zip(identity);
    let mut own = own.filter(|(part, _)| !matches!(part, KeyPart::Parent(_)));
    let (_, value) = own.next()?;
    own.next().is_none().then(|| value.clone())
}

/// Whether one of the thing's own operations takes its key.
pub(super) fn is_needed(entity: &Entity) -> bool {
    let update = entity.update.as_ref().map(|u| &u.call);
    let calls = [entity.read.as_ref(), update, entity.delete.as_ref()];
    let mut bounds = calls.into_iter().flatten().flat_map(|c| c.bind.values());
    bounds.any(|b| *b == Bound::Key)
}

/// The key at a place of a body.
pub(super) fn at(place: &Place, body: &Value) -> Option<Value> {
    let value = *place.get(body).first()?;
    match value {
        Value::String(text) => as_key(&Value::from(place.pick(text)?)),
        other => as_key(other),
    }
}

/// The key in a header or a cookie of a reply.
fn outside(place: &Place, reply: &Exchange) -> Option<Value> {
    let text = match &place.spot {
        Spot::Header(name) => reply.header(name)?,
        // `sid=…; Path=/` (RFC 6265 §4.1)
        Spot::Cookie(name) => {
            let (found, value) = reply.header("set-cookie")?.split_once('=')?;
            let value = value.split(';').next()?;
            (found.trim() == name).then_some(value.trim())?
        }
        _ => return None,
    };
    as_key(&Value::from(place.pick(text)?))
}
