//! Files appear whole or not at all.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::model::{Doing, Fault};

/// Writes a file so that a reader, or a crash in between, never meets half of it. Missing folders are
/// made. A link is followed; a pipe or a device (`/dev/stdout`) is written to and not replaced.
///
/// # Errors
/// Whatever the file system says, with the path.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let doing = || format!("writing the report to {}", path.display());
    let cure = "name a file in a folder you may write to";
    if fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        let mut device = fs::OpenOptions::new()
            .write(true)
            .open(path)
            .doing(doing())?;
        return device.write_all(bytes).doing(doing());
    }
    if path.is_dir() {
        return Err(Fault::new(doing(), "this is a folder").cure(cure));
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    replace(folder, &target, bytes)
        .doing(doing())
        .map_err(|f| f.cure(cure))
}

/// Whether [`write_atomically`] can be expected to work here; nothing is left behind.
///
/// # Errors
/// Why not, with the path.
pub fn writable(path: &Path) -> Result<(), Fault> {
    let doing = || {
        format!(
            "looking whether the report can be written to {}",
            path.display()
        )
    };
    let cure = "name a file in a folder you may write to";
    if path.is_dir() {
        return Err(Fault::new(doing(), "this is a folder").cure(cure));
    }
    if fs::metadata(path).is_ok_and(|m| !m.is_file()) {
        // Opening a pipe would wait for its reader, who may come later.
        return Ok(());
    }
    let target = fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .doing(doing())?;
    // The folders that are missing will be made in the first that is there.
    let there = target.ancestors().skip(1).find(|a| a.exists());
    tempfile::tempfile_in(there.unwrap_or(&target))
        .doing(doing())
        .map_err(|f| f.cure(cure))?;
    Ok(())
}

fn replace(folder: &Path, target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut draft = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A report is no secret: others may read it as far as the umask lets them.
        draft.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut draft = draft.prefix(".report-").tempfile_in(folder)?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    draft.persist(target)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_with_its_folder_and_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/report.json");
        write_atomically(&path, b"a long first version").unwrap();
        write_atomically(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_is_refused_with_a_cure() {
        let dir = tempfile::tempdir().unwrap();
        let fault = write_atomically(dir.path(), b"x").unwrap_err();
        assert!(fault.to_string().contains("this is a folder"), "{fault}");
        assert!(fault.cure.is_some());
    }

    #[test]
    fn a_place_is_tried_without_leaving_anything() {
        let dir = tempfile::tempdir().unwrap();
        writable(&dir.path().join("a/b/report.json")).unwrap();
        writable(Path::new("/dev/null")).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(writable(dir.path()).is_err());
        let file = dir.path().join("file");
        fs::write(&file, "kept").unwrap();
        writable(&file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"kept");
        let below = writable(&file.join("report.json")).unwrap_err();
        assert!(below.to_string().contains("file/report.json"), "{below}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_devices_stay_devices() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        write_atomically(Path::new("/dev/null"), b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
