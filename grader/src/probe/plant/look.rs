//! Finding a planted thing in its list.

use serde_json::Value;

use super::exact::{as_key, same_key, text};
use super::{Planted, Planter, Sight, Walk, Wanted, ask};
use crate::model::Fault;
use crate::pack::{Bound, Entity, KeyPart, Place, Pointer};

/// How the items of a list tell whether they are one thing: its values, and where items show them.
#[derive(Debug, Clone)]
pub struct Signs(Vec<(Value, Place)>);

impl Signs {
    /// Whether this item is the thing.
    pub fn are_on(&self, item: &Value) -> bool {
        self.0.iter().all(|(value, place)| {
            let shown = place.get(item).first().copied().and_then(as_key);
            shown.is_some_and(|shown| same_key(value, &shown))
        })
    }
}

impl Planter {
    /// Walks the list that shows things like this one until it is found, or to the end. None when the pack
    /// has no list, there is no honest request for it, or its items do not tell which thing they are.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn look_for(&mut self, of: &Planted) -> Result<Option<(Walk, Option<Value>)>, Fault> {
        let call = self.entity(of).and_then(|e| e.list.clone());
        let (Some(call), Some(signs)) = (call, self.signs(of)) else {
            return Ok(None);
        };
        let is_it = |item: &Value| signs.are_on(item);
        let all = Wanted::default();
        let Some(walk) = self.walk(of, &call, &all, usize::MAX, is_it).await? else {
            return Ok(None);
        };
        // Where a service gave one key to two things, the one that shows more of what was sent is meant.
        let right = |item: &&Value| {
            let shown = self.shown(of, item, Sight::Listed);
            std::cmp::Reverse(shown.iter().filter(|s| s.same).count())
        };
        let found = walk.items.iter().filter(|i| is_it(i)).min_by_key(right);
        let found = found.cloned();
        Ok(Some((walk, found)))
    }

    /// The key that an item of the list which shows things like this one shows, as text. None where a key has
    /// several parts, or items show none.
    pub fn key_on(&self, like: &Planted, item: &Value) -> Option<String> {
        let place = self.entity(like)?.key.listed.as_ref()?;
        let shown = place.get(item).first().copied()?;
        as_key(shown).map(|key| text(&key))
    }

    /// How items of its list tell whether they are this thing. None where the pack has no list, or its items do
    /// not tell.
    pub fn signs(&self, of: &Planted) -> Option<Signs> {
        signs(self.entity(of)?, of).map(Signs)
    }
}

impl Planter {
    /// How many items of the list show all the values that stand for this one thing alone. None where no list
    /// shows them, or the walk did not come to the list's end.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn look_alikes(&mut self, of: &Planted) -> Result<Option<usize>, Fault> {
        let Some(call) = self.entity(of).and_then(|e| e.list.clone()) else {
            return Ok(None);
        };
        let walk = self
            .walk(of, &call, &Wanted::default(), usize::MAX, |_| false)
            .await?;
        let Some(walk) = walk.filter(|w| w.complete) else {
            return Ok(None);
        };
        let alike = |item: &&Value| {
            let marked = self.marked(of, item, Sight::Listed);
            !marked.is_empty() && marked.iter().all(|s| s.same)
        };
        Ok(Some(walk.items.iter().filter(alike).count()))
    }
}

/// What an item must show to be the thing. Parents that the list's path names need not be shown again. None where
/// some part of the key is shown nowhere, or nothing is left to tell by.
fn signs(entity: &Entity, of: &Planted) -> Option<Vec<(Value, Place)>> {
    let list = entity.list.as_ref()?;
    let named = |role: &String| {
        let mut bounds = list.bind.values();
        bounds.any(|b| matches!(b, Bound::Up(way) if way.first() == Some(role)))
    };
    let parts = &entity.key.parts;
    if of.identity.len() != parts.len() {
        return None;
    }
    let mut signs = Vec::new();
    for (part, value) in parts.iter().zip(&of.identity) {
        let place = match part {
            _ if parts.len() == 1 => entity.key.listed.clone(),
            KeyPart::Fact(name) => entity.facts.get(name).and_then(|f| f.listed.clone()),
            KeyPart::Place(place) => Some(beside(entity, ask::last_name(place)?)),
            KeyPart::Parent(role) if named(role) => continue,
            KeyPart::Parent(role) => {
                let parent = entity.parents.get(role)?;
                let shown = parent.reply.as_ref().unwrap_or(&parent.at);
                Some(beside(entity, ask::last_name(shown)?))
            }
        };
        signs.push((value.clone(), place?));
    }
    (!signs.is_empty()).then_some(signs)
}

/// Where an item shows a member of this name: beside its facts, which may stand in an envelope.
fn beside(entity: &Entity, name: &str) -> Place {
    let facts = entity.facts.values();
    let mut known = facts.filter_map(|f| f.listed.as_ref()?.pointer());
    let outer = known.next().and_then(|p| p.tokens.split_last());
    let base = Pointer {
        tokens: outer.map_or_else(Vec::new, |(_, outer)| outer.to_vec()),
    };
    Place::body(base.member(name))
}
