//! Copying folders, never following a symlink, and removing them whatever is in them.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::Path;

use walkdir::WalkDir;

use super::cache::disk;
use super::user::RunAs;
use crate::model::Fault;
use crate::submission::{EntryKind, Submission};

/// Copies what is handed in to `to`, which must not exist, for the user who builds it. Files get the present
/// time: build tools compare times, and what was copied last is what they must look at.
pub(crate) fn submission(from: &Submission, to: &Path, run_as: &RunAs) -> Result<(), Fault> {
    folder(to, run_as)?;
    for entry in &from.tree.entries {
        let (source, place) = (from.root.join(&entry.path), to.join(&entry.path));
        match &entry.kind {
            EntryKind::Folder => folder(&place, run_as)?,
            EntryKind::Link(target) => link(target, &place, run_as)?,
            EntryKind::File { executable } => {
                file(
                    &source,
                    &place,
                    if *executable { 0o755 } else { 0o644 },
                    run_as,
                )?;
            }
        }
    }
    Ok(())
}

/// Copies a built folder to `to`, which must not exist. Virtual environments are linked instead: they hold
/// their own place in every script, and nothing writes to them at run time.
pub(crate) fn built(from: &Path, to: &Path, run_as: &RunAs) -> Result<(), Fault> {
    folder(to, run_as)?;
    let mut walk = WalkDir::new(from).min_depth(1).into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|error| Fault::new("copying the built folder", error))?;
        let place = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        let kind = entry.file_type();
        if kind.is_symlink() {
            let target = std::fs::read_link(entry.path()).map_err(|e| copying(entry.path(), &e))?;
            link(&target, &place, run_as)?;
        } else if kind.is_dir() && entry.path().join("pyvenv.cfg").is_file() {
            link(entry.path(), &place, run_as)?;
            walk.skip_current_dir();
        } else if kind.is_dir() {
            folder(&place, run_as)?;
        } else if kind.is_file() {
            let about = entry
                .metadata()
                .map_err(|error| Fault::new("copying the built folder", error))?;
            let mode = about.permissions().mode() & 0o755 | 0o600;
            file(entry.path(), &place, mode, run_as)?;
        }
    }
    Ok(())
}

/// Gives a whole tree to root, so that no service can change what later runs start from.
pub(crate) fn close_off(tree: &Path) -> Result<(), Fault> {
    for entry in WalkDir::new(tree) {
        let entry = entry.map_err(|error| Fault::new("closing the built folder", error))?;
        let path = entry.path();
        let closed = std::os::unix::fs::lchown(path, Some(0), Some(0)).and_then(|()| {
            if entry.file_type().is_symlink() {
                return Ok(());
            }
            let mode = std::fs::symlink_metadata(path)?.permissions().mode();
            let others = if mode & 0o100 != 0 { 0o055 } else { 0o044 };
            std::fs::set_permissions(path, Permissions::from_mode(mode & 0o755 | others))
        });
        closed.map_err(|e| disk("closing the built folder", path, &e))?;
    }
    Ok(())
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

/// Opens every folder of a tree for its owner.
fn open_up(folder: &Path) {
    if folder.is_symlink() || !folder.is_dir() {
        return;
    }
    // What cannot be opened shows when it cannot be removed.
    std::fs::set_permissions(folder, Permissions::from_mode(0o700)).ok();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        open_up(&entry.path());
    }
}

fn folder(path: &Path, run_as: &RunAs) -> Result<(), Fault> {
    DirBuilder::new()
        .mode(0o755)
        .create(path)
        .map_err(|e| copying(path, &e))?;
    run_as.own(path)
}

fn link(target: &Path, place: &Path, run_as: &RunAs) -> Result<(), Fault> {
    symlink(target, place).map_err(|e| copying(place, &e))?;
    run_as.own(place)
}

fn file(from: &Path, to: &Path, mode: u32, run_as: &RunAs) -> Result<(), Fault> {
    std::fs::copy(from, to).map_err(|e| copying(to, &e))?;
    std::fs::set_permissions(to, Permissions::from_mode(mode)).map_err(|e| copying(to, &e))?;
    run_as.own(to)
}

fn copying(path: &Path, error: &io::Error) -> Fault {
    disk(
        format!("copying the submission to {}", path.display()),
        path,
        error,
    )
}
