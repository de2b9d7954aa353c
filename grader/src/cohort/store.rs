//! The folder a cohort's results are kept in.
//!
//! ```text
//! OUT/cohort.json                what it is the folder of
//! OUT/reports/<name>.json        the report of one submission
//! OUT/reports/<name>.html        the same for a browser
//! OUT/reports/<name>.key.json    what it was graded with, written last: without it the report does not count
//! OUT/work/                      archives being graded; empty between runs
//! ```

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::name::stem;
use super::row::{ROW, Row};
use crate::model::{Doing, Fault, Report};
use crate::report::{Format, write_atomically};

/// The name and version of [`Contents`].
const COHORT: &str = "grader/cohort/v1";
const REPORTS: &str = "reports";
const WORK: &str = "work";
const CONTENTS: &str = "cohort.json";

/// Whose results a folder holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    schema: String,
    /// Names of submissions with their ids, sorted.
    pub submissions: Vec<(String, String)>,
}

/// An open folder of results, locked for as long as this lives.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    _lock: File,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreProblem {
    /// The user can do something about it.
    #[error("{0}")]
    Usage(String),
    /// It is ours.
    #[error(transparent)]
    Ours(#[from] Fault),
}

impl Store {
    /// Opens the folder to write to, and makes it where there is none. What an earlier run left half unpacked goes.
    ///
    /// # Errors
    /// When another batch is at work in it, or it cannot be written to.
    pub fn open(folder: &Path) -> Result<Self, StoreProblem> {
        let unusable = |error: std::io::Error| {
            StoreProblem::Usage(format!(
                "cannot write to {}: {error}\n  try: name a folder that you may write to",
                folder.display()
            ))
        };
        fs::create_dir_all(folder).map_err(unusable)?;
        let lock = locked(folder, false)?;
        let work = folder.join(WORK);
        if work.exists() {
            fs::remove_dir_all(&work).doing(format!("clearing {}", work.display()))?;
        }
        fs::create_dir_all(folder.join(REPORTS)).map_err(unusable)?;
        fs::create_dir_all(work).map_err(unusable)?;
        Ok(Self {
            folder: folder.to_owned(),
            _lock: lock,
        })
    }

    /// Opens a folder of results to read from.
    ///
    /// # Errors
    /// When it is none, or a batch is at work in it.
    pub fn read(folder: &Path) -> Result<(Self, Contents), StoreProblem> {
        let not_ours = |why: &str| {
            StoreProblem::Usage(format!(
                "{} holds no results of `grader batch`: {why}\n  try: name the folder given to it as --out",
                folder.display()
            ))
        };
        let text = fs::read_to_string(folder.join(CONTENTS));
        let text = text.map_err(|error| not_ours(&error.to_string()))?;
        let contents: Contents =
            serde_json::from_str(&text).map_err(|error| not_ours(&error.to_string()))?;
        if contents.schema != COHORT {
            return Err(not_ours("another version wrote it"));
        }
        let store = Self {
            folder: folder.to_owned(),
            _lock: locked(folder, true)?,
        };
        Ok((store, contents))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Says whose results belong here.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn holds(&self, submissions: Vec<(String, String)>) -> Result<(), Fault> {
        let contents = Contents {
            schema: COHORT.to_owned(),
            submissions,
        };
        let text =
            serde_json::to_string_pretty(&contents).doing("writing the cohort's contents")?;
        write_atomically(&self.folder.join(CONTENTS), (text + "\n").as_bytes())
    }

    /// What is kept of a submission; none where nothing is, or nothing that this version understands.
    pub fn row(&self, name: &str) -> Option<Row> {
        let text = fs::read_to_string(self.file(name, "key.json")).ok()?;
        let row: Row = serde_json::from_str(&text).ok()?;
        let whole = row.graded().is_none() || self.file(name, "json").is_file();
        (row.schema == ROW && row.name == name && whole).then_some(row)
    }

    /// The report of a submission.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn report(&self, name: &str) -> Result<Report, Fault> {
        let path = self.file(name, "json");
        let doing = || format!("reading {}", path.display());
        let text = fs::read(&path).doing(doing())?;
        serde_json::from_slice(&text).doing(doing())
    }

    /// Keeps what came of a submission. The row goes first and comes last: whatever happens in between, it never
    /// stands beside another report than its own.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn keep(&self, row: &Row, report: Option<&Report>) -> Result<(), Fault> {
        self.forget(&row.name, &["key.json"])?;
        match report {
            Some(report) => {
                for format in [Format::Json, Format::Html] {
                    let path = self.file(&row.name, format.as_str());
                    write_atomically(&path, format.render(report)?.as_bytes())?;
                }
            }
            None => self.forget(&row.name, &["json", "html"])?,
        }
        self.note(row)
    }

    /// Writes the row alone; its report stays.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn note(&self, row: &Row) -> Result<(), Fault> {
        let text = serde_json::to_string(row).doing("writing what a submission was graded with")?;
        write_atomically(&self.file(&row.name, "key.json"), (text + "\n").as_bytes())
    }

    fn forget(&self, name: &str, ends: &[&str]) -> Result<(), Fault> {
        for end in ends {
            let path = self.file(name, end);
            match fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Fault::new(format!("removing {}", path.display()), e));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// An empty folder for the length of one grading.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn desk(&self) -> Result<TempDir, Fault> {
        let work = self.folder.join(WORK);
        tempfile::tempdir_in(&work).doing(format!("making a folder in {}", work.display()))
    }

    fn file(&self, name: &str, end: &str) -> PathBuf {
        self.folder.join(link(name, end))
    }
}

/// A submission's file relative to the folder of results.
pub fn link(name: &str, end: &str) -> String {
    format!("{REPORTS}/{}.{end}", stem(name))
}

/// The folder itself is the lock; the kernel lets go of it when its holder ends, however it ends.
fn locked(folder: &Path, shared: bool) -> Result<File, StoreProblem> {
    let lock = File::open(folder).doing(format!("opening {}", folder.display()))?;
    let taken = if shared {
        lock.try_lock_shared()
    } else {
        lock.try_lock()
    };
    match taken {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreProblem::Usage(format!(
            "another `grader batch` is at work in {}\n  try: wait for its end, or name another folder",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => {
            Err(Fault::new(format!("locking {}", folder.display()), error).into())
        }
    }
}
