//! A folder in memory for data that lives no longer than a run: making a thousand small files takes a tenth of the
//! time there. Where there is not plenty of room, there is none, and the run's own folder on disk is used.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;
use tempfile::TempDir;

use crate::runtime::machine::lock::{self, Held};

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";
/// What must be free there. Docker gives 64 MB unless told otherwise.
const ROOM: u64 = 2 << 30;
/// What the machine must have free besides, so that a learner's build and service have enough.
const SPARE: u64 = 3 << 30;

/// A folder of our own. The lock in it says that its grader lives; the folder goes when this is dropped, or when the
/// next grader finds the lock free.
pub(super) struct Place {
    folder: TempDir,
    _lock: Held,
}

impl Place {
    /// A folder in memory, if there is plenty of it. Clears up after graders that did not end well. Blocks.
    pub(super) fn find() -> Option<Self> {
        if !is_roomy() {
            return None;
        }
        let ours = Path::new(MEMORY).join(format!("grader-{}", geteuid()));
        Self::within(&ours)
    }

    fn within(ours: &Path) -> Option<Self> {
        // Everybody may write beside it, so it may have been made by somebody else.
        let _ = fs::DirBuilder::new().mode(0o711).create(ours);
        let about = fs::symlink_metadata(ours).ok()?;
        if !about.is_dir() || about.uid() != geteuid().as_raw() || about.mode() & 0o022 != 0 {
            return None;
        }
        // Nobody clears up between the making of a folder and its lock.
        let _gate = lock::wait(&ours.join(".gate")).ok()?;
        for left in abandoned(ours) {
            let _ = fs::remove_dir_all(left);
        }
        let folder = tempfile::Builder::new()
            .prefix("run-")
            .tempdir_in(ours)
            .ok()?;
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        fs::set_permissions(folder.path(), open).ok()?;
        let lock = lock::take(&folder.path().join("lock")).ok()??;
        Some(Self {
            folder,
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Folders whose grader is gone. Its server is too: it was ended with the dead run's processes, or ends by itself
/// when it finds its files gone.
fn abandoned(ours: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(ours)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path());
    let runs = entries.filter(|path| path.is_dir());
    runs.filter(|path| matches!(lock::take(&path.join("lock")), Ok(Some(_))))
        .collect()
}

#[cfg(target_os = "linux")]
fn is_roomy() -> bool {
    use nix::sys::statfs::{TMPFS_MAGIC, statfs};
    let Ok(about) = statfs(MEMORY) else {
        return false;
    };
    let block = u64::try_from(about.block_size()).unwrap_or(0);
    let room = about.blocks_available().saturating_mul(block);
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    // A container may have less than its machine.
    let within = system
        .cgroup_limits()
        .map_or(u64::MAX, |limits| limits.free_memory);
    let free = system.available_memory().min(within);
    about.filesystem_type() == TMPFS_MAGIC && room >= ROOM && free >= ROOM + SPARE
}

#[cfg(not(target_os = "linux"))]
fn is_roomy() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_one_clears_up_what_nobody_holds() {
        let here = tempfile::tempdir().unwrap();
        let ours = here.path().join("ours");
        let held = Place::within(&ours).unwrap();
        fs::write(held.path().join("data"), "mine").unwrap();
        let dead = ours.join("run-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("lock"), "").unwrap();
        let next = Place::within(&ours).unwrap();
        assert!(!dead.exists() && held.path().join("data").exists());
        let path = next.path().to_path_buf();
        drop(next);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_others_may_write_to_is_not_ours() {
        let here = tempfile::tempdir().unwrap();
        let ours = here.path().join("ours");
        fs::create_dir(&ours).unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        fs::set_permissions(&ours, open).unwrap();
        assert!(Place::within(&ours).is_none());
    }
}
