//! Taking folders back from those who wrote to them, and removing them whatever is in them.
//!
//! A tree that comes back is shut from the top down, each folder before it is read: a name below a folder that
//! only root can write to stays what it was, whatever process of a learner's may still run.

use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown, lchown};
use std::path::Path;

use nix::fcntl::AT_FDCWD;
use nix::sys::stat::{FchmodatFlags, Mode, fchmodat};

use super::cache::disk;
use super::copy::open;
use super::user::RunAs;
use crate::model::Fault;

/// Takes a whole tree back to root, so that no service can change what later runs start from. What is neither
/// file, folder nor link is removed: a build's sockets and pipes mean nothing to a copy.
///
/// # Errors
/// Also where a file in it is somebody else's, linked here by a name: to open that would be to publish it.
pub(crate) fn close_off(tree: &Path, run_as: &RunAs) -> Result<(), Fault> {
    let doing = "closing the built folder";
    let failed = |e: &io::Error| disk(doing, tree, e);
    let about = std::fs::symlink_metadata(tree).map_err(|e| failed(&e))?;
    if about.is_symlink() {
        return lchown(tree, Some(0), Some(0)).map_err(|e| failed(&e));
    }
    if !about.is_file() && !about.is_dir() {
        return std::fs::remove_file(tree).map_err(|e| failed(&e));
    }
    let handle = open(tree).map_err(|e| failed(&e))?;
    let about = handle.metadata().map_err(|e| failed(&e))?;
    if about.uid() != run_as.uid {
        // Package managers link from their caches; what root owns and all may read is as shut as it can be.
        if about.is_file() && about.uid() == 0 && about.mode() & 0o004 != 0 {
            return Ok(());
        }
        let cause = format!("{} belongs to user {}", tree.display(), about.uid());
        return Err(
            Fault::new(doing, cause).cure("let the build link to no file outside its folder")
        );
    }
    shut(&handle, &about).map_err(|e| failed(&e))?;
    if about.is_dir() {
        for entry in std::fs::read_dir(tree).map_err(|e| failed(&e))? {
            close_off(&entry.map_err(|e| failed(&e))?.path(), run_as)?;
        }
    }
    Ok(())
}

fn shut(handle: &File, about: &Metadata) -> io::Result<()> {
    let mode = about.permissions().mode();
    let others = if about.is_dir() || mode & 0o100 != 0 {
        0o055
    } else {
        0o044
    };
    fchown(handle, Some(0), Some(0))?;
    handle.set_permissions(Permissions::from_mode(mode & 0o755 | others))
}

/// Removes a tree, also one whose folders were closed by who made them. Nothing there is fine.
pub(crate) fn remove(tree: &Path) -> Result<(), Fault> {
    let gone = |result: &io::Result<()>| match result {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if gone(&std::fs::remove_dir_all(tree)) {
        return Ok(());
    }
    open_up(tree);
    let result = std::fs::remove_dir_all(tree);
    if gone(&result) {
        return Ok(());
    }
    result.map_err(|error| Fault::new(format!("removing {}", tree.display()), error))
}

/// Opens every folder of a tree for its owner. Root needs no permission, and gives none.
fn open_up(folder: &Path) {
    if nix::unistd::Uid::effective().is_root() || folder.is_symlink() || !folder.is_dir() {
        return;
    }
    // What cannot be opened shows when it cannot be removed.
    fchmodat(
        AT_FDCWD,
        folder,
        Mode::S_IRWXU,
        FchmodatFlags::NoFollowSymlink,
    )
    .ok();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        open_up(&entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_that_comes_back_is_shut_and_nothing_else_is() {
        let run_as = RunAs::find().unwrap();
        if !run_as.other {
            return;
        }
        let place = tempfile::tempdir().unwrap();
        let (secret, app) = (place.path().join("secret"), place.path().join("app"));
        std::fs::write(&secret, "mine").unwrap();
        std::fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
        std::fs::create_dir(&app).unwrap();
        std::fs::write(app.join("run"), "").unwrap();
        std::os::unix::fs::symlink(&secret, app.join("soft")).unwrap();
        for path in [app.join("run"), app.join("soft"), app.clone()] {
            run_as.own(&path).unwrap();
        }
        close_off(&app, &run_as).unwrap();
        for path in [app.clone(), app.join("soft"), app.join("run")] {
            assert_eq!(path.symlink_metadata().unwrap().uid(), 0);
        }
        run_as.own(&app).unwrap();
        std::fs::hard_link(&secret, app.join("hard")).unwrap();
        close_off(&app, &run_as).unwrap_err();
        assert_eq!(
            (
                secret.metadata().unwrap().mode() & 0o777,
                secret.metadata().unwrap().uid()
            ),
            (0o600, 0)
        );
    }
}
