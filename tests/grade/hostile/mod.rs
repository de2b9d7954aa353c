//! Containers that attack (`fixtures/hostile/containers`), graded by the real program beside others,
//! as on a machine that grades a class.

mod bombs;
mod sealed;

use std::path::PathBuf;

use super::bench::root;

/// The folder of one of them.
fn container(name: &str) -> PathBuf {
    root().join("fixtures/hostile/containers").join(name)
}
