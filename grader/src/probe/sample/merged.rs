//! A schema with its references followed and its alternatives chosen, so that one object says it all.

use serde_json::{Map, Value};

use crate::pack::Contract;

/// Follows `$ref`, folds `allOf` in, and takes the first alternative of `oneOf` and `anyOf` that is not null.
pub(super) fn merged(contract: &Contract, schema: &Value) -> Map<String, Value> {
    let mut whole = Map::new();
    fold(contract, schema, &mut whole, 0);
    whole
}

fn fold(contract: &Contract, schema: &Value, whole: &mut Map<String, Value>, depth: usize) {
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
            fold(contract, target, whole, depth + 1);
        }
    }
    for part in own
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        fold(contract, part, whole, depth + 1);
    }
    for word in ["oneOf", "anyOf"] {
        let all = own
            .get(word)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        if let Some(first) = all.into_iter().find(|s| !is_null(contract, s)) {
            fold(contract, first, whole, depth + 1);
        }
    }
    for (word, said) in own {
        match (word.as_str(), whole.get_mut(word)) {
            ("$ref" | "allOf" | "oneOf" | "anyOf", _) => {}
            ("properties", Some(Value::Object(known))) => {
                known.extend(said.as_object().cloned().unwrap_or_default());
            }
            ("required", Some(Value::Array(known))) => {
                known.extend(said.as_array().cloned().unwrap_or_default());
            }
            _ => {
                whole.insert(word.clone(), said.clone());
            }
        }
    }
}

fn is_null(contract: &Contract, schema: &Value) -> bool {
    let schema = contract.follow(schema);
    schema.get("type").and_then(Value::as_str) == Some("null")
        || schema.get("const").is_some_and(Value::is_null)
}
