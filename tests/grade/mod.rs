//! The real program, from its command line to its exit code.

mod attached;
mod attempts;
pub(crate) mod bench;
mod boots;
mod containers;
mod contracts;
mod disk;
mod doors;
pub(crate) mod ended;
mod ends;
mod engine;
mod hostile;
mod kept;
mod machine;
mod new;
mod other;
mod packs;
mod pipes;
mod reports;
mod rude;
mod runs;
pub(crate) mod service;
mod usage;
