//! Where the grader keeps what outlives a run: builds, toolchains, package caches; and where runs live.

use std::path::{Path, PathBuf};

use super::user::RunAs;
use crate::model::{Doing, Fault};

/// The grader's own folder. Readable for the user services run as; what that user may write to is made with
/// [`Cache::lent`].
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    pub(crate) root: PathBuf,
}

impl Cache {
    /// `given`, else `GRADER_CACHE`, else the platform's place: of the machine when root (a root's home is closed
    /// to the user services run as), of the user otherwise. Made if missing.
    pub(crate) fn open(given: Option<&Path>, run_as: &RunAs) -> Result<Self, Fault> {
        let chosen = given
            .map(Path::to_owned)
            .or_else(|| env_path("GRADER_CACHE"));
        let root = match chosen {
            Some(root) => std::path::absolute(root).doing("finding the cache folder")?,
            None => platform(run_as.other)?,
        };
        make(&root)?;
        // Postgres and the service must be able to enter it, whatever umask we run under.
        let root = root.canonicalize().doing("opening the cache folder")?;
        if !run_as.enters(&root) {
            let cause = format!("{} cannot enter {}", run_as.name, root.display());
            return Err(Fault::new("opening the cache folder", cause)
                .cure("set GRADER_CACHE to a folder that every user can enter, /var/cache/grader for example"));
        }
        Ok(Self { root })
    }

    /// A folder of ours in it, made if missing.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Fault> {
        let path = self.root.join(name);
        make(&path)?;
        Ok(path)
    }

    /// A folder that belongs to the user builds and services run as, made if missing.
    pub(crate) fn lent(&self, name: &str, run_as: &RunAs) -> Result<PathBuf, Fault> {
        let path = self.folder(name)?;
        run_as.own(&path)?;
        Ok(path)
    }
}

/// Makes a folder that others can enter and only its owner can write to.
pub(crate) fn make(path: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    let doing = || format!("making the folder {}", path.display());
    let existed = path.is_dir();
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(path);
    made.map_err(|error| disk(doing(), path, &error))?;
    if !existed {
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, open).map_err(|error| disk(doing(), path, &error))?;
    }
    Ok(())
}

/// An error of the disk, with what to do where that is known.
pub(crate) fn disk(doing: impl Into<String>, path: &Path, error: &std::io::Error) -> Fault {
    let fault = Fault::new(doing, error);
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => fault.cure(format!(
            "free some space on the disk that holds {}",
            path.display()
        )),
        std::io::ErrorKind::PermissionDenied
        | std::io::ErrorKind::ReadOnlyFilesystem
        | std::io::ErrorKind::AlreadyExists
        | std::io::ErrorKind::NotADirectory => {
            fault.cure("set GRADER_CACHE to a folder you can write to")
        }
        _ => fault,
    }
}

fn platform(root: bool) -> Result<PathBuf, Fault> {
    let mac = cfg!(target_os = "macos");
    if root {
        let place = if mac {
            "/Library/Caches/grader"
        } else {
            "/var/cache/grader"
        };
        return Ok(PathBuf::from(place));
    }
    let home = || env_path("HOME");
    let user = match mac {
        true => home().map(|home| home.join("Library/Caches")),
        false => env_path("XDG_CACHE_HOME").or_else(|| home().map(|home| home.join(".cache"))),
    };
    user.map(|cache| cache.join("grader")).ok_or_else(|| {
        Fault::new("finding the cache folder", "HOME is not set").cure("set HOME or GRADER_CACHE")
    })
}

fn env_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
