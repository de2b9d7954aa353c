//! The command line: one file a verb.

pub mod checks;
pub mod display;
pub mod explain;
mod look;

pub use look::{Look, print};
