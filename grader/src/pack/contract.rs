//! The contract: an OpenAPI document and what can be asked of it.

use serde_json::Value;

use super::{OpId, Operation, Reply, Schema};

mod home;
mod says;
mod sides;
mod validate;

pub use home::Home;
use sides::Side;

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
    validators: validate::Validators,
}

/// One way in which a reply breaks the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the body: RFC 6901, empty for the whole body.
    pub pointer: String,
    /// What is wrong there, for a learner: "`/items/0/capacity` is \"12\", expected integer".
    pub what: String,
    /// In which way it is wrong.
    pub kind: Broke,
}

/// In which way a value breaks its schema. What is broken in one way has one cause; another way is another mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broke {
    /// A member that must be there is not: its name.
    Missing(String),
    /// Members that the contract excludes are there: their names.
    Undeclared(Vec<String>),
    /// Another type.
    Type,
    /// Not of its format.
    Format,
    /// A value that is not allowed: an enum, a bound, a pattern, an alternative.
    Value,
}

impl Contract {
    /// A contract without operations yet: the reader adds them.
    pub(in crate::pack) fn new(document: Value) -> Self {
        Self {
            document,
            title: String::new(),
            base_path: String::new(),
            operations: Vec::new(),
            validators: validate::Validators::default(),
        }
    }

    /// What a reply breaks of what the contract declares for its status and media type. Nothing is declared for an
    /// unknown status or a media type the contract does not name: those are findings of their own.
    pub fn validate_reply(
        &self,
        op: &Operation,
        status: u16,
        media: &str,
        body: &Value,
    ) -> Vec<Violation> {
        let declared = op.declared(status);
        match declared
            .iter()
            .find(|r| speaks(r, media))
            .and_then(|r| r.schema.as_ref())
        {
            Some(schema) => self.judge(Side::Reply, &schema.pointer, body),
            None => Vec::new(),
        }
    }

    /// What a request body breaks of the operation's schema.
    pub fn validate_body(&self, op: &Operation, body: &Value) -> Vec<Violation> {
        match &op.body {
            Some(declared) => self.judge(Side::Request, &declared.schema.pointer, body),
            None => Vec::new(),
        }
    }

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

/// Whether a media type is JSON (RFC 6839 §3.1); parameters do not count.
pub(crate) fn is_json(media: &str) -> bool {
    let plain = media.split(';').next().unwrap_or_default().trim();
    let plain = plain.to_ascii_lowercase();
    plain == "application/json" || plain.ends_with("+json")
}

/// Whether a declared reply is of this media type; parameters (`; charset=utf-8`) do not count, ranges (`*/*`) do.
pub(crate) fn speaks(reply: &Reply, media: &str) -> bool {
    let plain = |m: &str| {
        m.split(';')
            .next()
            .unwrap_or("")
            .trim()
            .to_ascii_lowercase()
    };
    let Some(declared) = reply.media.as_deref().map(plain) else {
        return false;
    };
    let media = plain(media);
    match declared.strip_suffix('*') {
        Some("*/") => true,
        Some(range) => media.starts_with(range),
        None => declared == media,
    }
}
