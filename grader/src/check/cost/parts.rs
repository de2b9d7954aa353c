//! A thing with as many parts as one likes: an order with forty lines.

use serde_json::{Value, json};

use super::super::Cx;
use crate::model::{Exchange, Fault};
use crate::pack::{Call, Entity, Pack, Pointer, Spot, Token};
use crate::probe::plant::{Planted, Wish, said_yes};
use indexmap::IndexMap;
use std::sync::Arc;

/// A thing that was made with many parts.
pub(crate) struct Parted {
    /// The thing; its key is that of the reply.
    pub(crate) thing: Planted,
    pub(crate) exchange: Exchange,
}

/// A request that makes a thing with parts in a list, ready to be sent with any number of them.
pub(crate) struct Recipe {
    like: Planted,
    create: Call,
    list: Pointer,
    element: Value,
    /// Where an element names what it belongs to, and things to be named there, one an element.
    parents: Vec<(Pointer, Vec<Planted>)>,
    /// Where the element says how many are taken of what is limited.
    counts: Vec<Pointer>,
}

/// Prepares to make such a thing with up to so many parts of this kind. None where it has no such parts, or they
/// cannot be made.
pub(crate) async fn recipe(
    cx: &mut Cx,
    pack: &Pack,
    whole: &Entity,
    part: &Entity,
    most: usize,
) -> Result<Option<Recipe>, Fault> {
    let made = part.made_by.as_ref().zip(whole.create.as_ref());
    let Some((made, create)) = made.filter(|(made, create)| made.op == create.op) else {
        return Ok(None);
    };
    let Some((Token::Each, before)) = made.at.pointer().and_then(|p| p.tokens.split_last()) else {
        return Ok(None);
    };
    let list = Pointer {
        tokens: before.to_vec(),
    };
    let Ok(like) = cx.planter().plant(&whole.name).await? else {
        return Ok(None);
    };
    let body = like.created.sent.body.as_ref().filter(|b| !b.cut);
    let Some(body) = body.and_then(|b| serde_json::from_str::<Value>(&b.text).ok()) else {
        return Ok(None);
    };
    let Some(element) = list.get(&body).first().and_then(|l| l.get(0)).cloned() else {
        return Ok(None);
    };
    let mut parents = Vec::new();
    for parent in part.parents.values().filter(|p| p.at.spot != Spot::Made) {
        let Some(at) = parent.at.pointer() else {
            return Ok(None);
        };
        let Some(named) = several(cx, pack, &parent.entity, most).await? else {
            return Ok(None);
        };
        parents.push((at.clone(), named));
    }
    let counted = pack.limited.iter().filter(|l| l.counts.of == part.name);
    let place = |l: &crate::pack::Limited| {
        part.facts
            .get(l.counts.fact.as_ref()?)?
            .send
            .as_ref()?
            .pointer()
            .cloned()
    };
    Ok(Some(Recipe {
        create: create.clone(),
        list,
        element,
        parents,
        counts: counted.filter_map(place).collect(),
        like,
    }))
}

impl Recipe {
    /// Makes one with so many parts. None where it is refused.
    pub(crate) async fn make(&self, cx: &mut Cx, parts: usize) -> Result<Option<Parted>, Fault> {
        let pack = cx.pack();
        let body = self.like.created.sent.body.as_ref();
        let body = body.and_then(|b| serde_json::from_str::<Value>(&b.text).ok());
        let (Some(mut body), Some(entity)) = (body, pack.entity(&self.like.entity)) else {
            return Ok(None);
        };
        let mut all = Vec::new();
        for n in 0..parts {
            let mut element = self.element.clone();
            for (at, named) in &self.parents {
                let key = named.get(n).and_then(|p| p.key.as_ref());
                if key.is_none_or(|key| !at.set(&mut element, key)) {
                    return Ok(None);
                }
            }
            for at in &self.counts {
                at.set(&mut element, &json!(1));
            }
            all.push(element);
        }
        self.list.set(&mut body, &Value::Array(all));
        let op = pack.op(&self.create.op);
        if op.is_none_or(|op| !pack.contract.validate_body(op, &body).is_empty()) {
            return Ok(None);
        }
        let asked = cx
            .planter()
            .ask(&self.like, &self.create, None, Some(body))
            .await?;
        let Some(exchange) = asked.filter(said_yes) else {
            return Ok(None);
        };
        let reply = exchange.json().unwrap_or_default();
        let key = entity
            .key_place()
            .and_then(|p| p.get(&reply).first().copied().cloned());
        let thing = Planted {
            key,
            created: exchange.clone(),
            ..self.like.clone()
        };
        Ok(Some(Parted { thing, exchange }))
    }
}

/// So many things that belong to the same; what is limited is plentiful.
async fn several(
    cx: &mut Cx,
    pack: &Pack,
    entity: &str,
    count: usize,
) -> Result<Option<Vec<Planted>>, Fault> {
    let mut all: Vec<Planted> = Vec::new();
    for _ in 0..count {
        let parents = all.first().map(|first| super::free_parents(pack, first));
        let wish = Wish {
            parents: parents.unwrap_or_default(),
            facts: plenty(pack, entity),
            ..Wish::default()
        };
        match cx.planter().plant_as(entity, wish).await? {
            Ok(one) => all.push(one),
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(all))
}

/// The facts that keep a limited thing from running out.
pub(crate) fn plenty(pack: &Pack, entity: &str) -> IndexMap<String, Value> {
    let limits = pack.limited.iter().filter(|l| l.of.of == entity);
    let fact = |l: &crate::pack::Limited| {
        let name = l.of.fact.clone()?;
        let schema = &pack.entity(entity)?.facts.get(&name)?.schema;
        let much = [100_000, 10_000, 1_000, 100].map(|n| json!(n));
        let value = much
            .into_iter()
            .find(|n| pack.contract.accepts(schema, n))?;
        Some((name, value))
    };
    limits.filter_map(fact).collect()
}

/// Parents for a thing of this kind, where one of them is limited: made so that there is plenty of it.
pub(crate) async fn plentiful(
    cx: &mut Cx,
    pack: &Pack,
    entity: &Entity,
) -> Result<IndexMap<String, Arc<Planted>>, Fault> {
    let mut parents = IndexMap::new();
    for (role, parent) in &entity.parents {
        let facts = plenty(pack, &parent.entity);
        if parent.at.spot == Spot::Made || facts.is_empty() {
            continue;
        }
        let wish = Wish {
            facts,
            ..Wish::default()
        };
        if let Ok(made) = cx.planter().plant_as(&parent.entity, wish).await? {
            parents.insert(role.clone(), Arc::new(made));
        }
    }
    Ok(parents)
}
