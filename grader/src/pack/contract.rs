//! The contract: an OpenAPI document and what can be asked of it.

use serde_json::Value;

use super::{OpId, Operation, Schema};

/// An OpenAPI 3.1 document (3.0 is brought to 3.1 while reading).
#[derive(Debug, Clone)]
pub struct Contract {
    /// The document, `$ref`s in place.
    pub document: Value,
    /// `info.title`.
    pub title: String,
    /// What stands before every path, from the first server's url: `/api/v1`, or nothing. No slash at the end.
    pub base_path: String,
    /// Every operation in the document's order.
    pub operations: Vec<Operation>,
}

/// One way in which a reply breaks the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the body: RFC 6901, empty for the whole body.
    pub pointer: String,
    /// What is wrong there, for a learner: "`/items/0/capacity` is \"12\", expected integer".
    pub what: String,
}

impl Contract {
    /// The operation with this `operationId`, or `METHOD /path` as the contract spells the path.
    pub fn op(&self, id: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|o| o.id.as_str() == id || o.line() == id)
    }

    /// All operation ids.
    pub fn ids(&self) -> impl Iterator<Item = &OpId> {
        self.operations.iter().map(|o| &o.id)
    }

    /// The value at an RFC 6901 pointer of the document.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.document.pointer(pointer)
    }

    /// A schema with its `$ref`s followed until it is none; loading a pack proves that they lead somewhere.
    pub fn follow<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let mut at = schema;
        // A chain of references longer than this is a circle, which the reader refuses.
        for _ in 0..64 {
            let Some(target) = at.get("$ref").and_then(Value::as_str) else {
                break;
            };
            match target
                .strip_prefix('#')
                .and_then(|p| self.document.pointer(p))
            {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    /// The schema at a pointer of the document.
    pub fn schema(&self, pointer: impl Into<String>) -> Option<Schema> {
        let pointer = pointer.into();
        let value = self.at(&pointer)?.clone();
        Some(Schema { pointer, value })
    }
}
