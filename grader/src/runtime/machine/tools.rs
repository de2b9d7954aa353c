//! The machine's tools: where they are and who can reach them.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::user::RunAs;

/// The first executable of this name on a search path, as it stands there.
pub(crate) fn find(name: &str, path: &[PathBuf]) -> Option<PathBuf> {
    path.iter()
        .map(|folder| folder.join(name))
        .find(|file| executable(file))
}

fn executable(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|about| about.is_file() && about.mode() & 0o111 != 0)
}

/// A search path as folders: absolute ones, each once, in order.
pub(crate) fn split(path: &OsStr) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in std::env::split_paths(path).filter(|folder| folder.is_absolute()) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// The grader's own search path; the usual places where it has none.
pub(crate) fn own_path() -> Vec<PathBuf> {
    let usual = || "/usr/local/bin:/usr/bin:/bin".into();
    split(&std::env::var_os("PATH").unwrap_or_else(usual))
}

/// The part of a search path that the user can enter.
pub(crate) fn enterable(path: Vec<PathBuf>, run_as: &RunAs) -> Vec<PathBuf> {
    path.into_iter()
        .filter(|folder| run_as.enters(folder))
        .collect()
}

/// What tells one version of a tool from another without running it: its real place, size and time.
pub(crate) fn identity(tool: &Path) -> String {
    let real = tool.canonicalize().unwrap_or_else(|_| tool.to_owned());
    let about = std::fs::metadata(&real)
        .map(|m| (m.len(), m.mtime()))
        .unwrap_or_default();
    format!("{} {} {}", real.display(), about.0, about.1)
}
