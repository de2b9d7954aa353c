//! Where builds are kept: claimed by one builder, shared by many runs, the oldest removed.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::build::blocking;
use super::venv;
use crate::model::Fault;
use crate::runtime::machine::cache::{Cache, disk};
use crate::runtime::machine::lock::{self, Held};
use crate::runtime::machine::packages::PLACES;
use crate::runtime::machine::shut;

/// Says that the build is whole, and used just now: the oldest are removed first.
pub(crate) fn mark(ready: &Path) -> Result<(), Fault> {
    std::fs::write(ready, "").map_err(|error| disk("keeping the build", ready, &error))
}

/// What a build finds when it comes to its place.
pub(crate) enum Claim {
    /// It is built, and stays so while the share is held.
    Ready(Held),
    /// Nobody has built it; nobody else does while the lock is held.
    Ours(Held),
}

/// Claims the place. Runs hold a share for as long as they last, so nobody may wait to have it alone: who finds
/// it neither built nor free waits for the builder by asking for a share again.
pub(crate) async fn claim(place: &Path) -> Result<Claim, Fault> {
    let (gate, ready) = (place.with_extension("lock"), place.join("ready"));
    blocking(move || {
        loop {
            let share = lock::share(&gate)?;
            if ready.is_file() {
                return Ok(Claim::Ready(share));
            }
            drop(share);
            if let Some(held) = lock::take(&gate)?
                && !ready.is_file()
            {
                return Ok(Claim::Ours(held));
            }
        }
    })
    .await
}

/// Folders of the cache and how many places each keeps: a build is some tens of megabytes, as is a virtual
/// environment, a `target` of Cargo's some hundreds, a submission's package caches some tens.
const KEPT: [(&str, usize); 4] = [
    ("builds", 100),
    ("cargo-target", 6),
    (venv::PLACES, 50),
    (PLACES, 50),
];
/// How long after its last use a place is kept at most.
const AGE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Removes the places beyond the newest, and those long unused; never one in use. Blocks.
pub(crate) fn prune(cache: &Cache) -> Result<(), Fault> {
    let oldest = SystemTime::now()
        .checked_sub(AGE)
        .unwrap_or(SystemTime::UNIX_EPOCH);
    for (folder, keep) in KEPT {
        let places = cache.folder(folder)?;
        let entries =
            std::fs::read_dir(&places).map_err(|e| Fault::new("looking for old builds", e))?;
        let mut found: Vec<(SystemTime, PathBuf)> = (entries.flatten().map(|entry| entry.path()))
            .filter(|path| path.is_dir())
            .map(|path| (used(&path), path))
            .collect();
        found.sort_by(|a, b| b.cmp(a));
        let old = found
            .into_iter()
            .enumerate()
            .filter(|(n, (at, _))| *n >= keep || *at < oldest);
        for (_, (_, place)) in old {
            if let Some(_held) = lock::take(&place.with_extension("lock"))? {
                shut::remove(&place)?;
            }
        }
    }
    Ok(())
}

/// When a build was last used; a half-made one was never.
fn used(place: &Path) -> SystemTime {
    let time = std::fs::metadata(place.join("ready")).and_then(|about| about.modified());
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}
