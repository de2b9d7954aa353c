//! A plan carried out through the API.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::Refusal;
use crate::model::Fault;
use crate::probe::Planter;
use crate::probe::plant::{NotPlanted, PartRecipe, Planted, Recipe, said_yes};
use crate::schema::domain::Domain;
use crate::schema::facts::{Facts, Thing};
use crate::schema::plan::{Call, Plan};

/// What came of a plan.
pub(super) struct Played {
    /// What is known now. Only what was made is in it.
    pub(super) facts: Facts,
    /// The things as they were planted, in the same order.
    pub(super) planted: Vec<Option<Arc<Planted>>>,
    /// What the service did not do.
    pub(super) refused: Vec<Refusal>,
}

/// Makes the calls of a plan in order. What stands on something that was refused is left out.
pub(super) async fn play(
    planter: &mut Planter,
    domain: &Domain,
    plan: &Plan,
) -> Result<Played, Fault> {
    let count = plan.facts.things.len();
    let mut stage = Stage {
        planter,
        domain,
        facts: plan.facts.clone(),
        planted: vec![None; count],
        made: vec![false; count],
        refused: Vec::new(),
    };
    for thing in &mut stage.facts.things {
        thing.past.iter_mut().for_each(Vec::clear);
    }
    for call in &plan.calls {
        match call {
            Call::Make {
                thing,
                parts,
                first,
            } => {
                for (thing, fact, value) in first {
                    stage.facts.things[*thing].facts[*fact] = Some(value.clone());
                }
                stage.make(*thing, parts).await?;
            }
            Call::Change { thing, fact, to } => stage.change(*thing, *fact, to).await?,
        }
    }
    Ok(stage.end())
}

struct Stage<'a> {
    planter: &'a mut Planter,
    domain: &'a Domain,
    facts: Facts,
    planted: Vec<Option<Arc<Planted>>>,
    made: Vec<bool>,
    refused: Vec<Refusal>,
}

/// The parents of a thing that are there, and those that the same request makes, by their roles.
type Refs = (IndexMap<String, Arc<Planted>>, IndexMap<String, usize>);

