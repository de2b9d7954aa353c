//! Valid bodies from the contract: seeded, realistic, and unmistakable.
//!
//! Every text carries a token that occurs nowhere else (`zq7kd48213`: lower case, letters and digits, one
//! word, so that it survives lower-casing, slugs, JSON and CSV), unless a pattern, a format or a limit leaves no
//! room for one. Numbers are odd-looking within their bounds, instants lie on seconds of their own. Two samples
//! differ in every value that is free to differ.

mod merged;
mod scalar;
mod shape;
mod text;

use indexmap::IndexMap;
use rand::Rng;
use serde_json::Value;

use crate::pack::{Contract, Entity, Fact, Operation, Spot};

/// How often a body is drawn before the contract counts as one nobody can satisfy.
const DRAWS: usize = 50;

/// A body to send, and the facts in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What is sent; null for an operation that takes no body.
    pub body: Value,
    /// The facts of the entity, by name, as they stand in the body or (natural keys in a path) beside it.
    pub facts: IndexMap<String, Value>,
}

/// Which optional properties are sent. Required ones always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Optional {
    /// All but deprecated ones.
    #[default]
    All,
    /// None.
    Omitted,
    /// Each by the toss of a coin.
    Some,
}

/// A valid body for an operation that makes an entity, with every property the contract lets a client send.
pub fn body(
    contract: &Contract,
    operation: &Operation,
    entity: &Entity,
    rng: &mut impl Rng,
) -> Sample {
    body_with(contract, operation, entity, Optional::All, rng)
}

/// A valid body with the optional properties of one's choice.
pub fn body_with(
    contract: &Contract,
    operation: &Operation,
    entity: &Entity,
    optional: Optional,
    rng: &mut impl Rng,
) -> Sample {
    let body = request(contract, operation, optional, rng);
    let mut facts = IndexMap::new();
    for fact in entity.sent() {
        let Some(place) = &fact.send else { continue };
        let sent = match &place.spot {
            Spot::Body(_) => place.get(&body).first().map(|v| (*v).clone()),
            _ => Some(value(contract, &fact.schema, &fact.name, rng)),
        };
        if let Some(sent) = sent {
            facts.insert(fact.name.clone(), sent);
        }
    }
    Sample { body, facts }
}

/// A valid body for any operation; null when it takes none. Where no draw is valid (the schema says something that
/// a generator cannot satisfy), the last one is given: `grader pack lint` refuses such contracts.
pub fn request(
    contract: &Contract,
    operation: &Operation,
    optional: Optional,
    rng: &mut impl Rng,
) -> Value {
    let Some(declared) = &operation.body else {
        return Value::Null;
    };
    let mut drawn = Value::Null;
    for _ in 0..DRAWS {
        drawn = shape::Draw { contract, optional }.value(&declared.schema.value, "", 0, rng);
        if contract.validate_body(operation, &drawn).is_empty() {
            break;
        }
    }
    drawn
}

/// Another valid value of a fact than `old`; `old` itself where its schema allows no other.
pub fn change(contract: &Contract, fact: &Fact, old: &Value, rng: &mut impl Rng) -> Value {
    // A flag has two values: nearly always one of a few draws is the other.
    for _ in 0..64 {
        let new = value(contract, &fact.schema, &fact.name, rng);
        if new != *old && contract.accepts(&fact.schema, &new) {
            return new;
        }
    }
    old.clone()
}

/// A valid value of a schema; `name` is the property's name and makes texts realistic.
pub fn value(contract: &Contract, schema: &Value, name: &str, rng: &mut impl Rng) -> Value {
    let mut drawn = Value::Null;
    for _ in 0..DRAWS {
        drawn = shape::Draw {
            contract,
            optional: Optional::All,
        }
        .value(schema, name, 0, rng);
        if contract.accepts(schema, &drawn) {
            break;
        }
    }
    drawn
}
