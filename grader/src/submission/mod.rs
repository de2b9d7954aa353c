//! What the learner handed in: a folder, read and never changed.

mod problem;

use std::path::{Path, PathBuf};

pub use problem::SubmissionProblem;

/// A folder with a backend service.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The folder, absolute and without symlinks.
    pub root: PathBuf,
    /// The folder's own name.
    pub name: String,
    /// SHA-256 over its files, hex.
    pub digest: String,
    /// The commit checked out, if it is a Git checkout.
    pub commit: Option<String>,
}

impl Submission {
    /// Reads the folder.
    ///
    /// # Errors
    /// A clear message: what is wrong with the folder, where, and what to do.
    pub fn open(dir: &Path) -> Result<Self, SubmissionProblem> {
        let _ = dir;
        Err(SubmissionProblem {
            what: String::new(),
            cure: String::new(),
        })
    }
}
