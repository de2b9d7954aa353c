//! What the pack says exists, as kinds of things with facts and references, and what decides what among them.

mod build;
mod copies;
mod view;
mod ways;

pub use view::{Attr, View};

use crate::pack::{CopyPolicy, Storage};

/// What there is to know, for the schema stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// Entities and links, in the order of the pack.
    pub kinds: Vec<Kind>,
    /// Sets that have nothing to do with each other.
    pub independent: Vec<Apart>,
    /// Copies that are honest.
    pub copies: Vec<Honest>,
    /// How strict the project is about lists and documents in cells.
    pub storage: Storage,
}

/// A kind of thing: an entity, or a link between entities.
#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    /// Its name in the pack.
    pub name: String,
    /// Whether the API knows one by a key that is none of its facts.
    pub keyed: bool,
    /// What is said about one. What only the service decides is not among them, and neither are lists and documents.
    pub facts: Vec<Said>,
    /// What one refers to.
    pub refs: Vec<Reference>,
    /// Sets of facts and references that no two share.
    pub keys: Vec<Vec<Member>>,
    /// What else decides what, seen from one.
    pub depends: Vec<(Vec<Spot>, Vec<Spot>)>,
    /// How one comes about.
    pub maker: Maker,
}

/// A fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Its name in the pack; for a hidden key the column it was found in.
    pub name: String,
    /// Where its value comes from.
    pub origin: Origin,
    /// Whether the API can change it.
    pub changes: bool,
}

/// Where the value of a fact comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// A client sends it.
    Sent,
    /// The service takes it from a fact of something referred to when the thing is made.
    Snapshot {
        /// The way to that thing, by the numbers of references.
        path: Vec<usize>,
        /// The number of the fact there.
        fact: usize,
    },
    /// The service made it up to tell things apart, and the API does not show it.
    Hidden,
}

/// A reference to another thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What it is called.
    pub role: String,
    /// The number of the kind referred to.
    pub kind: usize,
}

/// A part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// The fact with this number.
    Fact(usize),
    /// The reference with this number.
    Ref(usize),
}

/// How a thing comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// By a call of its own.
    Call,
    /// With a thing of this kind, by the same call.
    Part {
        /// The number of the kind.
        of: usize,
        /// The number of its own reference to the whole; none when it is the whole that refers to it.
        up: Option<usize>,
    },
    /// The pack does not say how: none is planted.
    Nobody,
}

/// Something seen from a thing of some kind: a way along references, and what stands at its end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Spot {
    /// The numbers of the references to follow.
    pub path: Vec<usize>,
    /// What is there.
    pub what: What,
}

/// What may stand at the end of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// The thing itself: its key.
    Itself,
    /// The fact with this number.
    Fact(usize),
}

/// Sets that have nothing to do with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// The kind that has them.
    pub of: usize,
    /// The kinds of the sets, and for each the number of its reference to `of`.
    pub sets: Vec<(usize, usize)>,
}

/// A copy that is honest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Honest {
    /// The kind in whose rows it stands.
    pub holder: usize,
    /// The kind whose fact it is.
    pub kind: usize,
    /// The fact that is copied; none for the key.
    pub fact: Option<usize>,
    /// How the copy behaves when the original changes.
    pub policy: CopyPolicy,
}

impl Domain {
    /// The number of the kind with this name.
    pub fn kind(&self, name: &str) -> Option<usize> {
        self.kinds.iter().position(|k| k.name == name)
    }

    /// Whether rows about a `holder` may keep a copy of this fact.
    pub fn may_copy(&self, holder: usize, kind: usize, what: What) -> bool {
        let fact = match what {
            What::Itself => None,
            What::Fact(n) => Some(n),
        };
        let fits = |h: &&Honest| h.holder == holder && h.kind == kind && h.fact == fact;
        self.copies
            .iter()
            .find(fits)
            .is_some_and(|h| h.policy != CopyPolicy::Live)
    }

    /// Kinds such that each stands after those it refers to; what refers to itself stands anywhere.
    pub fn order(&self) -> Vec<usize> {
        fn visit(domain: &Domain, kind: usize, open: &mut Vec<usize>, order: &mut Vec<usize>) {
            if open.contains(&kind) || order.contains(&kind) {
                return;
            }
            open.push(kind);
            for reference in &domain.kinds[kind].refs {
                visit(domain, reference.kind, open, order);
            }
            open.pop();
            order.push(kind);
        }
        let mut order = Vec::new();
        for kind in 0..self.kinds.len() {
            visit(self, kind, &mut Vec::new(), &mut order);
        }
        order
    }
}

impl Kind {
    /// The number of the fact with this name.
    pub fn fact(&self, name: &str) -> Option<usize> {
        self.facts.iter().position(|f| f.name == name)
    }

    /// The number of the reference with this role.
    pub fn reference(&self, role: &str) -> Option<usize> {
        self.refs.iter().position(|r| r.role == role)
    }
}
