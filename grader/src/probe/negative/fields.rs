//! The fields of a body, as deep as an honest one goes.

use serde_json::Value;

use crate::pack::{Contract, Operation};

/// A place in a body, and what the contract says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// RFC 6901 pointer into the honest body.
    pub at: String,
    /// As a reader names it: `capacity`, `items.quantity`.
    pub name: String,
    /// Its schema, as it stands in the contract.
    pub schema: Value,
    /// What stands there in the honest body, if anything does.
    pub value: Option<Value>,
}

/// How deep a body is looked into.
const DEEPEST: usize = 4;

/// Every property that the operation's schema names, inside objects and the first item of lists too. What only the
/// service says is not among them.
pub fn fields(contract: &Contract, op: &Operation, body: &Value) -> Vec<Field> {
    let mut all = Vec::new();
    if let Some(declared) = &op.body {
        let at = At {
            pointer: String::new(),
            name: String::new(),
            depth: 0,
        };
        walk(contract, &declared.schema.value, body, &at, &mut all);
    }
    all
}

struct At {
    pointer: String,
    name: String,
    depth: usize,
}

fn walk(contract: &Contract, schema: &Value, body: &Value, at: &At, all: &mut Vec<Field>) {
    if at.depth >= DEEPEST {
        return;
    }
    let inside = |token: &str, name: String| At {
        pointer: format!("{}/{token}", at.pointer),
        name,
        depth: at.depth + 1,
    };
    match body {
        Value::Object(members) => {
            for (name, property) in properties(contract, schema) {
                let label = match at.name.as_str() {
                    "" => name.clone(),
                    before => format!("{before}.{name}"),
                };
                let escaped = name.replace('~', "~0").replace('/', "~1");
                let place = inside(&escaped, label);
                let value = members.get(&name);
                all.push(Field {
                    at: place.pointer.clone(),
                    name: place.name.clone(),
                    schema: property.clone(),
                    value: value.cloned(),
                });
                if let Some(value) = value {
                    walk(contract, &property, value, &place, all);
                }
            }
        }
        Value::Array(items) => {
            let item = contract.says(schema, "items");
            if let (Some(item), Some(first)) = (item, items.first()) {
                walk(contract, item, first, &inside("0", at.name.clone()), all);
            }
        }
        _ => {}
    }
}

/// The properties that a schema names, itself or in what it adds; each once, by the first word on it.
fn properties(contract: &Contract, schema: &Value) -> Vec<(String, Value)> {
    let (mut found, mut open) = (Vec::<(String, Value)>::new(), vec![(schema, 0)]);
    while let Some((schema, depth)) = open.pop() {
        let target = contract.follow(schema);
        if depth > 8 {
            continue;
        }
        let named = target.get("properties").and_then(Value::as_object);
        for (name, property) in named.into_iter().flatten() {
            let read_only = contract.says(property, "readOnly") == Some(&Value::Bool(true));
            if !read_only && property.is_object() && !found.iter().any(|(n, _)| n == name) {
                found.push((name.clone(), property.clone()));
            }
        }
        let more = target.get("allOf").and_then(Value::as_array);
        open.extend(more.into_iter().flatten().map(|s| (s, depth + 1)));
    }
    found
}
