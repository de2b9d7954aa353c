//! One operation of the contract: what is sent, what may come back, who may call.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use super::PathTemplate;

mod listing;
mod method;
mod security;
mod status;

pub use listing::{Listing, Paging};
pub use method::Method;
pub use security::Security;
pub use status::StatusPattern;

/// How a pack names an operation: its `operationId`, or `METHOD /path` where the contract gives it none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(pub String);

impl OpId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for OpId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A schema of the contract: where it stands, and what it says (`$ref`s not yet followed).
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// RFC 6901 pointer into [`Contract::document`](super::Contract::document).
    pub pointer: String,
    /// The schema itself.
    pub value: Value,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Its name in this grader.
    pub id: OpId,
    /// Its method.
    pub method: Method,
    /// Its path, base path included.
    pub path: PathTemplate,
    /// Its parameters: those of the path item and its own.
    pub params: Vec<Param>,
    /// What is sent.
    pub body: Option<RequestBody>,
    /// What may come back, in the order of the contract.
    pub replies: Vec<Reply>,
    /// Who may call.
    pub security: Security,
    /// The list it gives, when it is one.
    pub listing: Option<Listing>,
    /// RFC 6901 pointer to the operation in the document.
    pub pointer: String,
}

/// A parameter outside the body.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: ParamPlace,
    /// Whether a call without it is wrong.
    pub required: bool,
    /// What it may be.
    pub schema: Schema,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are OpenAPI's own")]
pub enum ParamPlace {
    Path,
    Query,
    Header,
    Cookie,
}

/// What an operation takes.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestBody {
    /// The media type to send: JSON where the contract offers it.
    pub media: String,
    /// What the body may be.
    pub schema: Schema,
    /// Whether a call without a body is wrong.
    pub required: bool,
}

/// One reply the contract declares. A status with several media types gives several.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The statuses it stands for.
    pub status: StatusPattern,
    /// Its media type; `None` when the reply has no body.
    pub media: Option<String>,
    /// What the body may be; `None` when the contract does not say.
    pub schema: Option<Schema>,
    /// Declared headers and whether each is required.
    pub headers: BTreeMap<String, bool>,
}

impl Operation {
    /// `POST /venues`: method and path as the contract spells them, without the base path.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The statuses that mean success, exact ones of the 2xx class in the contract's order. Empty when the
    /// contract says `2XX` or nothing.
    pub fn success(&self) -> Vec<u16> {
        let mut all: Vec<u16> = Vec::new();
        for reply in &self.replies {
            if let StatusPattern::Exact(status @ 200..=299) = reply.status
                && !all.contains(&status)
            {
                all.push(status);
            }
        }
        all
    }

    /// Whether this status means success: the contract declares it and it is of the 2xx class.
    pub fn succeeds(&self, status: u16) -> bool {
        (200..=299).contains(&status)
            && self
                .replies
                .iter()
                .any(|r| r.status != StatusPattern::Default && r.status.holds(status))
    }

    /// What the contract declares for this status: exactly, else by class, else `default`. The first media type
    /// when there are several; see [`Operation::declared`].
    pub fn declares(&self, status: u16) -> Option<&Reply> {
        self.declared(status).first().copied()
    }

    /// Every reply declared for this status, one a media type; the most exact pattern only.
    pub fn declared(&self, status: u16) -> Vec<&Reply> {
        let best = self
            .replies
            .iter()
            .filter(|r| r.status.holds(status))
            .map(|r| r.status)
            .min();
        self.replies
            .iter()
            .filter(|r| Some(r.status) == best)
            .collect()
    }

    /// The reply to a call that succeeds: JSON where there is any. `None` when the contract declares no 2xx.
    pub fn ok(&self) -> Option<&Reply> {
        let good = |r: &&Reply| match r.status {
            StatusPattern::Exact(s) => (200..=299).contains(&s),
            StatusPattern::Class(c) => c == 2,
            StatusPattern::Default => false,
        };
        self.replies
            .iter()
            .filter(good)
            .find(|r| r.schema.is_some())
            .or_else(|| self.replies.iter().find(good))
    }

    /// The parameter with this name in this place; header names match in any case.
    pub fn param(&self, place: ParamPlace, name: &str) -> Option<&Param> {
        self.params.iter().find(|p| {
            p.place == place
                && (p.name == name
                    || place == ParamPlace::Header && p.name.eq_ignore_ascii_case(name))
        })
    }
}
