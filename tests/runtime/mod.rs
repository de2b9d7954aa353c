//! The runtimes, against services small enough to read.

mod apart;
mod attach;
pub(crate) mod bench;
mod boot;
mod build;
mod doctor;
mod doors;
mod ends;
mod folder;
mod otherwise;
mod ports;
mod stores;
