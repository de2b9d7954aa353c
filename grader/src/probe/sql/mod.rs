//! Reading a learner's tables as the observer, and writing as the service's own role.

mod churn;
mod copies;
mod copy;
mod editor;
mod explain;
mod find;
mod observer;

pub use copies::{Copies, Filled};
pub use editor::{Editor, Ran, SqlError};
pub use explain::Best;
pub use find::{Hit, Token};
pub use observer::{Observer, Rows};
