//! A learner's tables as they were understood: what each column holds, what refers to what, what stands twice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The tables of a submission.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Picture {
    /// By schema and name. The tables of migration tools are left out.
    pub tables: Vec<DrawnTable>,
    /// What would cure what is wrong, worst first.
    pub cures: Vec<Cure>,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DrawnTable {
    /// `schema.table`.
    pub name: String,
    /// The entities and links whose things its rows are; none where nothing in it was planted.
    pub about: Vec<String>,
    /// Whether a request that only reads looks at it.
    pub read: bool,
    /// Rows that were there when it was read.
    pub rows: usize,
    /// Its columns in order.
    pub columns: Vec<DrawnColumn>,
    /// The columns of its primary key.
    pub primary_key: Vec<String>,
    /// The columns of each unique constraint and index over all rows.
    pub uniques: Vec<Vec<String>>,
    /// Its foreign keys.
    pub references: Vec<DrawnReference>,
}

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DrawnColumn {
    /// Its name.
    pub name: String,
    /// Its type as SQL spells it.
    pub type_name: String,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// What it holds, in the domain's words: `venue.city`, `the venue of event`. Several where it holds a document.
    pub holds: Vec<String>,
    /// The entity that what it holds is about.
    pub entity: Option<String>,
    /// `copy` where it repeats what stands elsewhere, `list` where one cell holds several values, `honest` where a
    /// copy is one that nobody need be sorry for; none for what stands where it belongs.
    pub mark: Option<String>,
}

/// A foreign key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DrawnReference {
    /// The referring columns.
    pub columns: Vec<String>,
    /// `schema.table`.
    pub table: String,
    /// The columns referred to.
    pub referenced: Vec<String>,
}

/// What would cure one flaw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cure {
    /// The table that has the flaw.
    pub table: String,
    /// What is wrong with it, in the domain's words.
    pub says: String,
    /// The tables to have instead.
    pub instead: Vec<Wanted>,
}

/// A table to have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wanted {
    /// The table that holds it already; none for a new one.
    pub exists: Option<String>,
    /// What it would hold.
    pub facts: Vec<String>,
}
