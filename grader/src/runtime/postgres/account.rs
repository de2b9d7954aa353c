//! Which account the server runs as. Postgres refuses root, and so do we.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{User, geteuid};

use crate::model::{Doing, Fault};
use crate::runtime::machine::user::RunAs;

/// System users without rights, Postgres' own first. Services run as `nobody`, who is not among them.
const OTHERS: [&str; 5] = ["postgres", "daemon", "bin", "www-data", "games"];

/// Who owns the data directory and runs the server: ourselves, or when we are root somebody without rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    other: Option<(u32, u32)>,
}

impl Account {
    /// Ourselves; when root, the first of [`OTHERS`] that exists and is not who services run as.
    ///
    /// # Errors
    /// When root and there is nobody left.
    pub(crate) fn choose() -> Result<Self, Fault> {
        match geteuid().is_root() {
            true => Self::apart_from(RunAs::find()?.uid, User::from_name),
            false => Ok(Self { other: None }),
        }
    }

    /// Never the learner's: whoever runs the server could edit its rules and the copy that later servers come from.
    fn apart_from(
        learner: u32,
        find: impl Fn(&str) -> nix::Result<Option<User>>,
    ) -> Result<Self, Fault> {
        let doing = "choosing an account for Postgres, which refuses to run as root";
        for name in OTHERS {
            if let Some(user) = find(name).doing(doing)?
                && !user.uid.is_root()
                && user.uid.as_raw() != learner
            {
                let other = Some((user.uid.as_raw(), user.gid.as_raw()));
                return Ok(Self { other });
            }
        }
        let cause = format!("none of {} exists", OTHERS.join(", "));
        Err(Fault::new(doing, cause)
            .cure("add a system user `postgres`, or run the grader as an ordinary user"))
    }

    /// A command that will run as this account, with nothing of our environment but the search path.
    pub(crate) fn command(self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().env("LANG", "C").env("LC_ALL", "C");
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_never_runs_as_the_learner() {
        let Ok(Some(root)) = User::from_name("root") else {
            return;
        };
        let user = |uid: u32| User {
            uid: uid.into(),
            ..root.clone()
        };
        let chosen = Account::apart_from(2, |name| {
            let uid = match name {
                "daemon" => 2,
                "bin" => 0,
                "www-data" => 33,
                _ => return Ok(None),
            };
            Ok(Some(user(uid)))
        });
        assert_eq!(chosen.unwrap().other.unwrap().0, 33);
        let fault = Account::apart_from(2, |_| Ok(None)).unwrap_err();
        assert!(fault.to_string().contains("postgres"), "{fault}");
    }
}
