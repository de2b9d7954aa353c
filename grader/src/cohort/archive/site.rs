//! The folder an archive is unpacked into. Every name is vetted here, every byte counted here.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{Bounds, Problem};
use crate::model::{Doing, Fault};
use crate::report::{cut, one_line};

/// Folders that tools make again and that no submission is read from, and what macOS and Windows leave in archives.
const LEFT_OUT: [&str; 7] = [
    "node_modules",
    ".venv",
    "__pycache__",
    "__MACOSX",
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Folder,
    File,
    Link,
}

/// A folder being filled.
pub(super) struct Site<'f> {
    folder: &'f Path,
    bounds: Bounds,
    /// Bytes of the archive.
    size: u64,
    bytes: u64,
    entries: usize,
    /// What is there, by its path in lower case: some file systems tell no case apart.
    names: BTreeMap<String, (String, What)>,
    links: Vec<(PathBuf, String)>,
}

impl<'f> Site<'f> {
    pub(super) fn new(folder: &'f Path, bounds: Bounds, size: u64) -> Self {
        Self {
            folder,
            bounds,
            size,
            bytes: 0,
            entries: 0,
            names: BTreeMap::new(),
            links: Vec::new(),
        }
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// A folder; one that is there already is fine.
    pub(super) fn folder(&mut self, name: &[u8]) -> Result<(), Problem> {
        let Some(path) = self.claim(name, What::Folder)? else {
            return Ok(());
        };
        fs::create_dir_all(&path)
            .doing(writing(&path))
            .map_err(Problem::Ours)
    }

    /// A file with this content. Of its mode it keeps whether its owner may execute it.
    pub(super) fn file(
        &mut self,
        name: &[u8],
        executable: bool,
        content: &mut dyn Read,
    ) -> Result<(), Problem> {
        let Some(path) = self.claim(name, What::File)? else {
            return Ok(());
        };
        let mut file = made(&path, executable)?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = content.read(&mut buffer).map_err(|error| {
                Problem::Refused(format!("`{}` cannot be read: {error}", shown(name)))
            })?;
            if read == 0 {
                return Ok(());
            }
            self.weigh(read as u64)?;
            file.write_all(buffer.get(..read).unwrap_or_default())
                .doing(writing(&path))?;
        }
    }

    /// A symlink. It is made at the end, so that nothing is written through it.
    pub(super) fn link(&mut self, name: &[u8], target: &[u8]) -> Result<(), Problem> {
        let target = match std::str::from_utf8(target) {
            Ok(target) => stays(name, target).then(|| target.to_owned()),
            Err(_) => None,
        };
        let Some(path) = self.claim(name, What::Link)? else {
            return Ok(());
        };
        let Some(target) = target else {
            let name = shown(name);
            return Err(refused(&format!("the link `{name}` leads out of it")));
        };
        self.links.push((path, target));
        Ok(())
    }

    /// A hard link to a file that came before: here it is a copy.
    pub(super) fn hard(&mut self, name: &[u8], target: &[u8]) -> Result<(), Problem> {
        if left_out(&parts(name, self.bounds)?) {
            return Ok(());
        }
        let from = parts(target, self.bounds)?.join("/");
        let known = self.names.get(&from.to_lowercase());
        if !known.is_some_and(|(path, what)| *path == from && *what == What::File) {
            let name = shown(name);
            return Err(refused(&format!(
                "the link `{name}` leads to no file of it"
            )));
        }
        let path = self.folder.join(&from);
        let mut file = File::open(&path).doing(writing(&path))?;
        let mode = file.metadata().doing(writing(&path))?.permissions().mode();
        self.file(name, mode & 0o100 != 0, &mut file)
    }

    /// Makes the links.
    pub(super) fn finish(self) -> Result<(), Problem> {
        for (path, target) in &self.links {
            std::os::unix::fs::symlink(target, path).doing(writing(path))?;
        }
        Ok(())
    }

    fn weigh(&mut self, bytes: u64) -> Result<(), Problem> {
        self.bytes += bytes;
        let Bounds {
            bytes,
            ratio,
            slack,
            ..
        } = self.bounds;
        if self.bytes > bytes {
            let mib = bytes >> 20;
            return Err(refused(&format!("it unpacks to more than {mib} MiB")));
        }
        if self.bytes > slack + self.size.saturating_mul(ratio) {
            return Err(refused(&format!(
                "it unpacks to more than {ratio} times its size"
            )));
        }
        Ok(())
    }

