//! Replies that are lists, and how the next part of one is had.

use crate::pack::Place;

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
