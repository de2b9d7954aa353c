//! A schema with its references followed and its alternatives chosen, so that one object says it all.

use rand::{Rng, RngExt};
use serde_json::{Map, Value, json};

use crate::pack::Contract;

/// Follows `$ref`, folds `allOf` in, and takes one alternative of `oneOf` and `anyOf` that is not null.
pub(super) fn merged(
    contract: &Contract,
    schema: &Value,
    rng: &mut impl Rng,
) -> Map<String, Value> {
    let mut whole = Map::new();
    fold(contract, schema, &mut whole, rng, 0);
    whole
}

fn fold(
    contract: &Contract,
    schema: &Value,
    whole: &mut Map<String, Value>,
    rng: &mut impl Rng,
    depth: usize,
) {
    // Loading a pack refuses circles of references; a circle through allOf ends here.
    if depth > 32 {
        return;
    }
    let Some(own) = schema.as_object() else {
        return;
    };
    if own.contains_key("$ref") {
        let target = contract.follow(schema);
        if target.get("$ref").is_none() {
            fold(contract, target, whole, rng, depth + 1);
        }
    }
    for part in own
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        fold(contract, part, whole, rng, depth + 1);
    }
    for word in ["oneOf", "anyOf"] {
        let all = own
            .get(word)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let real: Vec<&Value> = all.filter(|s| !is_null(contract, s)).collect();
        if !real.is_empty() {
            fold(
                contract,
                real[rng.random_range(0..real.len())],
                whole,
                rng,
                depth + 1,
            );
        }
    }
    for (word, said) in own {
        if !matches!(word.as_str(), "$ref" | "allOf" | "oneOf" | "anyOf") {
            both(whole, word, said);
        }
    }
}

/// Adds a keyword so that what was said before holds as well.
fn both(whole: &mut Map<String, Value>, word: &str, said: &Value) {
    let Some(before) = whole.get_mut(word) else {
        whole.insert(word.to_owned(), said.clone());
        return;
    };
    let (old, new) = (before.as_f64(), said.as_f64());
    let stricter = |larger: bool| match (old, new) {
        (Some(old), Some(new)) if larger => new > old,
        (Some(old), Some(new)) => new < old,
        _ => true,
    };
    match (word, &mut *before, said) {
        ("properties", Value::Object(known), Value::Object(new)) => {
            for (name, schema) in new {
                let member = known.entry(name).or_insert(Value::Bool(true));
                if *member == Value::Bool(true) {
                    *member = schema.clone();
                } else if member != schema {
                    *member = json!({"allOf": [member, schema]});
                }
            }
        }
        ("required", Value::Array(known), Value::Array(new)) => known.extend(new.iter().cloned()),
        ("enum", Value::Array(known), Value::Array(new)) => known.retain(|v| new.contains(v)),
        ("minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties", ..) => {
            if stricter(true) {
                *before = said.clone();
            }
        }
        ("maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties", ..) => {
            if stricter(false) {
                *before = said.clone();
            }
        }
        _ => *before = said.clone(),
    }
}

fn is_null(contract: &Contract, schema: &Value) -> bool {
    let schema = contract.follow(schema);
    schema["type"] == "null" || schema.get("const").is_some_and(Value::is_null)
}
