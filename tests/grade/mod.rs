//! The real program, from its command line to its exit code.

mod bench;
mod boots;
mod ends;
mod machine;
mod other;
mod packs;
mod part;
mod pipes;
mod reports;
mod rude;
mod running;
mod runs;
mod service;
mod usage;