    /// The place of a name, taken for this; none where such files are left out.
    fn claim(&mut self, name: &[u8], what: What) -> Result<Option<PathBuf>, Problem> {
        let parts = parts(name, self.bounds)?;
        if parts.is_empty() || left_out(&parts) {
            return Ok(None);
        }
        self.entries += 1;
        if self.entries > self.bounds.entries {
            let most = self.bounds.entries;
            return Err(refused(&format!("it holds more than {most} files")));
        }
        for n in 1..parts.len() {
            let above = parts.get(..n).unwrap_or_default().join("/");
            self.take(above, What::Folder)?;
        }
        let path = self.folder.join(parts.join("/"));
        self.take(parts.join("/"), what)?;
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).doing(writing(above))?;
        }
        Ok(Some(path))
    }

    fn take(&mut self, path: String, what: What) -> Result<(), Problem> {
        let key = path.to_lowercase();
        let Some((there, is)) = self.names.get(&key) else {
            self.names.insert(key, (path, what));
            return Ok(());
        };
        if *there != path {
            let (one, two) = (shown(there.as_bytes()), shown(path.as_bytes()));
            return Err(refused(&format!("`{one}` and `{two}` differ only in case")));
        }
        match (is, what) {
            (What::Folder, What::Folder) => Ok(()),
            _ => Err(refused(&format!(
                "`{}` is in it twice",
                shown(path.as_bytes())
            ))),
        }
    }
}

fn left_out(parts: &[&str]) -> bool {
    parts.iter().any(|part| LEFT_OUT.contains(part))
}

/// The names of a path from the top, or why it is none that may be written to.
fn parts(name: &[u8], bounds: Bounds) -> Result<Vec<&str>, Problem> {
    let bad = |why: &str| refused(&format!("the name `{}` {why}", shown(name)));
    if name.len() > bounds.path {
        return Err(bad("is too long"));
    }
    let text = std::str::from_utf8(name).map_err(|_| bad("is not UTF-8"))?;
    if text.contains('\\') {
        return Err(bad("has a backslash in it"));
    }
    if text.chars().any(char::is_control) {
        return Err(bad("has a control character in it"));
    }
    let mut letters = text.chars();
    let drive = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    if text.starts_with('/') || drive && letters.next() == Some(':') {
        return Err(bad("begins at the root of a disk"));
    }
    let parts: Vec<&str> = text
        .split('/')
        .filter(|p| !matches!(*p, "" | "."))
        .collect();
    if parts.contains(&"..") {
        return Err(bad("leads out of it"));
    }
    if parts.len() > bounds.depth || parts.iter().any(|part| part.len() > 255) {
        return Err(bad("is too deep or too long"));
    }
    Ok(parts)
}

/// Whether a link's target is relative, climbs only at its beginning, and no higher than the top. Folders above the
/// link are real ones, so it stays inside whatever else is linked.
fn stays(name: &[u8], target: &str) -> bool {
    let text = String::from_utf8_lossy(name);
    let above = text.split('/').filter(|p| !matches!(*p, "" | ".")).count();
    let steps = target.split('/').filter(|p| !matches!(*p, "" | "."));
    let steps: Vec<&str> = steps.collect();
    let climbs = steps.iter().take_while(|s| **s == "..").count();
    let plain = !target.is_empty()
        && !target.starts_with('/')
        && !target.chars().any(|c| c == '\\' || c.is_control());
    plain && climbs < above && !steps.iter().skip(climbs).any(|s| *s == "..")
}

fn made(path: &Path, executable: bool) -> Result<File, Fault> {
    let mode = if executable { 0o755 } else { 0o644 };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    options.open(path).doing(writing(path))
}

fn writing(path: &Path) -> String {
    format!("writing {}", path.display())
}

/// A name as a message shows it.
fn shown(name: &[u8]) -> String {
    cut(&one_line(&String::from_utf8_lossy(name)), 80)
}

fn refused(why: &str) -> Problem {
    Problem::Refused(format!("the archive is not unpacked: {why}"))
}
