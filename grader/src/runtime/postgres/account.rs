//! Which account the server runs as. Postgres refuses root, and so do we.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{User, geteuid};

use crate::model::{Doing, Fault};

/// Who owns the data directory and runs the server: ourselves, or when we are root somebody without rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    other: Option<(u32, u32)>,
}

impl Account {
    /// Ourselves; when root, `postgres` if it exists, else `nobody`.
    ///
    /// # Errors
    /// When root and neither exists.
    pub(crate) fn choose() -> Result<Self, Fault> {
        if !geteuid().is_root() {
            return Ok(Self { other: None });
        }
        let doing = "choosing an account for Postgres, which refuses to run as root";
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name).doing(doing)? {
                let other = Some((user.uid.as_raw(), user.gid.as_raw()));
                return Ok(Self { other });
            }
        }
        Err(Fault::new(doing, "neither `postgres` nor `nobody` exists")
            .cure("run the grader as an ordinary user"))
    }

    /// A command that will run as this account.
    pub(crate) fn command(self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        if let Some((uid, gid)) = self.other {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Gives a file or folder to this account.
    pub(crate) fn own(self, path: &Path) -> std::io::Result<()> {
        match self.other {
            Some((uid, gid)) => chown(path, Some(uid), Some(gid)),
            None => Ok(()),
        }
    }

    /// Makes a folder that only this account (and root) can enter.
    pub(crate) fn private_folder(self, path: &Path) -> Result<(), Fault> {
        let doing = || format!("making the folder {}", path.display());
        std::fs::create_dir_all(path).doing(doing())?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).doing(doing())?;
        self.own(path).doing(doing())
    }

    /// Whether this account can reach what lies in `folder`, that is, may pass through it and all above.
    ///
    /// # Errors
    /// Names the folder that is closed.
    pub(crate) fn reaches(self, folder: &Path) -> Result<(), Fault> {
        let Some((uid, gid)) = self.other else {
            return Ok(());
        };
        let doing = format!("preparing {} for Postgres", folder.display());
        for above in folder.ancestors().filter(|a| !a.as_os_str().is_empty()) {
            let at = above.metadata().doing(doing.as_str())?;
            let open = if at.uid() == uid {
                at.mode() & 0o100
            } else if at.gid() == gid {
                at.mode() & 0o010
            } else {
                at.mode() & 0o001
            };
            if open == 0 {
                let cause = format!("{} is closed to user id {uid}", above.display());
                return Err(Fault::new(doing, cause).cure(
                    "run as an ordinary user, or choose a folder others may enter (TMPDIR)",
                ));
            }
        }
        Ok(())
    }
}
