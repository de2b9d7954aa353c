//! Valid bodies from the contract: seeded, realistic, and unmistakable.
//!
//! Every text carries a token that occurs nowhere else (`zq7kd4821`: lower case, letters and digits, one
//! word, so that it survives lower-casing, slugs, JSON and CSV). Numbers are odd-looking within their
//! bounds, instants lie on seconds of their own. Two samples differ in every value that is free to differ.

mod merged;
mod scalar;
mod text;

use indexmap::IndexMap;
use rand::{Rng, RngExt};
use serde_json::{Map, Value};

use crate::pack::{Contract, Entity, Fact, Operation, Spot};
use merged::merged;

/// Schemas nested deeper than this are cut off at what is not required.
const DEEPEST: usize = 8;

/// A body to send, and the facts in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What is sent.
    pub body: Value,
    /// The facts of the entity, by name, as they stand in the body or (natural keys in a path) beside it.
    pub facts: IndexMap<String, Value>,
}

/// A valid body for an operation that makes an entity, with every property the contract lets a client send.
pub fn body(
    contract: &Contract,
    operation: &Operation,
    entity: &Entity,
    rng: &mut impl Rng,
) -> Sample {
    let body = match &operation.body {
        Some(body) => value(contract, &body.schema.value, "", rng),
        None => Value::Null,
    };
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

/// Another valid value of a fact than `old`, where its schema allows two.
pub fn change(contract: &Contract, fact: &Fact, old: &Value, rng: &mut impl Rng) -> Value {
    // A flag has two values: nearly always one of a few draws is the other.
    for _ in 0..64 {
        let new = value(contract, &fact.schema, &fact.name, rng);
        if new != *old {
            return new;
        }
    }
    old.clone()
}

/// A valid value of a schema; `name` is the property's name and makes texts realistic.
pub fn value(contract: &Contract, schema: &Value, name: &str, rng: &mut impl Rng) -> Value {
    generate(contract, schema, name, rng, 0)
}

fn generate(
    contract: &Contract,
    schema: &Value,
    name: &str,
    rng: &mut impl Rng,
    depth: usize,
) -> Value {
    let schema = merged(contract, schema);
    if let Some(fixed) = schema.get("const") {
        return fixed.clone();
    }
    if let Some(all) = schema
        .get("enum")
        .and_then(Value::as_array)
        .filter(|a| !a.is_empty())
    {
        let choices: Vec<_> = all.iter().filter(|v| !v.is_null()).collect();
        return choices
            .get(rng.random_range(0..choices.len().max(1)))
            .map_or(Value::Null, |v| (*v).clone());
    }
    match kind(&schema) {
        "object" => object(contract, &schema, rng, depth),
        "array" => array(contract, &schema, name, rng, depth),
        "integer" => scalar::integer(&schema, rng),
        "number" => scalar::number(&schema, rng),
        "boolean" => Value::Bool(rng.random()),
        "null" => Value::Null,
        _ => Value::String(text::text(&schema, name, rng)),
    }
}

/// The type a value gets: the first that is not null, else what the keywords speak of.
fn kind(schema: &Map<String, Value>) -> &str {
    let named = match schema.get("type") {
        Some(Value::String(one)) => Some(one.as_str()),
        Some(Value::Array(many)) => many
            .iter()
            .filter_map(Value::as_str)
            .find(|t| *t != "null")
            .or(Some("null")),
        _ => None,
    };
    let speaks_of = |words: &[&str]| words.iter().any(|w| schema.contains_key(*w));
    named.unwrap_or_else(|| {
        if speaks_of(&["properties", "required", "additionalProperties"]) {
            "object"
        } else if speaks_of(&["items", "minItems", "prefixItems"]) {
            "array"
        } else if speaks_of(&["minimum", "maximum", "multipleOf"]) {
            "number"
        } else {
            "string"
        }
    })
}

fn object(
    contract: &Contract,
    schema: &Map<String, Value>,
    rng: &mut impl Rng,
    depth: usize,
) -> Value {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut body = Map::new();
    for (name, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let own = merged(contract, property);
        let read_only = own
            .get("readOnly")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        let old = own
            .get("deprecated")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        let wanted = required.contains(&name.as_str()) || !old && depth < DEEPEST;
        if wanted && !read_only && property != &Value::Bool(false) {
            body.insert(
                name.clone(),
                generate(contract, property, name, rng, depth + 1),
            );
        }
    }
    Value::Object(body)
}

fn array(
    contract: &Contract,
    schema: &Map<String, Value>,
    name: &str,
    rng: &mut impl Rng,
    depth: usize,
) -> Value {
    let bound = |word: &str| schema.get(word).and_then(Value::as_u64);
    let least = bound("minItems").unwrap_or(0);
    let most = bound("maxItems").unwrap_or(u64::MAX);
    let count = if depth >= DEEPEST {
        least
    } else {
        least.max(2).min(most)
    };
    let unique = schema
        .get("uniqueItems")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let any = Value::Bool(true);
    let items = schema.get("items").unwrap_or(&any);
    let mut all: Vec<Value> = Vec::new();
    // Items drawn from few values (an enum) may never be enough different ones.
    for _ in 0..count.saturating_mul(20) {
        if all.len() as u64 >= count {
            break;
        }
        let item = generate(contract, items, name, rng, depth + 1);
        if !unique || !all.contains(&item) {
            all.push(item);
        }
    }
    Value::Array(all)
}
