//! What a request needs before it can be sent: the parents of what it makes.

use std::sync::Arc;

use indexmap::IndexMap;

use super::make::{Element, Growing, Parents};
use super::part::{self, Need};
use super::stop::Stop;
use super::{Planted, Planter};
use crate::pack::{Entity, Parent, Place, Spot};

impl Planter {
    /// Plants the parents of the whole, and puts their keys in their places. A parent that may be missing and is
    /// not given is left out: a random key would be refused.
    pub(super) async fn add_parents(
        &mut self,
        growing: &mut Growing<'_>,
        mut given: Parents,
        way: &[String],
    ) -> Result<(), Stop> {
        let Some(whole) = growing.whole else {
            return Ok(());
        };
        let mut left_out: Vec<(&String, &Parent)> = Vec::new();
        for (role, parent) in &whole.parents {
            let given = given.shift_remove(role);
            if let Some(at) = along(growing, parent) {
                if let Some(given) = given {
                    repeat(growing, at, &given, self.entity(&given));
                }
                continue;
            }
            let planted = match given {
                Some(given) => given,
                None if parent.required => Arc::new(
                    self.grow(&parent.entity, Parents::new(), way.to_vec())
                        .await?,
                ),
                None => {
                    growing.draft.leave_out(&parent.at);
                    left_out.push((role, parent));
                    continue;
                }
            };
            self.refer(&mut growing.draft, &parent.at, &planted)?;
            growing.parents.insert(role.clone(), planted);
        }
        // Some contracts want one of several parents: without any of them the body is not valid.
        for (role, parent) in left_out {
            let contract = &self.pack.contract;
            let (op, body) = (growing.draft.op, &growing.draft.body);
            if op.body.is_none() || contract.validate_body(op, body).is_empty() {
                break;
            }
            let planted = self.grow(&parent.entity, Parents::new(), way.to_vec());
            let planted = Arc::new(planted.await?);
            self.refer(&mut growing.draft, &parent.at, &planted)?;
            growing.parents.insert(role.clone(), planted);
        }
        Ok(())
    }

    /// Plants what the parts of the request belong to. Siblings share what is above them: two lines of an order are
    /// two ticket types of one event.
    pub(super) async fn add_elements(
        &mut self,
        growing: &mut Growing<'_>,
        mut given: Option<(String, Parents)>,
        way: &[String],
    ) -> Result<(), Stop> {
        let mut above: IndexMap<&str, Parents> = IndexMap::new();
        for (index, part) in growing.parts.clone().into_iter().enumerate() {
            let Some(at) = part.made.at.pointer() else {
                continue;
            };
            let places = part::expand(at, &growing.draft.body);
            let count = places.len();
            for (i, at) in places.into_iter().enumerate() {
                let mine = given.take_if(|(name, _)| name == part.name());
                let mut mine = mine.map(|(_, parents)| parents).unwrap_or_default();
                let mut parents = Parents::new();
                for need in part.needs() {
                    let place = part::from_whole(&at, need.at);
                    let given = mine.shift_remove(need.role);
                    if need.at.spot == Spot::Made {
                        refuse_whole(&need, part.name(), given.is_some())?;
                        continue;
                    }
                    let inner = place.pointer();
                    let along =
                        inner.and_then(|p| part::made_along(&growing.parts, need.entity, p));
                    if along.is_some() {
                        continue;
                    }
                    let planted = match given {
                        Some(given) => given,
                        None if need.required => {
                            let shared = above.get(need.entity).cloned().unwrap_or_default();
                            Arc::new(self.grow(need.entity, shared, way.to_vec()).await?)
                        }
                        None => {
                            growing.draft.leave_out(&place);
                            continue;
                        }
                    };
                    above
                        .entry(need.entity)
                        .or_insert_with(|| planted.parents.clone());
                    self.refer(&mut growing.draft, &place, &planted)?;
                    parents.insert(need.role.to_owned(), planted);
                }
                growing.elements.push(Element {
                    part: index,
                    at,
                    position: (i, count),
                    parents,
                });
            }
        }
        Ok(())
    }
}

/// Where the part stands that is this parent, when the same request makes both.
fn along<'p>(growing: &Growing<'p>, parent: &Parent) -> Option<&'p Place> {
    let part = part::made_along(&growing.parts, &parent.entity, parent.at.pointer()?)?;
    Some(&part.made.at)
}

/// Says again, in its part of the request, what is known of a thing that is there already.
fn repeat(growing: &mut Growing<'_>, at: &Place, given: &Planted, entity: Option<&Entity>) {
    let Some(at) = at.pointer() else { return };
    for fact in entity.into_iter().flat_map(Entity::sent) {
        if let (Some(place), Some(value)) = (&fact.send, given.facts.get(&fact.name)) {
            growing.draft.put(&part::from_whole(at, place), value);
        }
    }
}

/// What comes about only with the whole cannot be added to one that is there.
fn refuse_whole(need: &Need<'_>, part: &str, given: bool) -> Result<(), Stop> {
    if !given {
        return Ok(());
    }
    let why = format!("a {part} comes about only when its {} is made", need.role);
    Err(Stop::no_way(why))
}
