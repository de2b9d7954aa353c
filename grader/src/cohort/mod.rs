//! Many submissions: bounded workers, shards, resume, merge; the gradebook and the page of a cohort.
//!
//! A batch grades each submission in a process of its own and keeps its report and a [`Row`] beside it. Everything else
//! is a pure function of the rows.

mod archive;
mod asked;
mod batch;
mod child;
mod find;
mod gradebook;
mod merge;
mod name;
mod page;
mod prepare;
mod roster;
mod row;
mod store;

pub use asked::Asked;
pub use batch::{Batch, Event};
pub use find::{Form, Found, Handed, find};
pub use gradebook::render as gradebook;
pub use merge::merge;
pub use name::Shard;
pub use page::render as page;
pub use prepare::Packs;
pub use roster::Roster;
pub use row::{Attempts, Graded, Key, Outcome, Row, Tier};
pub use store::{Contents, Store, StoreProblem, link};
