//! One operation of the contract: what is sent, what may come back, who may call.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use super::{PathTemplate, Place};

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

/// The methods OpenAPI knows, without `TRACE`, which no service should answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are HTTP's own")]
pub enum Method {
    Get,
    Head,
    Options,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Get,
        Self::Head,
        Self::Options,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
    ];

    /// The method as it stands in a request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The method with this name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|m| m.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
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

/// The statuses a reply stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatusPattern {
    /// One status.
    Exact(u16),
    /// `2XX`: a class, by its first digit.
    Class(u8),
    /// `default`: any status not declared otherwise.
    Default,
}

/// Who may call an operation, from the contract's `security`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Security {
    /// Nobody needs to say who they are.
    pub anyone: bool,
    /// The roles that may call; empty means anybody who is somebody. Any one of them is enough.
    pub roles: Vec<String>,
    /// The security schemes by which a caller says who they are.
    pub schemes: Vec<String>,
}

/// A reply that is a list of things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Where the things are: `/items/*`, or `/*` for a bare array.
    pub items: Place,
    /// How the next ones are had.
    pub paging: Paging,
    /// The query parameter for the size of a page.
    pub limit: Option<String>,
    /// The most that `limit` may ask for.
    pub max: Option<u64>,
}

/// How the next part of a list is had. Parameters are query parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// All at once.
    None,
    /// The reply carries a cursor for the next page; null or absent on the last.
    Cursor {
        /// The parameter that takes the cursor.
        param: String,
        /// Where in the reply the next cursor is.
        next: Place,
    },
    /// Skip so many.
    Offset {
        /// The parameter that says how many to skip.
        param: String,
    },
    /// Pages by number.
    Page {
        /// The parameter that takes the number.
        param: String,
        /// The number of the first page, from the parameter's `minimum`; 1 unless it says 0.
        first: u64,
    },
}

impl StatusPattern {
    /// Reads `200`, `2XX` or `default`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "default" {
            return Some(Self::Default);
        }
        if let Some(class) = text.strip_suffix("XX").or_else(|| text.strip_suffix("xx")) {
            return class
                .parse()
                .ok()
                .filter(|c| (1..=5).contains(c))
                .map(Self::Class);
        }
        text.parse()
            .ok()
            .filter(|s| (100..=599).contains(s))
            .map(Self::Exact)
    }

    /// Whether the status is one of them.
    pub fn holds(self, status: u16) -> bool {
        match self {
            Self::Exact(s) => s == status,
            Self::Class(c) => status / 100 == u16::from(c),
            Self::Default => true,
        }
    }
}

impl fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(s) => write!(f, "{s}"),
            Self::Class(c) => write!(f, "{c}XX"),
            Self::Default => write!(f, "default"),
        }
    }
}

impl Security {
    /// Whether somebody with this role (`None`: nobody in particular) may call.
    pub fn allows(&self, role: Option<&str>) -> bool {
        match role {
            _ if self.anyone => true,
            None => false,
            Some(role) => self.roles.is_empty() || self.roles.iter().any(|r| r == role),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_hold_what_they_say() {
        assert!(StatusPattern::parse("2XX").unwrap().holds(204));
        assert!(!StatusPattern::parse("404").unwrap().holds(400));
        assert_eq!(StatusPattern::parse("9XX"), None);
        assert_eq!(StatusPattern::parse("99"), None);
    }

    #[test]
    fn a_role_is_enough_and_nobody_is_not() {
        let some = Security {
            roles: vec!["organiser".into()],
            ..Security::default()
        };
        assert!(
            some.allows(Some("organiser")) && !some.allows(Some("customer")) && !some.allows(None)
        );
        let anybody = Security::default();
        assert!(anybody.allows(Some("customer")) && !anybody.allows(None));
    }
}
