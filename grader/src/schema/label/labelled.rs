//! A table as it is known after labelling.

use super::lists::{Eav, Group, List};
use super::spell::Spelling;
use crate::schema::theory::Set;

/// A table with what is known of its columns.
#[derive(Debug, Clone, Default)]
pub struct Labelled {
    /// The number of the table.
    pub table: usize,
    /// Which of its rows, when it holds several kinds of things: the numbers of the rows. Else all.
    pub part: Option<Vec<usize>>,
    /// The number of the view it is seen in; none when nothing in it was planted.
    pub view: Option<usize>,
    /// The columns that hold a fact.
    pub labels: Vec<Label>,
    /// Columns with values that we planted, of which it is not clear what they hold.
    pub unclear: Vec<String>,
    /// Cells that hold several values.
    pub lists: Vec<List>,
    /// Columns side by side that hold values of one set.
    pub groups: Vec<Group>,
    /// Columns that hold a fact's name and its value.
    pub eav: Option<Eav>,
    /// By row: the rows of the view that it may be; none for rows that hold nothing of ours.
    pub rows: Vec<Vec<usize>>,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The column, or a member of the documents in it (`data.city`).
    pub name: String,
    /// The number of the table's column.
    pub column: usize,
    /// The attribute of the view.
    pub attribute: usize,
    /// How it is written.
    pub spelling: Spelling,
    /// Whether some rows hold what the fact was before it was changed.
    pub aged: bool,
    /// The values, by row of the table.
    pub cells: Vec<Option<String>>,
}

impl Labelled {
    /// The attributes its columns hold.
    pub fn attributes(&self) -> Set {
        self.labels.iter().map(|l| l.attribute).collect()
    }

    /// The first column that holds an attribute.
    pub fn column(&self, attribute: usize) -> Option<&Label> {
        self.labels.iter().find(|l| l.attribute == attribute)
    }
}
