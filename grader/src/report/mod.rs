//! Outputs: one file a format, each a pure function of the [`Report`](crate::model::Report).
//!
//! Nobody escapes earlier: a renderer gets a learner's text as it was seen and escapes it for its own
//! medium.

mod evidence;
mod format;
pub mod json;
pub mod junit;
pub mod markdown;
#[cfg(test)]
mod sample;
mod style;
pub mod terminal;
mod text;
mod write;

pub use format::{Format, Target};
pub use style::{Ink, Style};
pub use text::visible;
pub use write::write_atomically;
