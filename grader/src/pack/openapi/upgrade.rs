//! Brings OpenAPI 3.0 schemas to 3.1, which speaks JSON Schema 2020-12: `nullable` and boolean exclusive bounds.

use serde_json::{Map, Value, json};

/// Keywords under which one schema stands.
pub(super) const ONE: [&str; 9] = [
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedProperties",
];
/// Keywords under which a list of schemas stands.
pub(super) const MANY: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords under which schemas stand by name.
pub(super) const NAMED: [&str; 4] = [
    "properties",
    "patternProperties",
    "$defs",
    "dependentSchemas",
];

/// Upgrades every schema of a 3.0 document in place.
pub(super) fn upgrade(document: &mut Value) {
    for_each_schema(document, &mut upgrade_schema);
}

/// Calls `f` on every outermost schema of the document: those of components, parameters, headers and media types.
pub(super) fn for_each_schema(value: &mut Value, f: &mut impl FnMut(&mut Value)) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|v| for_each_schema(v, f)),
        Value::Object(members) => {
            for (name, member) in members {
                match name.as_str() {
                    "schema" => f(member),
                    "schemas" => {
                        if let Value::Object(schemas) = member {
                            schemas.values_mut().for_each(&mut *f);
                        }
                    }
                    "example" | "examples" => {}
                    _ => for_each_schema(member, f),
                }
            }
        }
        _ => {}
    }
}

fn upgrade_schema(schema: &mut Value) {
    let Value::Object(s) = schema else { return };
    for key in ONE {
        s.get_mut(key).into_iter().for_each(upgrade_schema);
    }
    for key in MANY {
        if let Some(Value::Array(all)) = s.get_mut(key) {
            all.iter_mut().for_each(upgrade_schema);
        }
    }
    for key in NAMED {
        if let Some(Value::Object(all)) = s.get_mut(key) {
            all.values_mut().for_each(upgrade_schema);
        }
    }
    exclusive(s, "exclusiveMinimum", "minimum");
    exclusive(s, "exclusiveMaximum", "maximum");
    if s.remove("nullable") == Some(Value::Bool(true)) {
        nullable(s);
    }
}

fn exclusive(s: &mut Map<String, Value>, exclusive: &str, bound: &str) {
    match s.get(exclusive) {
        Some(Value::Bool(true)) => {
            s.remove(exclusive);
            if let Some(limit) = s.remove(bound) {
                s.insert(exclusive.to_owned(), limit);
            }
        }
        Some(Value::Bool(false)) => {
            s.remove(exclusive);
        }
        _ => {}
    }
}

fn nullable(s: &mut Map<String, Value>) {
    if let Some(Value::Array(all)) = s.get_mut("enum")
        && !all.contains(&Value::Null)
    {
        all.push(Value::Null);
    }
    match s.get("type").cloned() {
        Some(Value::String(kind)) => {
            s.insert("type".to_owned(), json!([kind, "null"]));
        }
        Some(_) => {}
        // A reference or a composition: null beside all of it.
        None => {
            let whole = Value::Object(std::mem::take(s));
            s.insert("anyOf".to_owned(), json!([whole, {"type": "null"}]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nullable_and_exclusive_bounds_become_those_of_json_schema() {
        let mut doc = json!({"components": {"schemas": {"A": {"type": "object", "properties": {
            "nullable": {"type": "string", "nullable": true},
            "price": {"type": "number", "minimum": 0, "exclusiveMinimum": true, "exclusiveMaximum": false},
            "of": {"$ref": "#/components/schemas/B", "nullable": true},
            "kind": {"type": "string", "enum": ["a"], "nullable": true}
        }}}}, "example": {"schema": {"nullable": true}}});
        upgrade(&mut doc);
        assert_eq!(
            doc,
            json!({"components": {"schemas": {"A": {"type": "object", "properties": {
            "nullable": {"type": ["string", "null"]},
            "price": {"type": "number", "exclusiveMinimum": 0},
            "of": {"anyOf": [{"$ref": "#/components/schemas/B"}, {"type": "null"}]},
            "kind": {"type": ["string", "null"], "enum": ["a", null]}
        }}}}, "example": {"schema": {"nullable": true}}})
        );
    }
}
