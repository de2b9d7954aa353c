//! Which files Git tracks, read from its index (`Documentation/gitformat-index.txt`, versions 2 to 4): no program
//! runs, so no setting of the submission's own repository can start one.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The flag of an entry that has two more bytes of flags.
const EXTENDED: u16 = 0x4000;
/// Bytes of an entry before its object's name.
const STAT: usize = 40;

/// The tracked paths, relative to the top of the checkout; none where the file is not one that we can read whole (a
/// split or a sparse index). `hash` is the length of an object's name in bytes: 20, or 32 in a SHA-256 repository.
pub(super) fn paths(index: &[u8], hash: usize) -> Option<BTreeSet<PathBuf>> {
    let mut reader = Reader { rest: index };
    if reader.take(4)? != b"DIRC" {
        return None;
    }
    let (version, count) = (reader.u32()?, reader.u32()?);
    if !(2..=4).contains(&version) {
        return None;
    }
    let (mut paths, mut name) = (BTreeSet::new(), Vec::new());
    for _ in 0..count {
        let before = reader.rest.len();
        reader.take(STAT + hash)?;
        if version >= 3 && reader.u16()? & EXTENDED != 0 {
            reader.take(2)?;
        } else if version == 2 {
            reader.u16()?;
        }
        let kept = match version {
            4 => name.len().checked_sub(reader.offset()?)?,
            _ => 0,
        };
        name.truncate(kept);
        name.extend_from_slice(reader.text()?);
        if version < 4 {
            // Entries end with one to eight NULs, at a multiple of eight.
            reader.take((8 - (before - reader.rest.len()) % 8) % 8)?;
        }
        if name.ends_with(b"/") {
            return None;
        }
        paths.insert(PathBuf::from(OsStr::from_bytes(&name)));
    }
    while reader.rest.len() > hash {
        let (extension, size) = (reader.take(4)?, reader.u32()?);
        if extension == b"link" {
            return None;
        }
        reader.take(size as usize)?;
    }
    Some(paths)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A text up to its NUL, which is taken too.
    fn text(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|byte| *byte == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(text)
    }

    /// A number in Git's offset encoding (`gitformat-pack`).
    fn offset(&mut self) -> Option<usize> {
        let mut byte = *self.take(1)?.first()?;
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = *self.take(1)?.first()?;
            value = value.checked_add(1)?.checked_mul(0x80)? + usize::from(byte & 0x7f);
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::*;

    fn git(folder: &Path, args: &[&str]) {
        let mut git = Command::new("git");
        git.args(args)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        assert!(git.output().unwrap().status.success(), "{args:?}");
    }

    #[test]
    fn git_and_we_agree_on_what_is_tracked() {
        let names = [
            "a",
            "b/c.txt",
            "b/cd.txt",
            "b/longer/name of a file",
            "ünïcode",
        ];
        for (format, hash) in [("sha1", 20), ("sha256", 32)] {
            for version in ["2", "3", "4"] {
                let folder = tempfile::tempdir().unwrap();
                let at = folder.path();
                std::fs::create_dir_all(at.join("b/longer")).unwrap();
                for name in names {
                    std::fs::write(at.join(name), name).unwrap();
                }
                git(at, &["init", "-q", "--object-format", format]);
                git(at, &["add", "-A"]);
                std::fs::write(at.join("untracked"), "").unwrap();
                // An intended file has extended flags, which version 2 cannot hold.
                git(at, &["add", "--intent-to-add", "untracked"]);
                git(at, &["update-index", "--index-version", version]);
                let read = paths(&std::fs::read(at.join(".git/index")).unwrap(), hash).unwrap();
                let mut all: BTreeSet<PathBuf> = names.iter().map(PathBuf::from).collect();
                all.insert("untracked".into());
                assert_eq!(read, all, "{format}, version {version}");
            }
        }
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_not_read() {
        assert_eq!(paths(b"", 20), None);
        assert_eq!(paths(b"DIRC\0\0\0\x02\0\0\0\x01half an entry", 20), None);
        assert_eq!(paths(b"GIRC\0\0\0\x02\0\0\0\0", 20), None);
    }
}
