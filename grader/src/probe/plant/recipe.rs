//! Making things exactly so: every fact and every reference given, with all that the same request makes.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::make::{Element, Growing, Parents};
use super::part::{self, Part};
use super::stop::{Stop, outward};
use super::{Linked, Planted, Planter, Planting};
use crate::model::Fault;
use crate::pack::{Pointer, Spot, Token};
use crate::probe::sample::{self, Optional};

/// A thing to make, and what comes about with it.
#[derive(Debug, Clone, Default)]
pub struct Recipe {
    /// Its entity.
    pub name: String,
    /// Its facts; what the body has besides is made up.
    pub facts: IndexMap<String, Value>,
    /// What it belongs to, by the parent's name. What is not given is left out, unless a part of the request is it.
    pub parents: IndexMap<String, Arc<Planted>>,
    /// What comes about with it or is named by it, things and links, in the order in which they shall stand.
    pub parts: Vec<PartRecipe>,
}

/// A part of a request.
#[derive(Debug, Clone, Default)]
pub struct PartRecipe {
    /// Its entity or link.
    pub name: String,
    /// Its facts.
    pub facts: IndexMap<String, Value>,
    /// What it belongs to or joins that is there already.
    pub parents: IndexMap<String, Arc<Planted>>,
    /// What it belongs to that the same request makes: the numbers of parts.
    pub along: IndexMap<String, usize>,
}

/// What one request made.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The thing.
    pub whole: Arc<Planted>,
    /// Its parts in the order of the recipe; none for links, which have no key.
    pub parts: Vec<Option<Arc<Planted>>>,
}

/// One part in its place: its number in the recipe and that of its kind among the request's.
struct Stands {
    recipe: usize,
    part: usize,
    at: Pointer,
    position: (usize, usize),
}

impl Planter {
    /// Makes one thing exactly so. What the contract does not allow so is not sent.
    ///
    /// # Errors
    /// Only when a request cannot be formed; what the service does is inside.
    pub async fn make_exactly(&mut self, recipe: &Recipe) -> Result<Planting<Batch>, Fault> {
        outward(self.cook(recipe).await)
    }

    /// Joins two things with these facts about it.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn link_exactly(
        &mut self,
        name: &str,
        ends: IndexMap<String, Arc<Planted>>,
        facts: IndexMap<String, Value>,
    ) -> Result<Planting<Linked>, Fault> {
        outward(self.join(name, ends, facts).await)
    }

    /// The same thing with the key that its other operations take, where it is found again by its facts.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn identify(&mut self, of: Planted) -> Result<Planting<Planted>, Fault> {
        outward(self.found(of).await)
    }

    async fn cook(&mut self, recipe: &Recipe) -> Result<Batch, Stop> {
        let pack = self.pack();
        let entity = pack.entity(&recipe.name);
        let Some((entity, call)) = entity.and_then(|e| Some((e, e.create.as_ref()?))) else {
            return Err(Stop::no_way(format!("the API makes no {}", recipe.name)));
        };
        let mut draft = self.draft(&call.op, &pack)?;
        draft.body = sample::request(&pack.contract, draft.op, Optional::All, &mut self.rng);
        let parts = part::parts(&pack, &call.op);
        let stands = arrange(recipe, &parts, &mut draft.body)?;
        let mut growing = Growing {
            draft,
            whole: Some(entity),
            key: None,
            facts: IndexMap::new(),
            parents: Parents::new(),
            parts,
            elements: Vec::new(),
            by: None,
            is_account: false,
        };
        self.add_facts(&mut growing, &recipe.facts, &[]);
        for (role, parent) in &entity.parents {
            let along = parent.at.pointer().and_then(|at| {
                let there = |s: &&Stands| {
                    growing.parts[s.part].name() == parent.entity
                        && at.tokens.starts_with(&s.at.tokens)
                };
                stands.iter().find(there)
            });
            match recipe.parents.get(role) {
                Some(given) => {
                    self.refer(&mut growing.draft, &parent.at, given)?;
                    growing.parents.insert(role.clone(), Arc::clone(given));
                }
                None if along.is_some() => {}
                None => growing.draft.leave_out(&parent.at),
            }
        }
        for stand in &stands {
            let element = self.season(recipe, stand, &mut growing)?;
            growing.elements.push(element);
        }
        let made = self.finish(growing).await?;
        let Some(whole) = made.whole.clone() else {
            return Err(Stop::no_way(format!(
                "{} makes no {} after all",
                call.op, recipe.name
            )));
        };
        let mut all = vec![None; recipe.parts.len()];
        for (at, thing) in made.places.iter().zip(&made.things) {
            let stand = stands.iter().find(|s| s.at == *at);
            if let Some(slot) = stand.and_then(|s| all.get_mut(s.recipe)) {
                *slot = Some(Arc::new(thing.clone()));
            }
        }
        Ok(Batch { whole, parts: all })
    }

    /// Puts a part's facts and references in their places.
    fn season(
        &mut self,
        recipe: &Recipe,
        stand: &Stands,
        growing: &mut Growing<'_>,
    ) -> Result<Element, Stop> {
        let (own, part) = (&recipe.parts[stand.recipe], growing.parts[stand.part]);
        for (name, fact) in part.facts() {
            let place = fact.send.as_ref().filter(|p| p.spot != Spot::Made);
            if let (Some(place), Some(value)) = (place, own.facts.get(name)) {
                growing
                    .draft
                    .put(&part::from_whole(&stand.at, place), value);
            }
        }
        let mut parents = Parents::new();
        for need in part.needs() {
            let place = part::from_whole(&stand.at, need.at);
            match own.parents.get(need.role) {
                _ if need.at.spot == Spot::Made => {}
                Some(given) => {
                    self.refer(&mut growing.draft, &place, given)?;
                    parents.insert(need.role.to_owned(), Arc::clone(given));
                }
                None if own.along.contains_key(need.role) => {}
                None => growing.draft.leave_out(&place),
            }
        }
        Ok(Element {
            part: stand.part,
            at: stand.at.clone(),
            position: stand.position,
            parents,
        })
    }
}

