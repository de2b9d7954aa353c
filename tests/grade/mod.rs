//! The real program, from its command line to its exit code.

mod bench;
mod boots;
mod containers;
mod ended;
mod ends;
mod hostile;
mod kept;
mod machine;
mod other;
mod packs;
mod pipes;
mod reports;
mod rude;
mod runs;
mod service;
mod usage;
