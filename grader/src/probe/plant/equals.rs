//! Things that differ as little as the contract allows.

use indexmap::IndexMap;
use serde_json::Value;

use super::schema::Said;
use super::{Planted, Planter, Planting};
use crate::model::Fault;
use crate::pack::{Entity, Fact, KeyPart};
use crate::probe::sample;

impl Planter {
    /// So many things that belong to the same things and are equal in every fact that two may share: whatever a list
    /// is ordered by, many of them are equal in it. None inside where the pack says that some are unique by what
    /// cannot be chosen.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn equals(
        &mut self,
        entity: &str,
        count: usize,
    ) -> Result<Planting<Option<Vec<Planted>>>, Fault> {
        let first = match self.plant(entity).await? {
            Ok(first) => first,
            Err(why) => return Ok(Err(why)),
        };
        let mut all = vec![first];
        for turn in 1..count {
            let Some(facts) = self.nearly(&all[0], turn) else {
                return Ok(Ok(None));
            };
            let wish = super::Wish {
                parents: all[0].parents.clone(),
                facts,
                ..super::Wish::default()
            };
            match self.plant_as(entity, wish).await? {
                Ok(one) => all.push(one),
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(Some(all)))
    }

    /// The facts of a thing, changed only in what two may not share. Of several facts that are unique together, turns
    /// change the first and the last by turns, so that many are equal in each.
    fn nearly(&mut self, like: &Planted, turn: usize) -> Option<IndexMap<String, Value>> {
        let pack = self.pack();
        let entity = pack.entity(&like.entity)?;
        let contract = &pack.contract;
        let free = |fact: &&Fact| {
            let open = !Said::new(contract, &fact.schema).is_closed();
            fact.send.is_some() && open && like.facts.contains_key(&fact.name)
        };
        let mut changed: Vec<&Fact> = keys(entity).into_iter().filter(free).collect();
        for set in &entity.unique {
            let met = changed.iter().any(|c| set.contains(&c.name));
            let mut members = set.iter().filter_map(|n| entity.facts.get(n)).filter(free);
            match (met, turn % 2) {
                (true, _) => {}
                (false, 0) => changed.push(members.next()?),
                (false, _) => changed.push(members.next_back()?),
            }
        }
        let mut facts = like.facts.clone();
        for fact in changed {
            let value = sample::value(contract, &fact.schema, &fact.name, &mut self.rng);
            facts.insert(fact.name.clone(), value);
        }
        Some(facts)
    }
}

/// The facts by which a thing is known.
fn keys(entity: &Entity) -> Vec<&Fact> {
    let parts = entity.key.parts.iter().filter_map(|part| match part {
        KeyPart::Fact(name) => entity.facts.get(name),
        _ => None,
    });
    parts.chain(entity.natural_key()).collect()
}
