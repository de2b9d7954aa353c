//! Packs from disk: what the format can carry, and what it refuses.

mod bad;
mod carries;
mod cli;
mod curriculum;
mod draft;
mod examples;
mod lists;
mod samples;

use std::path::PathBuf;

use grader::pack::{Contract, Operation, Pack, PackSource};

/// A contract of these tests.
fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/pack/contracts")
        .join(name)
}

/// The pack in one of the folders; it must load.
pub(crate) fn load(name: &str) -> Pack {
    match Pack::load(&PackSource::folder(folder(name)), None) {
        Ok(pack) => pack,
        Err(problems) => panic!("{problems}"),
    }
}

/// Every contract of these tests, by folder.
pub(crate) fn all() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// An operation that must be there.
fn op<'c>(contract: &'c Contract, id: &str) -> &'c Operation {
    contract
        .op(id)
        .unwrap_or_else(|| panic!("no operation {id}"))
}
