//! The runtimes, against services small enough to read.

mod bench;
mod boot;
mod build;
mod ends;
mod folder;
mod ports;
mod stores;
