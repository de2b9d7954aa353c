//! What decides what, what may be copied, what must stay cheap: the theory behind a schema's judgement.

use indexmap::IndexMap;

use super::{Call, Fact, MadeBy, OpId, Place};

/// Joins two things, with or without facts of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Its name in the pack.
    pub name: String,
    /// Makes the link; absent when it is made with something else ([`Link::made_by`]).
    pub set: Option<Call>,
    /// Removes it.
    pub unset: Option<Call>,
    /// Made as a part of another operation's body.
    pub made_by: Option<MadeBy>,
    /// What it joins, by the end's name.
    pub ends: IndexMap<String, End>,
    /// What is said about the link itself.
    pub facts: IndexMap<String, Fact>,
}

/// One end of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The entity at this end.
    pub entity: String,
    /// Where its key stands.
    pub at: EndAt,
}

/// Where an end's key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndAt {
    /// In the request (for a made link: seen from where it is made).
    Place(Place),
    /// Nowhere: it is whoever calls.
    Caller,
}

/// `entity.fact`, or an entity alone (its key).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// The entity or link.
    pub of: String,
    /// The fact; `None` for its key.
    pub fact: Option<String>,
}

/// A dependency beside those of keys and `unique` sets: the left decides the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depends {
    /// What decides.
    pub on: Vec<Term>,
    /// What is decided.
    pub what: Vec<Term>,
}

/// Sets that have nothing to do with each other (fourth normal form).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Independent {
    /// The entity that has them.
    pub of: String,
    /// Links, child entities or facts of it.
    pub sets: Vec<String>,
}

/// A fact that may repeat another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyRule {
    /// The copy.
    pub copy: Term,
    /// The original.
    pub of: Term,
    /// How the copy behaves when the original changes.
    pub policy: CopyPolicy,
    /// The operation at which it is taken.
    pub at: Option<OpId>,
}

/// How a copy behaves when its original changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CopyPolicy {
    /// It follows.
    Live,
    /// It stays what it was.
    Snapshot,
    /// Either is right.
    Either,
}

/// `[storage]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// Array columns, or lists in text, that hold facts.
    pub arrays: Strictness,
    /// JSON columns that hold facts.
    pub json: Strictness,
}

/// What the project says to something doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strictness {
    /// It fails.
    Fail,
    /// It is mentioned.
    Advice,
    /// It is fine.
    Ok,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            arrays: Strictness::Advice,
            json: Strictness::Advice,
        }
    }
}

/// A read whose cost must not grow, and what makes it grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The operation.
    pub op: OpId,
    /// Entities and links of which there are many.
    pub grows: Vec<String>,
    /// How the cost may grow.
    pub bound: Growth,
    /// Filters to use: parameter → `one` (the value that one thing has).
    pub with: IndexMap<String, String>,
}

/// How a read's cost may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Growth {
    /// Not at all.
    Constant,
    /// With what is returned.
    #[default]
    LinearInResult,
    /// With what is stored.
    LinearInTable,
}

/// A quantity that must never be oversold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    /// What is counted: the sum of this fact …
    pub counts: Term,
    /// … may not exceed this one.
    pub of: Term,
}
