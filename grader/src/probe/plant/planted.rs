//! What planting gives: a thing, a link, or the reason why there is none.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::Who;
use crate::model::{Exchange, Outcome};
use crate::pack::{OpId, Pointer};

/// A thing that the service said it made.
#[derive(Debug, Clone)]
pub struct Planted {
    /// Its entity's name.
    pub entity: String,
    /// Its key as its own operations take it; none where no reply tells it. Of a key with several parts, the one
    /// that is no parent's.
    pub key: Option<Value>,
    /// The values that identify it, in the order of the pack's key; empty where one of them is not known.
    pub identity: Vec<Value>,
    /// Its facts as they were sent.
    pub facts: IndexMap<String, Value>,
    /// What it belongs to, by the parent's name.
    pub parents: IndexMap<String, Arc<Planted>>,
    /// Whoever made it; of an account, the account itself. None where it was made without a login.
    pub by: Option<Who>,
    /// Whether it is an account that can log in.
    pub is_account: bool,
    /// The exchange that made it.
    pub created: Exchange,
    /// Where the reply to that exchange shows it, when it came about as a part of something else.
    pub shown_at: Option<Pointer>,
}

/// Two things that the service said it joined.
#[derive(Debug, Clone)]
pub struct Linked {
    /// The link's name.
    pub link: String,
    /// What it joins, by the end's name.
    pub ends: IndexMap<String, Arc<Planted>>,
    /// What is said about the link itself, as it was sent.
    pub facts: IndexMap<String, Value>,
    /// Whoever made it; none where it was made without a login.
    pub by: Option<Who>,
    /// The exchange that made it.
    pub created: Exchange,
}

/// A fact that was given another value.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The exchange that did it.
    pub exchange: Exchange,
    /// The fact.
    pub fact: String,
    /// Its new value.
    pub value: Value,
}

/// What a plant gives: the thing, or why there is none.
pub type Planting<T = Planted> = Result<T, NotPlanted>;

/// Why a thing could not be planted.
#[derive(Debug, Clone)]
pub enum NotPlanted {
    /// The service did not say yes to this operation.
    Refused(OpId, Box<Exchange>),
    /// It said yes, and nothing tells by which key the thing is known.
    NoKey(OpId, Box<Exchange>),
    /// It said yes to a login or a refresh, and shows no credential where the pack says one is.
    NoCredential(OpId, Box<Exchange>),
    /// There is no honest request that would make one; the sentence says why.
    NoWay(String),
}

impl NotPlanted {
    /// The exchange behind it, if there was one.
    pub fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::Refused(_, exchange)
            | Self::NoKey(_, exchange)
            | Self::NoCredential(_, exchange) => Some(exchange),
            Self::NoWay(_) => None,
        }
    }
}

impl fmt::Display for NotPlanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(op, e) => write!(f, "{op} answered {}", answer(e)),
            Self::NoKey(op, e) => {
                write!(f, "{op} answered {} without the new thing's key", answer(e))
            }
            Self::NoCredential(op, e) => {
                let said = answer(e);
                write!(f, "{op} answered {said} without a credential in its place")
            }
            Self::NoWay(why) => f.write_str(why),
        }
    }
}

/// What came of an exchange, in two or three words.
pub fn answer(exchange: &Exchange) -> String {
    match &exchange.outcome {
        Outcome::Answered { status, .. } => status.to_string(),
        Outcome::Refused { .. } => "nothing: the connection was refused or closed".to_owned(),
        Outcome::TimedOut { after_millis } => format!("nothing within {} s", after_millis / 1000),
        Outcome::CutShort { .. } => "half a reply".to_owned(),
        Outcome::Garbled { .. } => "something that is not HTTP".to_owned(),
        Outcome::TooLarge { limit } => format!("more than {limit} bytes"),
    }
}

/// Whether the service answered in the 2xx class, whichever of them.
pub fn said_yes(exchange: &Exchange) -> bool {
    exchange.status().is_some_and(|s| (200..300).contains(&s))
}
