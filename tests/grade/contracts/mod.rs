//! Contracts in the manner of public APIs, each with a service that implements it: drafted, mended by a few lines,
//! and graded.

mod drafts;
mod graded;

use std::path::PathBuf;

use crate::grade::bench::root;

/// The contracts: folders that are packs as well.
const ALL: [&str; 3] = ["gazette", "storeroom", "boathouse"];

/// The folder of a contract, its finished pack and its service.
fn folder(contract: &str) -> PathBuf {
    root().join("fixtures/contracts").join(contract)
}
