//! What stands where in a schema: members through references, `allOf` and alternatives.

use indexmap::IndexMap;
use serde_json::Value;

use crate::pack::{Contract, Pointer, Token};

/// A value's schema and whether the value must be there.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::pack) struct Found {
    pub(in crate::pack) schema: Value,
    pub(in crate::pack) required: bool,
}

/// The members an object of this schema may have, whatever way the schema says so.
pub(in crate::pack) fn members(contract: &Contract, schema: &Value) -> IndexMap<String, Found> {
    let mut all = IndexMap::new();
    gather(contract, schema, true, 0, &mut all);
    all
}

fn gather(
    contract: &Contract,
    schema: &Value,
    certain: bool,
    depth: usize,
    all: &mut IndexMap<String, Found>,
) {
    if depth > 32 {
        return;
    }
    let schema = contract.follow(schema);
    let required: Vec<&str> = schema["required"]
        .as_array()
        .map(|r| r.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        all.entry(name.clone()).or_insert_with(|| Found {
            schema: member.clone(),
            required: false,
        });
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        gather(contract, part, certain, depth + 1, all);
    }
    for name in required.iter().filter(|_| certain) {
        if let Some(found) = all.get_mut(*name) {
            found.required = true;
        }
    }
    for key in ["anyOf", "oneOf"] {
        let ways: Vec<&Value> = schema[key].as_array().into_iter().flatten().collect();
        let real: Vec<&&Value> = ways
            .iter()
            .filter(|w| !is_null(contract.follow(w)))
            .collect();
        for way in &real {
            gather(contract, way, certain && real.len() == 1, depth + 1, all);
        }
    }
}

/// What stands at a pointer of a value of this schema; `None` when the schema does not say.
pub(in crate::pack) fn at(contract: &Contract, schema: &Value, pointer: &Pointer) -> Option<Found> {
    let mut found = Found {
        schema: schema.clone(),
        required: true,
    };
    for token in &pointer.tokens {
        found = match token {
            Token::Each => {
                let item = element(contract, &found.schema)?;
                Found {
                    schema: item,
                    required: found.required,
                }
            }
            Token::Name(name) => match members(contract, &found.schema).shift_remove(name) {
                Some(next) => Found {
                    required: next.required && found.required,
                    ..next
                },
                None if name.bytes().all(|b| b.is_ascii_digit()) => Found {
                    schema: element(contract, &found.schema)?,
                    required: false,
                },
                None => return None,
            },
        };
    }
    Some(found)
}

/// The schema of an array's elements.
pub(in crate::pack) fn element(contract: &Contract, schema: &Value) -> Option<Value> {
    alternatives(contract, schema)
        .into_iter()
        .find_map(|s| s.get("items").or_else(|| s["prefixItems"].get(0)).cloned())
}

/// The schema itself and everything `allOf`, `anyOf` and `oneOf` add, references followed, `null` left out.
pub(in crate::pack) fn alternatives<'a>(
    contract: &'a Contract,
    schema: &'a Value,
) -> Vec<&'a Value> {
    let mut found = Vec::new();
    let mut open = vec![(schema, 0)];
    while let Some((schema, depth)) = open.pop() {
        let schema = contract.follow(schema);
        if depth > 16 || is_null(schema) {
            continue;
        }
        found.push(schema);
        for key in ["oneOf", "anyOf", "allOf"] {
            let ways = schema[key].as_array().into_iter().flatten();
            open.extend(ways.rev().map(|w| (w, depth + 1)));
        }
    }
    found
}

/// Whether a value of this schema is (also) of this JSON type.
pub(in crate::pack) fn is(contract: &Contract, schema: &Value, kind: &str) -> bool {
    alternatives(contract, schema)
        .iter()
        .any(|s| match &s["type"] {
            Value::String(t) => t == kind,
            Value::Array(all) => all.iter().any(|t| t == kind),
            _ => match kind {
                "object" => s.get("properties").is_some(),
                "array" => s.get("items").is_some(),
                _ => false,
            },
        })
}

/// `/user` for bodies like `{"user": {…}}`: an object whose only member is an object. Empty otherwise.
pub(in crate::pack) fn envelope(contract: &Contract, schema: &Value) -> Pointer {
    let all = members(contract, schema);
    match all.first() {
        Some((name, only))
            if all.len() == 1
                && is(contract, &only.schema, "object")
                && !members(contract, &only.schema).is_empty() =>
        {
            Pointer::default().member(name)
        }
        _ => Pointer::default(),
    }
}

fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
}
