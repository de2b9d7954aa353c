//! Objects, arrays, choices: the shape of a body, down to its texts and numbers.

use rand::{Rng, RngExt};
use serde_json::{Map, Value};

use super::{Optional, merged::merged, scalar, text};
use crate::pack::Contract;

/// Schemas nested deeper than this are cut off at what is not required.
const DEEPEST: usize = 8;
/// Nothing that is required nests deeper than this: a schema that requires itself has no finite value.
const BOTTOM: usize = 24;

/// One draw.
pub(super) struct Draw<'a> {
    pub(super) contract: &'a Contract,
    pub(super) optional: Optional,
}

impl Draw<'_> {
    /// A value of a schema, valid as far as one keyword at a time can make it.
    pub(super) fn value(
        &self,
        schema: &Value,
        name: &str,
        depth: usize,
        rng: &mut impl Rng,
    ) -> Value {
        if depth > BOTTOM {
            return Value::Null;
        }
        let schema = merged(self.contract, schema, rng);
        if let Some(fixed) = schema.get("const") {
            return fixed.clone();
        }
        if let Some(all) = schema
            .get("enum")
            .and_then(Value::as_array)
            .filter(|a| !a.is_empty())
        {
            let choices: Vec<_> = all.iter().filter(|v| !v.is_null()).collect();
            let chosen = choices.get(rng.random_range(0..choices.len().max(1)));
            return chosen.map_or(Value::Null, |v| (*v).clone());
        }
        match kind(&schema) {
            "object" => self.object(&schema, depth, rng),
            "array" => self.array(&schema, name, depth, rng),
            "integer" => scalar::integer(&schema, rng),
            "number" => scalar::number(&schema, rng),
            "boolean" => Value::Bool(rng.random()),
            "null" => Value::Null,
            _ => Value::String(text::text(self.contract, &schema, name, rng)),
        }
    }

    fn object(&self, schema: &Map<String, Value>, depth: usize, rng: &mut impl Rng) -> Value {
        let required = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let required: Vec<&str> = required.filter_map(Value::as_str).collect();
        let mut body = Map::new();
        let mut left = Vec::new();
        for (name, property) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let own = merged(self.contract, property, rng);
            let flag = |word: &str| own.get(word) == Some(&Value::Bool(true));
            if flag("readOnly") || property == &Value::Bool(false) {
                continue;
            }
            let chosen = match self.optional {
                Optional::All => true,
                Optional::Omitted => false,
                Optional::Some => rng.random(),
            };
            if required.contains(&name.as_str()) || chosen && !flag("deprecated") && depth < DEEPEST
            {
                body.insert(name.clone(), self.value(property, name, depth + 1, rng));
            } else {
                left.push((name, property));
            }
        }
        let least = bound(schema, "minProperties").unwrap_or(0);
        while body.len() < least && !left.is_empty() {
            let (name, property) = left.swap_remove(rng.random_range(0..left.len()));
            body.insert(name.clone(), self.value(property, name, depth + 1, rng));
        }
        self.further(schema, least, &mut body, depth, rng);
        Value::Object(body)
    }

    /// Members whose names the schema leaves free: as many as it asks for, two for a map that names none.
    fn further(
        &self,
        schema: &Map<String, Value>,
        least: usize,
        body: &mut Map<String, Value>,
        depth: usize,
        rng: &mut impl Rng,
    ) {
        let free = match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => return,
            Some(schema @ Value::Object(_)) => schema.clone(),
            _ => Value::Bool(true),
        };
        let is_map = free.is_object() && !schema.contains_key("properties");
        let wanted = if is_map && self.optional == Optional::All && depth < DEEPEST {
            least
                .max(2)
                .min(bound(schema, "maxProperties").unwrap_or(usize::MAX))
        } else {
            least
        };
        let names = schema
            .get("propertyNames")
            .cloned()
            .unwrap_or(Value::Bool(true));
        for _ in 0..wanted.saturating_mul(8) {
            if body.len() >= wanted {
                break;
            }
            let name = match self.value(&names, "key", depth + 1, rng) {
                Value::String(name) => name.replace(' ', "_"),
                _ => text::token(rng),
            };
            let value = self.value(&free, "value", depth + 1, rng);
            body.entry(name).or_insert(value);
        }
    }

    fn array(
        &self,
        schema: &Map<String, Value>,
        name: &str,
        depth: usize,
        rng: &mut impl Rng,
    ) -> Value {
        let least = bound(schema, "minItems").unwrap_or(0);
        let most = bound(schema, "maxItems").unwrap_or(usize::MAX);
        let first = schema
            .get("prefixItems")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let wanted = least
            .max(if depth >= DEEPEST {
                0
            } else {
                first.len().max(2)
            })
            .min(most);
        let unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
        let any = Value::Bool(true);
        let items = schema.get("items").unwrap_or(&any);
        let mut all: Vec<Value> = Vec::new();
        // Items drawn from few values (an enum) may never be enough different ones.
        for _ in 0..wanted.saturating_mul(20) {
            let schema = first.get(all.len()).unwrap_or(items);
            if all.len() >= wanted || schema == &Value::Bool(false) {
                break;
            }
            let item = self.value(schema, name, depth + 1, rng);
            if !unique || !all.contains(&item) {
                all.push(item);
            }
        }
        if let (Some(contained), true) = (schema.get("contains"), wanted > 0) {
            let at = rng.random_range(0..all.len().max(1));
            let item = self.value(contained, name, depth + 1, rng);
            if let Some(slot) = all.get_mut(at) {
                *slot = item;
            }
        }
        Value::Array(all)
    }
}

/// A bound that counts something.
pub(super) fn bound(schema: &Map<String, Value>, word: &str) -> Option<usize> {
    schema
        .get(word)
        .and_then(Value::as_u64)
        .and_then(|n| usize::try_from(n).ok())
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
        if speaks_of(&[
            "properties",
            "required",
            "additionalProperties",
            "minProperties",
        ]) {
            "object"
        } else if speaks_of(&["items", "minItems", "prefixItems", "uniqueItems"]) {
            "array"
        } else if speaks_of(&[
            "minimum",
            "maximum",
            "multipleOf",
            "exclusiveMinimum",
            "exclusiveMaximum",
        ]) {
            "number"
        } else {
            "string"
        }
    })
}
