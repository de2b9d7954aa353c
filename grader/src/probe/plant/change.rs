//! Giving one fact of a planted thing another value.

use serde_json::{Map, Value};

use super::schema::Said;
use super::{Changed, Planted, Planter};
use crate::model::Fault;
use crate::pack::{Entity, Fact, KeyPart, Manner, Operation};
use crate::probe::sample::{self, Optional};

impl Planter {
    /// Gives one fact of a planted thing another value; the exchange, the fact and its new value. None when
    /// the pack has no such operation, it asks for a login, or no fact but the key can be changed.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn change(&mut self, of: &Planted) -> Result<Option<Changed>, Fault> {
        let pack = self.pack();
        let Some(update) = pack.entity(&of.entity).and_then(|e| e.update.as_ref()) else {
            return Ok(None);
        };
        let Some((fact, value, body)) = self.a_change(of) else {
            return Ok(None);
        };
        let asked = self.ask(of, &update.call, of.key.as_ref(), Some(body));
        Ok(asked.await?.map(|exchange| Changed {
            exchange,
            fact,
            value,
        }))
    }

    /// A valid body for the update of a thing like this one; none when the pack has no such operation.
    pub fn change_of(&mut self, of: &Planted) -> Option<Value> {
        self.a_change(of).map(|(_, _, body)| body)
    }

    /// Gives this fact of a planted thing this value, and sends no more than the contract makes us send. None when
    /// there is no honest request that does.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn change_to(
        &mut self,
        of: &Planted,
        fact: &str,
        value: &Value,
    ) -> Result<Option<Changed>, Fault> {
        let pack = self.pack();
        let update = pack.entity(&of.entity).and_then(|e| e.update.as_ref());
        let (Some(update), Some(body)) = (update, self.change_with(of, fact, value)) else {
            return Ok(None);
        };
        let asked = self.ask(of, &update.call, of.key.as_ref(), Some(body));
        Ok(asked.await?.map(|exchange| Changed {
            exchange,
            fact: fact.to_owned(),
            value: value.clone(),
        }))
    }

    /// The names of the facts that an update can change: not those by which a thing is known.
    pub fn changeable(&self, of: &Planted) -> Vec<String> {
        let entity = self.entity(of).filter(|e| e.update.is_some());
        let facts = entity.into_iter().flat_map(|entity| {
            let open = entity.changeable().filter(|f| !is_key(entity, f));
            open.map(|f| f.name.clone())
        });
        facts.filter(|name| of.facts.contains_key(name)).collect()
    }

    /// Another valid value for a fact than the one it has; none where its schema allows no other.
    pub fn another(&mut self, of: &Planted, fact: &str) -> Option<Value> {
        let pack = self.pack();
        let known = pack.entity(&of.entity)?.facts.get(fact)?;
        let old = of.facts.get(fact)?;
        let value = sample::change(&pack.contract, known, old, &mut self.rng);
        (value != *old).then_some(value)
    }

    fn a_change(&mut self, of: &Planted) -> Option<(String, Value, Value)> {
        self.changeable(of).into_iter().find_map(|name| {
            let value = self.another(of, &name)?;
            let body = self.change_with(of, &name, &value)?;
            Some((name, value, body))
        })
    }

    /// A valid body for the update that gives a fact this value.
    pub fn change_with(&mut self, of: &Planted, fact: &str, value: &Value) -> Option<Value> {
        let pack = self.pack();
        let entity = pack.entity(&of.entity)?;
        let update = entity.update.as_ref()?;
        let fact = entity.facts.get(fact).filter(|f| f.change.is_some())?;
        let operation = pack.op(&update.call.op)?;
        self.change_body(entity, of, (fact, value), operation, update.manner)
    }

    /// The smallest body that the contract allows: the one fact alone where the rest stays, else all of them with
    /// this one changed, else with what more the contract wants.
    fn change_body(
        &mut self,
        entity: &Entity,
        of: &Planted,
        (changed, value): (&Fact, &Value),
        operation: &Operation,
        manner: Manner,
    ) -> Option<Value> {
        let contract = &self.pack.contract;
        let schema = &operation.body.as_ref()?.schema.value;
        let said = Said::new(contract, schema);
        let fits = |body: &Value| contract.validate_body(operation, body).is_empty();
        let mut one = Value::Object(Map::new());
        if let Some(place) = &changed.change {
            place.set(&mut one, value.clone());
        }
        if manner == Manner::Merge && fits(&one) {
            return Some(one);
        }
        let mut whole = Value::Object(Map::new());
        fill(said, entity, of, (changed, value), &mut whole);
        if fits(&whole) {
            return Some(whole);
        }
        let mut more = sample::request(contract, operation, Optional::Omitted, &mut self.rng);
        fill(said, entity, of, (changed, value), &mut more);
        fits(&more).then_some(more)
    }
}

/// A thing whose key changes is another thing to all that know it.
fn is_key(entity: &Entity, fact: &Fact) -> bool {
    let named = |part: &KeyPart| matches!(part, KeyPart::Fact(name) if *name == fact.name);
    entity.key.parts.iter().any(named) || entity.natural_key().is_some_and(|k| k.name == fact.name)
}

/// Puts all that is known of a thing in the body of an update: its facts, its parents' keys, its own key where the
/// body has one.
fn fill(
    said: Said<'_>,
    entity: &Entity,
    of: &Planted,
    (changed, value): (&Fact, &Value),
    body: &mut Value,
) {
    for known in entity.changeable() {
        let sent = if known.name == changed.name {
            Some(value)
        } else {
            of.facts.get(&known.name)
        };
        if let (Some(value), Some(place)) = (sent, &known.change) {
            place.set(body, value.clone());
        }
    }
    for (name, parent) in &entity.parents {
        let key = of.parents.get(name).and_then(|p| p.key.as_ref());
        let takes = parent.at.pointer().is_some_and(|p| said.at(p).is_some());
        if let (Some(key), true) = (key, takes) {
            parent.at.set(body, key.clone());
        }
    }
    let own = entity.key_place().filter(|p| !p.get(body).is_empty());
    if let (Some(place), Some(key)) = (own, &of.key) {
        place.set(body, key.clone());
    }
}
