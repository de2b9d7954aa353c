//! What the contract says about a value: its format, its type, whether the order of a list counts.

use serde_json::Value;

use crate::pack::{Contract, Pointer, Token};

/// A schema of the contract, with everything that it refers to.
#[derive(Clone, Copy)]
pub(super) struct Said<'c> {
    contract: &'c Contract,
    schema: &'c Value,
}

impl<'c> Said<'c> {
    pub(super) fn new(contract: &'c Contract, schema: &'c Value) -> Self {
        Self { contract, schema }
    }

    /// The schema and all that it adds or offers, references followed.
    fn faces(self) -> Vec<&'c Value> {
        let (mut faces, mut open) = (Vec::new(), vec![(self.schema, 0)]);
        while let Some((schema, depth)) = open.pop() {
            let schema = self.contract.follow(schema);
            // A schema that adds itself to itself ends here.
            if depth > 16 {
                continue;
            }
            faces.push(schema);
            for word in ["allOf", "anyOf", "oneOf"] {
                let more = schema.get(word).and_then(Value::as_array);
                open.extend(more.into_iter().flatten().map(|s| (s, depth + 1)));
            }
        }
        faces
    }

    fn inside(self, find: impl Fn(&'c Value) -> Option<&'c Value>) -> Option<Self> {
        let schema = self.faces().into_iter().find_map(find)?;
        Some(Self { schema, ..self })
    }

    /// The schema of a member.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        self.inside(|s| s.get("properties")?.get(name))
    }

    /// The schema of a list's items.
    pub(super) fn item(self) -> Option<Self> {
        self.inside(|s| s.get("items"))
    }

    /// The schema at a pointer of a value.
    pub(super) fn at(self, pointer: &Pointer) -> Option<Self> {
        pointer.tokens.iter().try_fold(self, |at, token| {
            let member = match token {
                Token::Name(name) => at.member(name),
                Token::Each => None,
            };
            member.or_else(|| at.item())
        })
    }

    /// The one format that it names; none where it names several.
    pub(super) fn format(self) -> Option<&'c str> {
        let mut formats: Vec<&str> = self
            .faces()
            .into_iter()
            .filter_map(|s| s.get("format")?.as_str())
            .collect();
        formats.dedup();
        match formats.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// Whether it says that a value may be of this type.
    pub(super) fn is(self, kind: &str) -> bool {
        let names = |types: &Value| match types {
            Value::Array(all) => all.iter().any(|t| t == kind),
            one => one == kind,
        };
        self.faces()
            .into_iter()
            .any(|s| s.get("type").is_some_and(names))
    }

    /// Whether no two items of the list may be equal: then it is a set.
    pub(super) fn is_set(self) -> bool {
        let unique = |s: &Value| s.get("uniqueItems") == Some(&Value::Bool(true));
        self.faces().into_iter().any(unique)
    }

    /// Whether the contract lists the values that are allowed.
    pub(super) fn is_closed(self) -> bool {
        let closed = |s: &Value| s.get("enum").is_some() || s.get("const").is_some();
        self.faces().into_iter().any(closed)
    }
}
