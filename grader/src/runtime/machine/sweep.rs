//! Run folders: one a run, held by a lock for as long as the grader lives; and the clearing up after those that
//! did not end well.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::cache::{Cache, make};
use super::lock::{self, Held};
use super::shut::remove;
use super::strays::{self, Kin};
use super::user::RunAs;
use crate::model::Fault;

/// How long a folder left behind with `--keep` stays.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long the processes of a dead run may take to vanish.
const PATIENCE: Duration = Duration::from_secs(2);

/// A run's own folder. The lock in it says that its grader lives.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) folder: PathBuf,
    _lock: Held,
}

impl Run {
    /// Clears up after dead runs, then begins a new one. Blocks.
    pub(crate) fn begin(cache: &Cache, run_as: &RunAs) -> Result<Self, Fault> {
        let runs = cache.folder("runs")?;
        sweep(&runs)?;
        // Nobody sweeps between the making of the folder and its lock.
        let _gate = lock::wait(&runs.join(".gate"))?;
        let id = format!("r{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let folder = runs.join(&id);
        make(&folder)?;
        let lock = lock::wait(&folder.join("lock"))?;
        let home = folder.join("home");
        make(&home)?;
        run_as.own(&home)?;
        Ok(Self {
            id,
            folder,
            _lock: lock,
        })
    }

    /// The home of the build and the service: empty, and theirs.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// Marks the folder as one to leave behind for a look.
    pub(crate) fn keep(&self) -> Result<(), Fault> {
        let path = self.folder.join("kept");
        std::fs::write(&path, "")
            .map_err(|e| super::cache::disk("keeping the run folder", &path, &e))
    }

    /// Ends what is left of the run's processes and, unless it is kept, removes the folder. Blocks.
    pub(crate) fn end(&self, limit: Duration) -> Result<(), Fault> {
        clear(&self.id, &self.folder, limit)
    }
}

/// Clears up after every run whose grader is gone.
pub(crate) fn sweep(runs: &Path) -> Result<(), Fault> {
    for (id, folder, _lock) in abandoned(runs)? {
        // A leftover that cannot be cleared, another user's say, must not stop this run.
        clear(&id, &folder, PATIENCE).ok();
    }
    Ok(())
}

/// The runs nobody holds, each with its lock, so that two graders do not clear the same one.
fn abandoned(runs: &Path) -> Result<Vec<(String, PathBuf, Held)>, Fault> {
    let _gate = lock::wait(&runs.join(".gate"))?;
    let entries = std::fs::read_dir(runs).map_err(|e| Fault::new("looking for dead runs", e))?;
    let mut found = Vec::new();
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        if let Ok(Some(held)) = lock::take(&entry.path().join("lock")) {
            found.push((
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
                held,
            ));
        }
    }
    Ok(found)
}

fn clear(id: &str, folder: &Path, limit: Duration) -> Result<(), Fault> {
    let (_, left) = strays::end(
        &Kin {
            mark: id.into(),
            group: None,
            folder: Some(folder.into()),
        },
        limit,
    );
    if !left.is_empty() {
        return Err(Fault::new(
            "ending the run's processes",
            format!("{left:?} would not end"),
        ));
    }
    match fresh(&folder.join("kept")) {
        true => Ok(()),
        false => remove(folder),
    }
}

fn fresh(mark: &Path) -> bool {
    let age = std::fs::metadata(mark)
        .and_then(|m| m.modified())
        .map(|at| SystemTime::now().duration_since(at));
    age.is_ok_and(|age| age.unwrap_or_default() < KEPT)
}