impl Stage<'_> {
    async fn make(&mut self, thing: usize, parts: &[usize]) -> Result<(), Fault> {
        let members = || std::iter::once(&thing).chain(parts);
        let along = |n: usize| n == thing || parts.contains(&n);
        let stands = |n: usize| along(n) || self.made[n];
        let refs = members().flat_map(|m| self.facts.things[*m].refs.iter().flatten());
        if !refs.copied().all(stands) {
            // Something that it stands on was refused, and has been told.
            return Ok(());
        }
        let kind = &self.domain.kinds[self.facts.things[thing].kind];
        let made = if self.planter.pack().links.contains_key(&kind.name) {
            let (ends, _) = self.refs(thing, &[]);
            let facts = self.facts_of(thing);
            let linked = self.planter.link_exactly(&kind.name, ends, facts).await?;
            linked.map(|_| Vec::new())
        } else {
            let recipe = self.recipe(thing, parts);
            let batch = self.planter.make_exactly(&recipe).await?;
            batch.map(|batch| {
                let whole = std::iter::once((thing, Some(batch.whole)));
                whole
                    .chain(parts.iter().copied().zip(batch.parts))
                    .collect()
            })
        };
        match made {
            Ok(made) => {
                for (n, planted) in made {
                    self.keep(n, planted);
                }
                for n in std::iter::once(thing).chain(parts.iter().copied()) {
                    self.made[n] = true;
                    self.facts.take_snapshots(self.domain, n);
                }
            }
            Err(why) => self.refuse(&why),
        }
        Ok(())
    }

    fn recipe(&self, thing: usize, parts: &[usize]) -> Recipe {
        let (parents, _) = self.refs(thing, parts);
        let part = |n: &usize| {
            let (parents, along) = self.refs(*n, parts);
            PartRecipe {
                name: self.kind_name(*n),
                facts: self.facts_of(*n),
                parents,
                along,
            }
        };
        Recipe {
            name: self.kind_name(thing),
            facts: self.facts_of(thing),
            parents,
            parts: parts.iter().map(part).collect(),
        }
    }

    /// What a thing refers to: what is there by its role, and what the same request makes by its number in `parts`.
    fn refs(&self, thing: usize, parts: &[usize]) -> Refs {
        let it = &self.facts.things[thing];
        let roles = &self.domain.kinds[it.kind].refs;
        let (mut there, mut along) = (IndexMap::new(), IndexMap::new());
        for (role, to) in roles.iter().zip(&it.refs) {
            let Some(to) = to else { continue };
            if let Some(part) = parts.iter().position(|p| p == to) {
                along.insert(role.role.clone(), part);
            } else if let Some(planted) = &self.planted[*to] {
                there.insert(role.role.clone(), Arc::clone(planted));
            }
        }
        (there, along)
    }

    fn facts_of(&self, thing: usize) -> IndexMap<String, Value> {
        let it = &self.facts.things[thing];
        let said = self.domain.kinds[it.kind].facts.iter().zip(&it.facts);
        let known = said.filter_map(|(said, value)| Some((said.name.clone(), value.clone()?)));
        known.collect()
    }

    fn kind_name(&self, thing: usize) -> String {
        self.domain.kinds[self.facts.things[thing].kind]
            .name
            .clone()
    }

    /// Remembers a thing as it was made; what was there already keeps the key it is known by.
    fn keep(&mut self, thing: usize, planted: Option<Arc<Planted>>) {
        let before = self.planted[thing].as_ref().and_then(|p| p.key.clone());
        let Some(mut planted) = planted else { return };
        if planted.key.is_none() && before.is_some() {
            Arc::make_mut(&mut planted).key = before;
        }
        let keyed = self.domain.kinds[self.facts.things[thing].kind].keyed;
        let text = |key: &Value| key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        let key = planted.identity.first().or(planted.key.as_ref());
        self.facts.things[thing].key = key.filter(|_| keyed).map(text);
        self.planted[thing] = Some(planted);
    }

    async fn change(&mut self, thing: usize, fact: usize, to: &Value) -> Result<(), Fault> {
        if !self.made[thing] {
            return Ok(());
        }
        let name = self.domain.kinds[self.facts.things[thing].kind].facts[fact]
            .name
            .clone();
        let Some(mut planted) = self.planted[thing].clone() else {
            return Ok(());
        };
        if planted.key.is_none() {
            match self.planter.identify(Planted::clone(&planted)).await? {
                Ok(known) => planted = Arc::new(known),
                Err(why) => {
                    self.refuse(&why);
                    return Ok(());
                }
            }
        }
        let changed = self.planter.change_to(&planted, &name, to).await?;
        match changed {
            Some(changed) if said_yes(&changed.exchange) => {
                let it = Arc::make_mut(&mut planted);
                it.facts.insert(name, to.clone());
                self.planted[thing] = Some(planted);
                self.facts.things[thing].change(fact, to.clone());
            }
            Some(changed) => self.refused.push(Refusal {
                why: format!(
                    "{} was not changed: {}",
                    name,
                    crate::probe::plant::answer(&changed.exchange)
                ),
                exchange: Some(changed.exchange),
            }),
            None => self.refused.push(Refusal {
                why: format!("there is no honest request that changes {name}"),
                exchange: None,
            }),
        }
        Ok(())
    }

    fn refuse(&mut self, why: &NotPlanted) {
        self.refused.push(Refusal {
            why: why.to_string(),
            exchange: why.exchange().cloned(),
        });
    }

    /// Only what was made is known.
    fn end(self) -> Played {
        let mut number = vec![None; self.made.len()];
        let mut count = 0;
        for (n, made) in self.made.iter().enumerate() {
            if *made {
                number[n] = Some(count);
                count += 1;
            }
        }
        let keep = |(thing, made): (Thing, &bool)| {
            let refs = thing.refs.iter();
            let refs = refs.map(|r| r.and_then(|r| number[r])).collect();
            made.then_some(Thing { refs, ..thing })
        };
        let things = self.facts.things.into_iter().zip(&self.made);
        let planted = self.planted.into_iter().zip(&self.made);
        Played {
            facts: Facts {
                things: things.filter_map(keep).collect(),
            },
            planted: planted.filter(|(_, made)| **made).map(|(p, _)| p).collect(),
            refused: self.refused,
        }
    }
}
