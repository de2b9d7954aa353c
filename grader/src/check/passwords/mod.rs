//! What a service keeps of a password: found by how it changes, known by its format, or made again.
//!
//! | word | what it is |
//! |---|---|
//! | [`spellings`] | a secret as it may be written down |
//! | [`kept`], [`Cell`] | the cells that change with a password and with nothing else |
//! | [`recognise`] | what a value says of itself: the function and its cost |
//! | [`quick`], [`slow`], [`decrypted`] | the value made again from the password that was planted |

mod cells;
mod cipher;
mod format;
mod recipe;
mod slow;
mod spelling;
mod sweep;
mod targets;

pub(crate) use cells::{Cell, Kept, change, changed, kept, secrets, written};
pub(crate) use cipher::decrypted;
pub(crate) use format::{Format, Grade, recognise};
pub(crate) use recipe::{Salt, quick, quick_with_many};
pub(crate) use slow::slow;
pub(crate) use spelling::{Spelling, begins, spellings, token_spellings};
pub(crate) use sweep::{Found, Secret, Sweep, veiled};
pub(crate) use targets::{Targets, texts};
