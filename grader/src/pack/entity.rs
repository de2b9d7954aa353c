//! What exists: how one is made, by what it is known, which facts are about it.

use indexmap::IndexMap;
use serde_json::Value;

use super::{OpId, Place};

/// A kind of thing the service keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// Its name in the pack.
    pub name: String,
    /// Makes one. An entity has this or [`Entity::made_by`].
    pub create: Option<Call>,
    /// Comes about as a part of something else.
    pub made_by: Option<MadeBy>,
    /// Gives one by its key.
    pub read: Option<Call>,
    /// Gives many.
    pub list: Option<Call>,
    /// Changes one.
    pub update: Option<Update>,
    /// Removes one.
    pub delete: Option<Call>,
    /// By what one is known.
    pub key: Key,
    /// What one belongs to, by the parent entity's name.
    pub parents: IndexMap<String, Parent>,
    /// Whose it is.
    pub owner: Option<Owner>,
    /// Only its owner may see it.
    pub private: bool,
    /// What is said about one, by name.
    pub facts: IndexMap<String, Fact>,
    /// Values that must never be readable anywhere (`password`), by name, and where they are sent.
    pub secret: IndexMap<String, Place>,
    /// Sets of facts and parents that no two share.
    pub unique: Vec<Vec<String>>,
    /// How one is found again when it has no read of its own, or none that takes what we know.
    pub find: Option<Find>,
}

/// A call of an operation and what its path parameters stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The operation.
    pub op: OpId,
    /// What each path parameter takes.
    pub bind: IndexMap<String, Bound>,
}

/// What a path parameter stands for, seen from the entity whose call it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// The entity's own key.
    Key,
    /// The key of a parent, by the way up: `["ticket_type", "event"]` is the event of the ticket type.
    Up(Vec<String>),
    /// A fact, by its name.
    Fact(String),
    /// Nothing the pack knows; the schema alone says what may stand here.
    Free,
}

/// The thing is made when something else is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeBy {
    /// The operation.
    pub op: OpId,
    /// Where in its body the thing stands; `*` when there may be many. Other places of the entity are seen from here.
    pub at: Place,
    /// Where in the reply it stands again, if the reply shows it.
    pub reply_at: Option<Place>,
}

/// An operation that changes a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The call.
    pub call: Call,
    /// What becomes of what is not sent.
    pub manner: Manner,
}

/// What an update does to facts that are not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manner {
    /// They stay (PATCH).
    Merge,
    /// The whole is sent (PUT).
    Replace,
}

/// By what a thing is known. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// One part, or several that identify together.
    pub parts: Vec<KeyPart>,
    /// Where the read's reply shows it again, when it is one value.
    pub read: Option<Place>,
    /// Where an item of the list shows it, seen from the item.
    pub listed: Option<Place>,
}

/// A part of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPart {
    /// A value in the reply to the create (for a made thing: seen from its own place).
    Place(Place),
    /// The parent of this name.
    Parent(String),
    /// The fact of this name.
    Fact(String),
}

/// What a thing belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The parent's entity; mostly the same as the name under which it is kept.
    pub entity: String,
    /// Where the create takes the parent's key: body, `path:` or `query:`; `@` for the thing being made.
    pub at: Place,
    /// Where replies show the parent's key, seen from the envelope, if they do.
    pub reply: Option<Place>,
    /// Whether one can be made without it.
    pub required: bool,
    /// Whether it must belong to whoever makes one.
    pub own: bool,
}

/// Whose a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Whoever made the call; stands in no request body.
    Caller,
}

/// One thing the domain knows about an entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Its name in the pack.
    pub name: String,
    /// Where the create takes it (for a made thing: seen from [`MadeBy::at`]); `None` when the service sets it.
    pub send: Option<Place>,
    /// Where the reply to the create shows it (for a made thing: seen from [`MadeBy::reply_at`]).
    pub created: Option<Place>,
    /// Where the update takes it; `None` when it cannot be changed.
    pub change: Option<Place>,
    /// Where the read's reply shows it; without a read, the same as [`Fact::created`].
    pub reply: Option<Place>,
    /// Where one item of the list shows it, seen from the item.
    pub listed: Option<Place>,
    /// What it may be, as a JSON Schema with `$ref`s into the contract: the sent one where there is one, else the replied.
    pub schema: Value,
    /// Whether a create without it is wrong.
    pub required: bool,
}

/// A way to find a thing by facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// The operation.
    pub op: OpId,
    /// Where the operation takes each fact.
    pub by: IndexMap<String, Place>,
    /// Where in the reply the thing's key for other operations is.
    pub key: Place,
}

impl Entity {
    /// The operation that brings one about: its own create, or that of which it is a part.
    pub fn maker(&self) -> Option<&OpId> {
        match (&self.create, &self.made_by) {
            (Some(call), _) => Some(&call.op),
            (None, Some(made)) => Some(&made.op),
            (None, None) => None,
        }
    }

    /// The fact that is the key, when the key is a natural one that is known before the thing is made.
    pub fn natural_key(&self) -> Option<&Fact> {
        let [part] = self.key.parts.as_slice() else {
            return None;
        };
        match part {
            KeyPart::Fact(name) => self.facts.get(name),
            KeyPart::Place(place) => self
                .facts
                .values()
                .find(|f| f.send.is_some() && f.reply.as_ref() == Some(place)),
            KeyPart::Parent(_) => None,
        }
    }

    /// Where the key is in the reply to the create, when it is one value.
    pub fn key_place(&self) -> Option<&Place> {
        match self.key.parts.as_slice() {
            [KeyPart::Place(place)] => Some(place),
            _ => None,
        }
    }

    /// Facts a caller can send when making one.
    pub fn sent(&self) -> impl Iterator<Item = &Fact> {
        self.facts.values().filter(|f| f.send.is_some())
    }

    /// Facts a caller can change afterwards.
    pub fn changeable(&self) -> impl Iterator<Item = &Fact> {
        self.facts.values().filter(|f| f.change.is_some())
    }
}
