//! The real program, from its command line to its exit code.

mod attached;
mod attempts;
mod bench;
mod boots;
mod containers;
mod contracts;
mod disk;
mod doors;
mod ended;
mod ends;
mod engine;
mod hostile;
mod kept;
mod machine;
mod new;
mod other;
mod packs;
mod partial;
mod pipes;
mod reports;
mod rude;
mod runs;
mod service;
mod signed;
mod usage;
