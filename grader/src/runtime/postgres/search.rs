//! Where Postgres installations lie.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::binaries::Binaries;
use crate::model::Fault;

/// Folders that hold a version each; `*` stands for one or more characters of a name.
const PLACES: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/pgsql-*/bin",
    "/usr/bin",
    "/usr/local/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// Where to look. [`Search::of_this_machine`] is the usual one; tests make their own.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// `GRADER_POSTGRES_BIN`: this folder (or the `postgres` in it) and no other.
    pub only: Option<PathBuf>,
    /// `PATH`.
    pub path: Option<OsString>,
    /// Patterns of folders, as [`PLACES`] has them.
    pub places: Vec<String>,
}

impl Search {
    /// The environment of this process and the usual places of Debian, Fedora, Homebrew and Postgres.app.
    pub fn of_this_machine() -> Self {
        Self {
            only: std::env::var_os("GRADER_POSTGRES_BIN")
                .filter(|v| !v.is_empty())
                .map(PathBuf::from),
            path: std::env::var_os("PATH"),
            places: PLACES.iter().map(|p| (*p).to_owned()).collect(),
        }
    }

    /// The newest installation that works; none where there is none at all.
    ///
    /// # Errors
    /// When the override is not usable, or everything that was found is broken: each path and what is wrong.
    pub fn newest(&self) -> Result<Option<Binaries>, Fault> {
        if let Some(only) = &self.only {
            let folder = if only.is_file() {
                only.parent().unwrap_or(only)
            } else {
                only
            };
            return Binaries::at(folder).map(Some).map_err(|why| {
                let cause = format!("{}: {why}", folder.display());
                Fault::new("using the Postgres that GRADER_POSTGRES_BIN names", cause).cure(
                    "set it to the folder that holds postgres, initdb and pg_ctl, or unset it",
                )
            });
        }
        let mut broken = Vec::new();
        let mut best: Option<Binaries> = None;
        for folder in self.folders() {
            match Binaries::at(&folder) {
                Ok(found) => {
                    if best.as_ref().is_none_or(|b| found.age() > b.age()) {
                        best = Some(found);
                    }
                }
                Err(why) => broken.push(format!("{}: {why}", folder.display())),
            }
        }
        if best.is_none() && !broken.is_empty() {
            return Err(
                Fault::new("looking for a usable Postgres", broken.join("; "))
                    .cure(super::fetch::how_to_install()),
            );
        }
        Ok(best)
    }

    /// Folders that hold a `postgres`, links resolved, each once.
    fn folders(&self) -> BTreeSet<PathBuf> {
        let path = self.path.as_deref().map(std::env::split_paths);
        let on_path = path.into_iter().flatten();
        let usual = self.places.iter().flat_map(|p| matching(p));
        on_path
            .chain(usual)
            .filter_map(|folder| folder.join("postgres").canonicalize().ok())
            .filter(|program| program.is_file())
            .filter_map(|program| program.parent().map(Path::to_path_buf))
            .collect()
    }
}

/// Folders that match an absolute pattern with at most one `*` in a part.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|p| !p.is_empty()) {
        found = match part.split_once('*') {
            None => found.into_iter().map(|f| f.join(part)).collect(),
            Some((before, after)) => found
                .iter()
                .flat_map(|f| children(f, before, after))
                .collect(),
        };
    }
    found
}

fn children(folder: &Path, before: &str, after: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|e| {
            let name = e.file_name();
            let name = name.to_string_lossy();
            name.len() > before.len() + after.len()
                && name.starts_with(before)
                && name.ends_with(after)
        })
        .map(|e| e.path())
        .collect()
}
