//! Reading a learner's tables as the observer, and writing as the service's own role.

mod churn;
mod copy;
mod editor;
mod find;
mod observer;

pub use editor::{Editor, Ran, SqlError};
pub use find::{Hit, Token};
pub use observer::{Observer, Rows};
