//! What a service keeps of a password: found by how it changes, known by its format, or made again.
//!
//! | word | what it is |
//! |---|---|
//! | [`spellings`] | a secret as it may be written down |
//! | [`kept`], [`Cell`] | the cells that change with a password and with nothing else |
//! | [`recognise`] | what a value says of itself: the function and its cost |
//! | [`known`] | the value made again from the password that was planted, by a quick function, a slow one, a cipher |
//! | [`Again`] | what is known by how the value changes alone |

mod again;
mod cells;
mod cipher;
mod format;
mod recipe;
mod search;
mod seen;
mod slow;
mod spelling;
mod sweep;
mod targets;

pub(crate) use again::Again;
pub(crate) use cells::{Cell, Kept, change, changed, kept, written};
pub(crate) use format::{Format, Grade};
pub(crate) use search::{Known, at_once, in_time, known};
pub(crate) use seen::Seen;
pub(crate) use spelling::{Spelling, begins, spellings, token_spellings};
pub(crate) use sweep::{Found, Secret, Sweep, veiled};
pub(crate) use targets::texts;
