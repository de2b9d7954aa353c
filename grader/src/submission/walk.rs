//! Which files of a folder are handed in: all but what tools make again, and nothing outside the folder.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Component, Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::SubmissionProblem;

/// More files than any submission needs; a folder named by mistake (a home, a disk) has more.
const MAX_FILES: usize = 50_000;
/// More bytes than any submission needs.
const MAX_BYTES: u64 = 1 << 30;

/// One thing in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the folder.
    pub path: PathBuf,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A file, and whether its owner may execute it.
    File {
        /// Executable.
        executable: bool,
    },
    /// A symlink that stays in the folder, with its target as written.
    Link(PathBuf),
}

/// What a folder holds, sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// What is handed in.
    pub entries: Vec<Entry>,
    /// Symlinks that are left out because they lead out of the folder.
    pub outside: Vec<PathBuf>,
}

impl Tree {
    /// Walks `root` without following a symlink. Leaves out `.git`, `node_modules`, `__pycache__`, virtual
    /// environments and Cargo's `target`, and everything that is neither file, folder nor symlink.
    ///
    /// # Errors
    /// What cannot be read, or a folder far too large.
    pub fn read(root: &Path) -> Result<Self, SubmissionProblem> {
        let mut tree = Self::default();
        let mut bytes = 0;
        let walk = WalkDir::new(root)
            .min_depth(1)
            .sort_by_file_name()
            .into_iter();
        for entry in walk.filter_entry(|entry| !made_again(entry)) {
            let entry = entry.map_err(|error| unreadable(root, &error))?;
            let about = entry.metadata().map_err(|error| unreadable(root, &error))?;
            let path = entry
                .path()
                .strip_prefix(root)
                .unwrap_or(entry.path())
                .to_owned();
            let kind = if entry.file_type().is_symlink() {
                match inside(root, &entry) {
                    Some(target) => EntryKind::Link(target),
                    None => {
                        tree.outside.push(path);
                        continue;
                    }
                }
            } else if entry.file_type().is_dir() {
                EntryKind::Folder
            } else if entry.file_type().is_file() {
                bytes += about.len();
                EntryKind::File {
                    executable: executable(&about),
                }
            } else {
                continue;
            };
            tree.entries.push(Entry { path, kind });
            if tree.entries.len() > MAX_FILES || bytes > MAX_BYTES {
                return Err(too_large(root));
            }
        }
        Ok(tree)
    }
}

/// What a tool makes again from the rest, or does not belong to the service.
fn made_again(entry: &DirEntry) -> bool {
    if !entry.file_type().is_dir() {
        // In a Git worktree `.git` is a file.
        return entry.depth() == 1 && entry.file_name() == ".git";
    }
    let beside = |name: &str| entry.path().with_file_name(name).is_file();
    let within = |name: &str| entry.path().join(name).is_file();
    match entry.file_name().to_str() {
        // What the grader keeps of earlier attempts.
        Some(".grader") => entry.depth() == 1,
        Some(".git" | "node_modules" | ".venv" | "__pycache__") => true,
        // Only Cargo's: a folder of source code may be called so too.
        Some("target") => beside("Cargo.toml") || within("CACHEDIR.TAG"),
        _ => within("pyvenv.cfg"),
    }
}

/// The target of a symlink that is relative and stays below `root`, wherever the folder is copied to.
fn inside(root: &Path, entry: &DirEntry) -> Option<PathBuf> {
    let target = std::fs::read_link(entry.path()).ok()?;
    let mut depth = entry.depth() as i64 - 1;
    for part in target.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth -= 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
        if depth < 0 {
            return None;
        }
    }
    // A link to a link may still lead out.
    match entry.path().canonicalize() {
        Ok(real) if !real.starts_with(root) => None,
        _ => Some(target),
    }
}

fn executable(about: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o100 != 0
}

fn unreadable(root: &Path, error: &walkdir::Error) -> SubmissionProblem {
    let path = error.path().unwrap_or(root);
    match error.io_error() {
        Some(io) => SubmissionProblem::unreadable(path, io),
        None => SubmissionProblem::unreadable(path, &std::io::Error::other(error.to_string())),
    }
}

fn too_large(root: &Path) -> SubmissionProblem {
    let name = root
        .file_name()
        .unwrap_or(OsStr::new("/"))
        .to_string_lossy();
    SubmissionProblem::new(
        format!("{name} is too large for a submission: more than {MAX_FILES} files or 1 GiB"),
        "name the folder of the service alone, and take data and build output out of it",
    )
}
