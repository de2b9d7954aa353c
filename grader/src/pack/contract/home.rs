//! Where the contract describes a place of a body: the named schema that all who show the same thing share.

use serde_json::Value;

use super::Contract;
use crate::pack::{Pointer, Token};

/// Where a place of a body is described.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home {
    /// The name under `components/schemas`: of the value itself if it has one, else of the nearest object around it.
    /// None in a contract without names.
    pub schema: Option<String>,
    /// The way from that object to the place, `/price/amount`; places in lists and free keys of maps stand as `*`.
    pub pointer: String,
}

impl Contract {
    /// Where the place at `pointer` of a body with this schema is described. A venue in a list, alone, and inside an
    /// event has one home where the contract describes it once. `inside` says that something in the value at the
    /// pointer is meant (a member that it lacks), so its own home counts and not that of what it stands in.
    pub fn home(&self, schema: &Value, pointer: &str, inside: bool) -> Home {
        let mut home = Home {
            schema: None,
            pointer: String::new(),
        };
        let mut at = self.arrive(Some(schema), &mut home, true);
        let tokens: Vec<String> = pointer.split('/').skip(1).map(unescaped).collect();
        for (n, token) in tokens.iter().enumerate() {
            let (name, next) = match at.and_then(|at| self.member(at, token)) {
                Some(member) => (token.as_str(), Some(member)),
                None => ("*", at.and_then(|at| self.element(at))),
            };
            home.pointer = format!("{}/{name}", home.pointer);
            let last = n + 1 == tokens.len();
            at = self.arrive(next, &mut home, inside || !last);
        }
        home
    }

    /// Whether a schema names a member at this place, which it may also leave open.
    pub fn describes(&self, schema: &Value, place: &Pointer) -> bool {
        self.described(schema, place).is_some()
    }

    /// What a schema says of a place of its bodies; none where it leaves that open.
    pub fn described<'s>(&'s self, schema: &'s Value, place: &Pointer) -> Option<&'s Value> {
        let mut at = Some(self.follow(schema));
        for token in &place.tokens {
            at = at.and_then(|at| match token {
                Token::Name(name) => self.member(at, name),
                Token::Each => self.element(at),
            });
        }
        at
    }

    /// Follows references to the schema itself. An object with a name is a home of its own; another value with a
    /// name gives it to the member it stands in.
    fn arrive<'s>(
        &'s self,
        schema: Option<&'s Value>,
        home: &mut Home,
        enters: bool,
    ) -> Option<&'s Value> {
        let schema = schema?;
        let target = self.follow(schema);
        let name = last_name(self, schema);
        if let Some(name) = name {
            if !is_object(target) {
                home.schema = Some(name.to_owned());
                let member = home.pointer.rsplit('/').next().unwrap_or_default();
                home.pointer = format!("/{member}");
            } else if enters {
                home.schema = Some(name.to_owned());
                home.pointer = String::new();
            }
        }
        Some(target)
    }

    fn member<'s>(&'s self, schema: &'s Value, name: &str) -> Option<&'s Value> {
        self.found(schema, 0, &|s| s.get("properties")?.get(name))
    }

    fn element<'s>(&'s self, schema: &'s Value) -> Option<&'s Value> {
        let inner = |s: &'s Value| {
            s.get("items")
                .or_else(|| s.get("additionalProperties").filter(|s| s.is_object()))
        };
        self.found(schema, 0, &inner)
    }

    /// The first answer of a schema or of what it is put together from.
    pub(super) fn found<'s>(
        &'s self,
        schema: &'s Value,
        depth: usize,
        find: &impl Fn(&'s Value) -> Option<&'s Value>,
    ) -> Option<&'s Value> {
        let schema = self.follow(schema);
        if depth > 16 {
            return None;
        }
        find(schema).or_else(|| {
            let parts = ["allOf", "anyOf", "oneOf"].into_iter();
            let mut parts = parts
                .filter_map(|word| schema.get(word)?.as_array())
                .flatten();
            parts.find_map(|part| self.found(part, depth + 1, find))
        })
    }
}

fn is_object(schema: &Value) -> bool {
    let words = ["properties", "additionalProperties", "allOf"];
    schema["type"] == "object" || words.iter().any(|w| schema.get(w).is_some())
}

/// The name of the last schema that a chain of references leads through.
fn last_name<'s>(contract: &'s Contract, schema: &'s Value) -> Option<&'s str> {
    let (mut at, mut name) = (schema, None);
    // As in `follow`: longer chains are circles.
    for _ in 0..64 {
        let Some(target) = at.get("$ref").and_then(Value::as_str) else {
            break;
        };
        name = target.strip_prefix("#/components/schemas/").or(name);
        at = contract.at(target.strip_prefix('#')?)?;
    }
    name.filter(|n| !n.contains('/'))
}

/// RFC 6901 §4.
fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contract() -> Contract {
        Contract::new(json!({"components": {"schemas": {
            "Id": {"type": "integer"},
            "Venue": {"type": "object", "properties": {
                "id": {"$ref": "#/components/schemas/Id"}, "size": {"type": "integer"}}},
            "Event": {"allOf": [{"type": "object", "properties": {
                "id": {"$ref": "#/components/schemas/Id"},
                "venue": {"$ref": "#/components/schemas/Venue"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "free": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Venue"}}}}]}
        }}}))
    }

    fn home(schema: Value, pointer: &str, inside: bool) -> String {
        let home = contract().home(&schema, pointer, inside);
        format!("{}{}", home.schema.unwrap_or_default(), home.pointer)
    }

    #[test]
    fn the_same_thing_has_one_home_wherever_it_stands() {
        let event = || json!({"$ref": "#/components/schemas/Event"});
        let venue = || json!({"$ref": "#/components/schemas/Venue"});
        let list =
            json!({"type": "object", "properties": {"items": {"type": "array", "items": venue()}}});
        assert_eq!(home(venue(), "/size", false), "Venue/size");
        assert_eq!(home(event(), "/venue/size", false), "Venue/size");
        assert_eq!(home(event(), "/free/any/size", false), "Venue/size");
        assert_eq!(home(list.clone(), "/items/3/size", false), "Venue/size");
        assert_eq!(home(event(), "/tags/0", false), "Event/tags/*");
        assert_eq!(home(list, "/items", false), "/items");
    }

    #[test]
    fn a_place_of_a_body_is_described_behind_references() {
        let event = json!({"$ref": "#/components/schemas/Event"});
        let contract = contract();
        let at = |text: &str| contract.described(&event, &Pointer::parse(text).unwrap());
        assert_eq!(at("/venue/size"), Some(&json!({"type": "integer"})));
        assert_eq!(at("/venue/nothing"), None);
    }

    #[test]
    fn a_value_with_a_name_of_its_own_is_one_field_everywhere() {
        let event = json!({"$ref": "#/components/schemas/Event"});
        assert_eq!(home(event.clone(), "/id", false), "Id/id");
        assert_eq!(home(event, "/venue/id", false), "Id/id");
    }

    #[test]
    fn what_stands_in_the_wrong_place_is_not_what_it_should_have_been() {
        let event = || json!({"$ref": "#/components/schemas/Event"});
        assert_eq!(home(event(), "/venue", false), "Event/venue");
        assert_eq!(home(event(), "/venue", true), "Venue");
        assert_eq!(home(event(), "", false), "Event");
    }
}
