//! Copying a prepared data directory.

use std::fs;
use std::io::{Error, Result};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::account::Account;

/// Copies a folder of plain files to `to`, which must not exist, and gives the copy to `account`. Where the file
/// system can share blocks it does (`copy_file_range`). Anything but files and folders is refused: a link in
/// a prepared directory was put there by somebody else.
pub(crate) fn copy_folder(from: &Path, to: &Path, account: Account) -> Result<()> {
    copy_folder_without(from, to, &[], account)
}

/// The same, but `without` some folders in it.
pub(crate) fn copy_folder_without(
    from: &Path,
    to: &Path,
    without: &[PathBuf],
    account: Account,
) -> Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o700))?;
    account.own(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let target = to.join(entry.file_name());
        if without.contains(&entry.path()) {
            continue;
        }
        if kind.is_dir() {
            copy_folder_without(&entry.path(), &target, without, account)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target)?;
            account.own(&target)?;
        } else {
            let path = entry.path();
            let why = format!("{} is neither a file nor a folder", path.display());
            return Err(Error::other(why));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_depth_and_refuses_links() {
        let here = tempfile::tempdir().unwrap();
        let from = here.path().join("from");
        fs::create_dir_all(from.join("a/b")).unwrap();
        fs::write(from.join("a/b/c"), "text").unwrap();
        let account = Account::choose().unwrap();
        let to = here.path().join("to");
        copy_folder(&from, &to, account).unwrap();
        assert_eq!(fs::read_to_string(to.join("a/b/c")).unwrap(), "text");
        std::os::unix::fs::symlink("/etc/passwd", from.join("link")).unwrap();
        let error = copy_folder(&from, &here.path().join("again"), account).unwrap_err();
        assert!(error.to_string().contains("link is neither"), "{error}");
    }
}
