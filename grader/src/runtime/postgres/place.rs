//! Putting a cluster's files in place.

use std::path::Path;

use tempfile::TempDir;

use super::account::Account;
use super::copy::{copy_folder, copy_folder_without};
use super::template::Template;
use crate::model::{Doing, Fault};

/// The database that new ones are made from, in every version.
const TEMPLATE_DATABASE: &str = "base/1";

pub(super) type Copying = std::thread::JoinHandle<Result<(), Fault>>;

/// Copies what a server needs to start, and begins to copy the spare database. What is given back copies what other
/// databases are made from.
pub(super) async fn copied(
    template: &Template,
    data: &Path,
    account: Account,
    settings: &[(String, String)],
) -> Result<(Copying, impl FnOnce() -> Result<(), Fault> + Send + use<>), Fault> {
    let doing = "copying a prepared data directory";
    let (from, to) = (template.data.clone(), data.to_path_buf());
    let later = [from.join(&template.spare), from.join(TEMPLATE_DATABASE)];
    let copying = tokio::task::spawn_blocking(move || {
        copy_folder_without(&from, &to, &later, account).map_err(|e| not_copied(&to, &e))
    });
    copying.await.doing(doing)??;
    let more = settings.iter().map(|(name, value)| {
        let value = value.replace('\'', "''");
        format!("{name} = '{value}'\n")
    });
    let conf = data.join("postgresql.conf");
    let before = std::fs::read_to_string(&conf).doing(doing)?;
    std::fs::write(&conf, before + &more.collect::<String>()).doing(doing)?;
    let copy = |folder: &Path| {
        let (from, to) = (template.data.join(folder), data.join(folder));
        move || copy_folder(&from, &to, account).map_err(|e| not_copied(&to, &e))
    };
    let (spare, others) = (copy(&template.spare), copy(Path::new(TEMPLATE_DATABASE)));
    Ok((std::thread::spawn(spare), others))
}

fn not_copied(to: &Path, error: &std::io::Error) -> Fault {
    let doing = format!("copying a prepared data directory to {}", to.display());
    let fault = Fault::new(doing, error);
    match error.kind() {
        std::io::ErrorKind::StorageFull => {
            fault.cure("free some disk space, or point TMPDIR to a disk that has some")
        }
        _ => fault,
    }
}

/// A private folder in `parent`, removed when dropped.
pub(super) fn private_in(account: Account, parent: &Path) -> Result<TempDir, Fault> {
    let made = tempfile::Builder::new().prefix("pg-").tempdir_in(parent);
    let folder = made.doing(format!("making a folder in {}", parent.display()))?;
    account.private_folder(folder.path())?;
    Ok(folder)
}

/// A folder for the socket, which only the server's account and root can enter. A socket's path holds at most
/// 107 bytes on Linux and 103 on macOS; where `near` is too deep it is made in `/tmp`.
pub(super) fn socket_folder(account: Account, near: &Path) -> Result<TempDir, Fault> {
    const NAME: usize = "/pg-XXXXXX/.s.PGSQL.65535".len();
    if near.as_os_str().len() + NAME <= 100 {
        private_in(account, near)
    } else {
        private_in(account, Path::new("/tmp"))
    }
}
