//! The real program, from its command line to its exit code.

mod attached;
mod attempts;
mod bench;
mod boots;
mod browser;
mod containers;
mod contracts;
mod disk;
mod doors;
mod ended;
mod ends;
mod engine;
mod golden;
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
mod service;
mod talks;
mod usage;
