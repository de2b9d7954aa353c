//! What is wrong with a folder that was handed in.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Submission;

/// Why a folder cannot be graded. Exit 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}\n  try: {cure}")]
pub struct SubmissionProblem {
    /// What is wrong, and where: one sentence.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}

impl SubmissionProblem {
    pub(crate) fn new(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            cure: cure.into(),
        }
    }

    /// Something in the folder cannot be read.
    pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self::new(
            format!("cannot read {}: {error}", path.display()),
            "make the file readable for the user who runs the grader, or take it out of the folder",
        )
    }
}

/// The folder as an absolute path, or why it is none.
pub(super) fn folder(dir: &Path) -> Result<PathBuf, SubmissionProblem> {
    let root = dir.canonicalize().map_err(|error| match error.kind() {
        ErrorKind::NotFound => missing(dir),
        ErrorKind::NotADirectory => not_a_folder(dir),
        _ => SubmissionProblem::unreadable(dir, &error),
    })?;
    if !root.is_dir() {
        return Err(not_a_folder(dir));
    }
    match std::fs::read_dir(&root) {
        Err(error) => Err(SubmissionProblem::unreadable(dir, &error)),
        Ok(_) => Ok(root),
    }
}

fn missing(dir: &Path) -> SubmissionProblem {
    let what = format!("no such folder: {}", dir.display());
    let cure = match sibling(dir) {
        Some(near) => format!("did you mean {}?", near.display()),
        None => "name the folder that holds the service, for example `grader grade .`".into(),
    };
    SubmissionProblem::new(what, cure)
}

/// The folder beside the missing one whose name is most like it.
fn sibling(dir: &Path) -> Option<PathBuf> {
    let wanted = dir.file_name()?.to_string_lossy().to_lowercase();
    let parent = dir.parent()?;
    let here = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let names = std::fs::read_dir(here).ok()?.filter_map(Result::ok);
    (names
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name()))
    .map(|name| {
        (
            strsim::jaro_winkler(&wanted, &name.to_string_lossy().to_lowercase()),
            name,
        )
    })
    .filter(|(likeness, _)| *likeness > 0.85)
    .max_by(|a, b| a.0.total_cmp(&b.0))
    .map(|(_, name)| parent.join(name))
}

fn not_a_folder(path: &Path) -> SubmissionProblem {
    let name = path.to_string_lossy().to_lowercase();
    let archive = [".zip", ".tar", ".tgz", ".gz", ".xz", ".7z"]
        .iter()
        .any(|e| name.ends_with(e));
    let cure = match (
        archive,
        path.parent()
            .filter(|p| path.is_file() && !p.as_os_str().is_empty()),
    ) {
        (true, _) => "unpack the archive and name the folder".into(),
        (false, Some(parent)) => format!("name the folder, perhaps {}", parent.display()),
        (false, None) => "name the folder that holds the service".into(),
    };
    SubmissionProblem::new(format!("{} is not a folder", path.display()), cure)
}

pub(super) fn empty(dir: &Path) -> SubmissionProblem {
    SubmissionProblem::new(
        format!("{} holds no files to grade", dir.display()),
        "name the folder that holds the service",
    )
}

/// Nothing says how to start it. If a folder inside does, that one was probably meant.
pub(super) fn no_start(dir: &Path, submission: &Submission) -> SubmissionProblem {
    let what = format!(
        "nothing in {} says how to start the service: no Procfile with a `web:` line, no [start] command in \
         grader.toml, no Dockerfile",
        dir.display()
    );
    let inner = (submission.tree.entries.iter())
        .filter(|e| {
            matches!(
                e.path.file_name().and_then(|n| n.to_str()),
                Some("Procfile" | "Dockerfile")
            )
        })
        .filter_map(|e| e.path.parent())
        .min_by_key(|p| p.components().count());
    let cure = match inner {
        Some(inner) => format!("did you mean {}?", dir.join(inner).display()),
        None => format!(
            "add a Procfile with one line, for example `web: {}`",
            guess(submission)
        ),
    };
    SubmissionProblem::new(what, cure)
}

fn guess(submission: &Submission) -> &'static str {
    if submission.has("Cargo.toml") {
        "./target/release/your-service"
    } else if submission.has("package.json") {
        "node server.js"
    } else if submission.has("go.mod") {
        "./your-service"
    } else {
        "python3 app.py"
    }
}
