//! Copying folders, never following a symlink.
//!
//! As root we work where a learner's process may still run. So a tree is filled while only its owner, root, can
//! enter it, and handed over last.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

use nix::fcntl::OFlag;
use walkdir::WalkDir;

use super::cache::disk;
use super::user::RunAs;
use crate::model::Fault;
use crate::submission::{EntryKind, Submission};

/// Copies what is handed in to `to`, which must not exist. It stays closed to others until it is
/// [handed over](hand_over). Files get the present time: build tools compare times, and what was copied last is
/// what they must look at.
pub(crate) fn submission(from: &Submission, to: &Path, run_as: &RunAs) -> Result<(), Fault> {
    closed(to)?;
    for entry in &from.tree.entries {
        let (source, place) = (from.root.join(&entry.path), to.join(&entry.path));
        match &entry.kind {
            EntryKind::Folder => folder(&place, run_as)?,
            EntryKind::Link(target) => link(target, &place, run_as)?,
            EntryKind::File { executable: true } => file(&source, &place, 0o755, run_as)?,
            EntryKind::File { executable: false } => file(&source, &place, 0o644, run_as)?,
        }
    }
    Ok(())
}

/// Copies a built folder to `to`, which must not exist, for the user who runs it. Virtual environments are linked
/// instead: they hold their own place in every script, and nothing writes to them at run time.
pub(crate) fn built(from: &Path, to: &Path, run_as: &RunAs) -> Result<(), Fault> {
    closed(to)?;
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
    hand_over(to, run_as)
}

/// Opens a tree that was filled for this user, and gives it to them. Nothing is written to it after.
pub(crate) fn hand_over(tree: &Path, run_as: &RunAs) -> Result<(), Fault> {
    std::fs::set_permissions(tree, Permissions::from_mode(0o755)).map_err(|e| copying(tree, &e))?;
    run_as.own(tree)
}

/// A folder that only we can enter: names below it are safe from everybody else.
fn closed(path: &Path) -> Result<(), Fault> {
    let made = DirBuilder::new().mode(0o700).create(path);
    made.map_err(|e| copying(path, &e))
}

fn folder(path: &Path, run_as: &RunAs) -> Result<(), Fault> {
    let made = DirBuilder::new().mode(0o755).create(path);
    made.map_err(|e| copying(path, &e))?;
    run_as.own(path)
}

/// Makes a link that belongs to the user, in a folder they cannot write to yet.
pub(crate) fn link(target: &Path, place: &Path, run_as: &RunAs) -> Result<(), Fault> {
    symlink(target, place).map_err(|e| copying(place, &e))?;
    run_as.own(place)
}

fn file(from: &Path, to: &Path, mode: u32, run_as: &RunAs) -> Result<(), Fault> {
    let copied = open(from).and_then(|mut source| pour(&mut source, to, mode));
    copied.map_err(|e| copying(to, &e))?;
    run_as.own(to)
}

/// Opens what is already there for reading; never through a symlink, never waiting for who writes to a pipe.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)
}

/// Fills a new file with what is left to read of another: an error where something of that name exists.
pub(crate) fn pour(source: &mut File, to: &Path, mode: u32) -> io::Result<()> {
    if !source.metadata()?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a file any more",
        ));
    }
    let mut made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    io::copy(source, &mut made)?;
    made.set_permissions(Permissions::from_mode(mode))
}

fn copying(path: &Path, error: &io::Error) -> Fault {
    let doing = format!("copying the submission to {}", path.display());
    disk(doing, path, error)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.symlink_metadata().unwrap().mode() & 0o777
    }

    fn sample() -> (tempfile::TempDir, Submission, RunAs) {
        let place = tempfile::tempdir().unwrap();
        let handed_in = place.path().join("handed-in");
        std::fs::create_dir(&handed_in).unwrap();
        std::fs::write(handed_in.join("Procfile"), "web: ./run").unwrap();
        let submission = Submission::open(&handed_in).unwrap();
        (place, submission, RunAs::find().unwrap())
    }

    #[test]
    fn a_copy_is_closed_until_it_is_handed_over() {
        let (place, handed_in, run_as) = sample();
        let app = place.path().join("app");
        submission(&handed_in, &app, &run_as).unwrap();
        assert_eq!(mode(&app), 0o700);
        assert_eq!(
            app.metadata().unwrap().uid(),
            nix::unistd::geteuid().as_raw()
        );
        hand_over(&app, &run_as).unwrap();
        assert_eq!(
            (mode(&app), app.metadata().unwrap().uid()),
            (0o755, run_as.uid)
        );
        assert_eq!(app.join("Procfile").metadata().unwrap().uid(), run_as.uid);
    }

    #[test]
    fn nothing_is_written_or_read_through_a_planted_link() {
        let (place, handed_in, run_as) = sample();
        let (secret, planted) = (place.path().join("secret"), place.path().join("planted"));
        std::fs::write(&secret, "mine").unwrap();
        symlink(&secret, &planted).unwrap();
        pour(
            &mut open(&handed_in.root.join("Procfile")).unwrap(),
            &planted,
            0o777,
        )
        .unwrap_err();
        open(&planted).unwrap_err();
        let procfile = handed_in.root.join("Procfile");
        std::fs::remove_file(&procfile).unwrap();
        symlink(&secret, &procfile).unwrap();
        submission(&handed_in, &place.path().join("app"), &run_as).unwrap_err();
        assert_eq!(std::fs::read_to_string(&secret).unwrap(), "mine");
    }
}