/// Gives the body as many elements as there are parts, and says where each part stands.
fn arrange(recipe: &Recipe, parts: &[Part<'_>], body: &mut Value) -> Result<Vec<Stands>, Stop> {
    let mut stands: Vec<Stands> = Vec::new();
    // Elements of lists come first: what stands inside one goes by them.
    let depth = |n: &usize| parts[*n].made.at.pointer().map_or(0, |p| p.tokens.len());
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(depth);
    for number in order {
        let part = &parts[number];
        let Some(at) = part.made.at.pointer() else {
            continue;
        };
        let mine = recipe.parts.iter().enumerate();
        let mine: Vec<usize> = mine
            .filter(|(_, p)| p.name == part.name())
            .map(|(n, _)| n)
            .collect();
        let each = at.tokens.iter().position(|t| *t == Token::Each);
        let places: Vec<(Pointer, usize)> = match each {
            None => mine.iter().take(1).map(|n| (at.clone(), *n)).collect(),
            Some(last) if last + 1 == at.tokens.len() => {
                let list = Pointer {
                    tokens: at.tokens[..last].to_vec(),
                };
                lengthen(body, &list, mine.len())?;
                let place = |(i, n): (usize, &usize)| (list.member(i.to_string()), *n);
                mine.iter().enumerate().map(place).collect()
            }
            Some(first) => inside(recipe, parts, &stands, (number, at, first))?,
        };
        let count = places.len();
        for (position, (at, recipe)) in places.into_iter().enumerate() {
            stands.push(Stands {
                recipe,
                part: number,
                at,
                position: (position, count),
            });
        }
    }
    stands.sort_by_key(|s| s.part);
    let placed = |n: usize| stands.iter().any(|s| s.recipe == n);
    match (0..recipe.parts.len()).find(|n| !placed(*n)) {
        None => Ok(stands),
        Some(n) => {
            let why = format!(
                "the request has no place for one more {}",
                recipe.parts[n].name
            );
            Err(Stop::no_way(why))
        }
    }
}

/// The places of a part that stands inside the elements of a list: one for each element that belongs to one.
fn inside(
    recipe: &Recipe,
    parts: &[Part<'_>],
    stands: &[Stands],
    (number, at, each): (usize, &Pointer, usize),
) -> Result<Vec<(Pointer, usize)>, Stop> {
    let host = &at.tokens[..=each];
    let is_host = |s: &&Stands| {
        parts[s.part]
            .made
            .at
            .pointer()
            .is_some_and(|p| p.tokens == host)
    };
    let rest = Pointer {
        tokens: at.tokens[each + 1..].to_vec(),
    };
    if rest.tokens.contains(&Token::Each) {
        return Err(Stop::no_way("lists inside lists are not planted exactly"));
    }
    let name = parts[number].name();
    let place = |s: &Stands| {
        let mut along = recipe.parts[s.recipe].along.values();
        let of = along.find(|n| recipe.parts.get(**n).is_some_and(|p| p.name == name))?;
        Some((s.at.join(&rest), *of))
    };
    Ok(stands.iter().filter(is_host).filter_map(place).collect())
}

/// Makes a list of the body have so many elements, all like its first.
fn lengthen(body: &mut Value, list: &Pointer, count: usize) -> Result<(), Stop> {
    let first = list
        .get(body)
        .first()
        .and_then(|l| l.as_array()?.first())
        .cloned();
    let Some(first) = first.or_else(|| (count == 0).then_some(Value::Null)) else {
        return Err(Stop::no_way(format!("no element of {list} can be made up")));
    };
    match list.set(body, &Value::Array(vec![first; count])) {
        true => Ok(()),
        false => Err(Stop::no_way(format!("the body has no place {list}"))),
    }
}
