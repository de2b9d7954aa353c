//! What a list promises beyond its pages: an order, filters, sorts.

use super::{Entity, OpId, Pack};

/// What the list that an operation gives promises.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListRules {
    /// The entity whose things it shows.
    pub entity: String,
    /// The order in which it shows them when nobody asks for one; empty where none is promised.
    pub order: Vec<By>,
    /// Query parameters that leave things out.
    pub filters: Vec<Filter>,
    /// What can be asked for to have another order.
    pub sorts: Vec<Sort>,
    /// Whether a cursor that the service did not write must be refused.
    pub own_cursors: bool,
}

/// A fact to order by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The fact's name.
    pub fact: String,
    /// Whether the greatest comes first.
    pub falling: bool,
}

/// A query parameter that leaves things out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The parameter's name.
    pub param: String,
    /// What it looks at.
    pub on: On,
    /// What it keeps.
    pub keeps: Keeps,
}

/// What a filter looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// The fact of this name.
    Fact(String),
    /// The key of the parent of this name.
    Parent(String),
}

/// Which things a filter keeps, by what it looks at and the value that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// Equal to it.
    Equal,
    /// Somehow like it; equal at least. Nobody says whether case counts, or whether a part is enough.
    Like,
    /// From it on, itself included.
    From,
    /// After it, without itself.
    After,
    /// Before it, without itself.
    Before,
    /// Up to it, itself included.
    Until,
}

impl Keeps {
    /// Whether it is one end of a range.
    pub fn is_bound(self) -> bool {
        !matches!(self, Self::Equal | Self::Like)
    }
}

/// An order that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// The parameters and their values.
    pub query: Vec<(String, String)>,
    /// What it orders by.
    pub by: By,
}

impl Pack {
    /// What the list of an entity's things promises.
    pub fn list_rules(&self, entity: &Entity) -> Option<&ListRules> {
        let op: &OpId = &entity.list.as_ref()?.op;
        self.lists.get(op).filter(|l| l.entity == entity.name)
    }
}
