//! What the reply to a create tells: the thing, its parts, and the links between them.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::exact::json;
use super::key::{self, Birth};
use super::make::{Element, Growing, Parents};
use super::part::{self, What};
use super::{Linked, Planted, Planter};
use crate::model::Exchange;
use crate::pack::{Entity, Place, Pointer, Spot};

/// All that one request made.
#[derive(Default)]
pub(super) struct Made {
    pub(super) whole: Option<Arc<Planted>>,
    pub(super) things: Vec<Planted>,
    /// Where in the request each of the things stands.
    pub(super) places: Vec<Pointer>,
    pub(super) links: Vec<Linked>,
}

impl Made {
    /// The first thing of this entity.
    pub(super) fn thing(&self, entity: &str) -> Option<Planted> {
        let whole = self.whole.iter().map(Arc::as_ref);
        let mut all = whole.chain(&self.things);
        all.find(|t| t.entity == entity).cloned()
    }
}

impl Planter {
    /// What an answered request made: first what the whole belongs to, then the whole, then what belongs to it.
    pub(super) fn tell(&self, mut growing: Growing<'_>, created: &Exchange) -> Made {
        let reply = json(created);
        let mut made = Made::default();
        let mut known: IndexMap<Pointer, Arc<Planted>> = IndexMap::new();
        let of_whole = |e: &Element| {
            let needs = growing.parts[e.part].needs();
            needs.iter().any(|n| n.at.spot == Spot::Made)
        };
        let elements = std::mem::take(&mut growing.elements);
        let (later, first): (Vec<_>, Vec<_>) = elements.into_iter().partition(of_whole);
        for element in &first {
            self.tell_part(
                &growing,
                element,
                reply.as_ref(),
                created,
                &mut known,
                &mut made,
            );
        }
        if let Some(entity) = growing.whole {
            for (role, parent) in &entity.parents {
                if let Some(thing) = made_in(&known, &parent.entity, &parent.at) {
                    growing.parents.insert(role.clone(), Arc::clone(thing));
                }
            }
            let whole = self.tell_whole(entity, &growing, reply.as_ref(), created);
            made.whole = Some(Arc::new(whole));
        }
        for element in &later {
            self.tell_part(
                &growing,
                element,
                reply.as_ref(),
                created,
                &mut known,
                &mut made,
            );
        }
        made
    }

    fn tell_whole(
        &self,
        entity: &Entity,
        growing: &Growing<'_>,
        reply: Option<&Value>,
        created: &Exchange,
    ) -> Planted {
        let mut identity = self.identity(&Birth {
            entity,
            facts: &growing.facts,
            parents: &growing.parents,
            created,
            sent: None,
            shown: reply,
        });
        if let (true, Some(key)) = (identity.is_empty(), &growing.key) {
            identity.push(key.clone());
        }
        Planted {
            entity: entity.name.clone(),
            key: key::alone(entity, &identity),
            identity,
            facts: growing.facts.clone(),
            parents: growing.parents.clone(),
            by: growing.by,
            is_account: growing.is_account,
            created: created.clone(),
            shown_at: None,
        }
    }

    fn tell_part(
        &self,
        growing: &Growing<'_>,
        element: &Element,
        reply: Option<&Value>,
        created: &Exchange,
        known: &mut IndexMap<Pointer, Arc<Planted>>,
        made: &mut Made,
    ) {
        let part = growing.parts[element.part];
        let own = element.at.get(&growing.draft.body);
        let Some(own) = own.first().copied() else {
            return;
        };
        let mut planted = Planted {
            entity: part.name().to_owned(),
            key: None,
            identity: Vec::new(),
            facts: part.facts_in(own),
            parents: ends(growing, element, made.whole.as_ref(), known),
            by: growing.by,
            is_account: false,
            created: created.clone(),
            shown_at: None,
        };
        let entity = match part.what {
            What::Thing(entity) => entity,
            What::Link(link) => {
                made.links.push(Linked {
                    link: link.name.clone(),
                    ends: planted.parents,
                    facts: planted.facts,
                    by: planted.by,
                    created: planted.created,
                });
                return;
            }
        };
        let contract = &self.pack.contract;
        planted.shown_at =
            reply.and_then(|reply| part.again(contract, &planted, element.position, reply));
        let shown = planted.shown_at.as_ref().zip(reply);
        planted.identity = self.identity(&Birth {
            entity,
            facts: &planted.facts,
            parents: &planted.parents,
            created,
            sent: Some(own),
            shown: shown.and_then(|(at, reply)| at.get(reply).first().copied()),
        });
        // What is found by its facts has another key for its other operations.
        if entity.find.is_none() {
            planted.key = key::alone(entity, &planted.identity);
        }
        known.insert(element.at.clone(), Arc::new(planted.clone()));
        made.places.push(element.at.clone());
        made.things.push(planted);
    }
}

/// What a part belongs to: what was planted for it, the whole, and what the same request made in its place.
fn ends(
    growing: &Growing<'_>,
    element: &Element,
    whole: Option<&Arc<Planted>>,
    known: &IndexMap<Pointer, Arc<Planted>>,
) -> Parents {
    let mut ends = element.parents.clone();
    for need in growing.parts[element.part].needs() {
        let end = if need.at.spot == Spot::Made {
            whole.filter(|w| w.entity == need.entity)
        } else {
            made_in(known, need.entity, &part::from_whole(&element.at, need.at))
        };
        if let Some(end) = end {
            ends.entry(need.role.to_owned())
                .or_insert_with(|| Arc::clone(end));
        }
    }
    ends
}

/// The thing of this entity that was made where this key stands.
fn made_in<'k>(
    known: &'k IndexMap<Pointer, Arc<Planted>>,
    entity: &str,
    key: &Place,
) -> Option<&'k Arc<Planted>> {
    let key = key.pointer()?;
    let there = |at: &Pointer| key.tokens.starts_with(&at.tokens);
    let mut all = known.iter();
    all.find(|(at, thing)| thing.entity == entity && there(at))
        .map(|(_, thing)| thing)
}
