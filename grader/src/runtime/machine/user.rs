//! Who builds and runs a submission: never root.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;

use nix::unistd::{AccessFlags, Uid, User, access};

use super::cache::disk;
use crate::model::{Doing, Fault};

/// The user that builds and services run as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunAs {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) name: String,
    /// Whether it is another user than the grader's own: only root can and must change.
    pub(crate) other: bool,
}

impl RunAs {
    /// The user who runs the grader; `nobody` when that is root.
    pub(crate) fn find() -> Result<Self, Fault> {
        let me = Uid::effective();
        let user = match me.is_root() {
            true => User::from_name("nobody").doing("looking up the user nobody")?,
            false => User::from_uid(me).doing("looking up the user")?,
        };
        let other = me.is_root();
        match user {
            Some(user) if !user.uid.is_root() => Ok(Self {
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
                name: user.name,
                other,
            }),
            // A container may run as a number without a name.
            None if !other => {
                let gid = nix::unistd::Gid::effective().as_raw();
                Ok(Self {
                    uid: me.as_raw(),
                    gid,
                    name: me.to_string(),
                    other,
                })
            }
            _ => Err(Fault::new(
                "finding a user to run the service as",
                "there is no user `nobody`",
            )
            .cure("add an unprivileged user `nobody`, or run the grader as a plain user")),
        }
    }

    /// Makes this user the owner of one file, folder or link (links are not followed).
    pub(crate) fn own(&self, path: &Path) -> Result<(), Fault> {
        match self.other {
            true => lchown(path, Some(self.uid), Some(self.gid)).map_err(|e| {
                disk(
                    format!("giving {} to {}", path.display(), self.name),
                    path,
                    &e,
                )
            }),
            false => Ok(()),
        }
    }

    /// Runs the command as this user: its groups are dropped with root's rights (std calls `setgroups`).
    pub(crate) fn dress(&self, command: &mut tokio::process::Command) {
        if self.other {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Whether this user can enter a folder, which asks for every folder on the way.
    pub(crate) fn enters(&self, folder: &Path) -> bool {
        self.reaches(folder, 0o1, AccessFlags::X_OK)
    }

    /// Whether this user can read a file.
    pub(crate) fn reads(&self, file: &Path) -> bool {
        self.reaches(file, 0o4, AccessFlags::R_OK)
    }

    fn reaches(&self, path: &Path, right: u32, flag: AccessFlags) -> bool {
        if !self.other {
            return access(path, flag).is_ok();
        }
        // `access` answers for root; the mode bits answer for the other.
        let Ok(path) = path.canonicalize() else {
            return false;
        };
        let may =
            |path: &Path, right| std::fs::metadata(path).is_ok_and(|about| self.may(&about, right));
        may(&path, right) && path.ancestors().skip(1).all(|folder| may(folder, 0o1))
    }

    fn may(&self, about: &Metadata, right: u32) -> bool {
        let shift = if about.uid() == self.uid {
            6
        } else if about.gid() == self.gid {
            3
        } else {
            0
        };
        about.mode() >> shift & right != 0
    }
}
