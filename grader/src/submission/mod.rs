//! What the learner handed in: a folder, read and never changed.

mod config;
mod digest;
mod git;
mod index;
mod problem;
mod procfile;
mod walk;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use config::{Config, Step, Steps};
pub use problem::SubmissionProblem;
pub use procfile::Procfile;
pub use walk::{Entry, EntryKind, Tree};

use crate::model::{RuntimeKind, SubmissionRef};

/// Files that say how a language's tools build the folder, in the order they are looked for.
const MANIFESTS: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    "go.mod",
    "package.json",
    "package-lock.json",
    "pyproject.toml",
    "requirements.txt",
    "uv.lock",
    "poetry.lock",
];

/// A folder with a backend service.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The folder, absolute and without symlinks.
    pub root: PathBuf,
    /// The folder's own name.
    pub name: String,
    /// SHA-256 over its files, hex: equal folders, equal digests, whatever their names and times.
    pub digest: String,
    /// The commit checked out, if it lies in a Git checkout. The digest, not this, says what was graded.
    pub commit: Option<String>,
    /// `grader.toml`, or an empty one.
    pub config: Config,
    /// `Procfile`, or an empty one.
    pub procfile: Procfile,
    /// Whether there is a `Dockerfile`.
    pub dockerfile: bool,
    /// Which of the known manifests and lockfiles stand at its top.
    pub manifests: Vec<&'static str>,
    /// What is copied and what is left out.
    pub tree: Tree,
}

impl Submission {
    /// Reads the folder: what it holds, how it is built and started, and its digest.
    ///
    /// # Errors
    /// A clear message for a folder that cannot be graded: what is wrong, where, what to do.
    pub fn open(dir: &Path) -> Result<Self, SubmissionProblem> {
        let root = problem::folder(dir)?;
        let has = |name: &str| root.join(name).is_file();
        let config = Config::read(&root)?;
        let procfile = Procfile::read(&root)?;
        let tree = Tree::read(&root)?;
        if tree.entries.iter().all(|e| e.kind == EntryKind::Folder) {
            return Err(problem::empty(dir));
        }
        let submission = Self {
            name: root
                .file_name()
                .map_or_else(|| "submission".into(), |n| n.to_string_lossy().into()),
            digest: digest::of(&root, &tree)?,
            commit: git::commit(&root),
            dockerfile: has("Dockerfile"),
            manifests: MANIFESTS.into_iter().filter(|m| has(m)).collect(),
            config,
            procfile,
            tree,
            root,
        };
        let starts = submission.start(RuntimeKind::Local).is_some()
            || submission.start(RuntimeKind::Docker).is_some();
        match starts || submission.dockerfile {
            true => Ok(submission),
            false => Err(problem::no_start(dir, &submission)),
        }
    }

    /// The command that starts the service on this runtime and the file that says so, if any does.
    pub fn start(&self, runtime: RuntimeKind) -> Option<(&str, &'static str)> {
        (self
            .config
            .step(runtime, Step::Start)
            .map(|c| (c, "grader.toml")))
        .or_else(|| self.procfile.get("web").map(|c| (c, "Procfile")))
    }

    /// The command that runs once on each fresh database before the first start.
    pub fn release(&self, runtime: RuntimeKind) -> Option<(&str, &'static str)> {
        (self
            .config
            .step(runtime, Step::Release)
            .map(|c| (c, "grader.toml")))
        .or_else(|| self.procfile.get("release").map(|c| (c, "Procfile")))
    }

    /// The build command the learner chose, if any.
    pub fn build(&self, runtime: RuntimeKind) -> Option<&str> {
        self.config.step(runtime, Step::Build)
    }

    /// Whether this manifest or lockfile stands at the top.
    pub fn has(&self, manifest: &str) -> bool {
        self.manifests.contains(&manifest)
    }

    /// The files of the folder that Git does not track, sorted; none where the folder is no Git checkout or Git tracks
    /// nothing in it.
    pub fn untracked(&self) -> Option<Vec<PathBuf>> {
        let tracked = git::tracked(&self.root)?;
        Some(self.left_out(&tracked).map(|e| e.path.clone()).collect())
    }

    /// The same folder without what Git does not track: what somebody else gets who clones it. None where
    /// [`untracked`](Self::untracked) gives none.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn tracked(&self) -> Result<Option<Self>, SubmissionProblem> {
        let Some(tracked) = git::tracked(&self.root) else {
            return Ok(None);
        };
        let mut clone = self.clone();
        let left_out: BTreeSet<_> = self.left_out(&tracked).map(|e| &e.path).collect();
        // Git keeps no folder without a file in it.
        let kept = |folder: &Path| tracked.iter().any(|path| path.starts_with(folder));
        (clone.tree.entries).retain(|e| match e.kind {
            EntryKind::Folder => kept(&e.path),
            _ => !left_out.contains(&e.path),
        });
        clone.digest = digest::of(&self.root, &clone.tree)?;
        let lost = |name: &str| left_out.contains(&PathBuf::from(name));
        clone.manifests.retain(|name| !lost(name));
        clone.dockerfile &= !lost("Dockerfile");
        if lost("Procfile") {
            clone.procfile = Procfile::default();
        }
        if lost("grader.toml") {
            clone.config = Config::default();
        }
        Ok(Some(clone))
    }

    /// Files and links that are in the folder and not in `tracked`. What lies in a submodule is tracked elsewhere.
    fn left_out<'a>(&'a self, tracked: &BTreeSet<PathBuf>) -> impl Iterator<Item = &'a Entry> {
        let files = self
            .tree
            .entries
            .iter()
            .filter(|e| e.kind != EntryKind::Folder);
        files.filter(|e| !e.path.ancestors().any(|path| tracked.contains(path)))
    }

    /// The file that says how the service starts: no submission is opened without one.
    fn anchor(&self) -> &'static str {
        if self.procfile.get("web").is_some() {
            "Procfile"
        } else if self.dockerfile {
            "Dockerfile"
        } else {
            "grader.toml"
        }
    }

    /// As a report names it.
    pub fn named(&self) -> SubmissionRef {
        SubmissionRef {
            name: self.name.clone(),
            digest: self.digest.clone(),
            commit: self.commit.clone(),
            anchor: Some(self.anchor().to_owned()),
            handed_in: None,
        }
    }
}
