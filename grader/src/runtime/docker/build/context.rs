//! What is sent to the engine: the files of the submission, as a tar stream that is the same for the same files.
//!
//! What tools make again (`.git`, `node_modules`, `target`, virtual environments) is never sent: a build starts from
//! a clean copy, as on the local runtime. Then `.dockerignore` has its say. Symlinks are sent as links and never
//! followed; one that leads out of the folder leads out of the image's folder then. A hard link is a file like any
//! other; sockets, pipes and devices are not sent. Dockerfile and `.dockerignore` always are, for the builder wants
//! them: a difference from the command line is that `COPY . .` takes them along even where they ignore themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use super::files::read;
use super::ignore::Ignore;
use crate::model::Fault;
use crate::runtime::machine::copy;
use crate::submission::{EntryKind, Submission};

/// 1 January 2000, in seconds: the time of every file, so that equal files make equal layers; ZIP knows no year
/// before 1980.
const TIME: u64 = 946_684_800;

/// More bytes than a service's build needs.
const MAX_BYTES: u64 = 512 << 20;
/// More files than a service's build needs.
const MAX_FILES: usize = 20_000;
/// How many of the largest entries a refusal names.
const NAMED: usize = 3;

/// The name of the Dockerfile in what is sent.
pub(super) const DOCKERFILE: &str = "Dockerfile";

/// What is sent.
#[derive(Debug, Clone)]
pub(super) struct Context {
    root: PathBuf,
    /// Sorted by path.
    entries: BTreeMap<PathBuf, EntryKind>,
    /// The text of the Dockerfile, which may be another than the file's.
    dockerfile: String,
}

impl Context {
    /// Chooses what is sent. Blocks.
    ///
    /// # Errors
    /// A sentence on what is too large, or on a `.dockerignore` that cannot be read.
    pub(super) fn of(submission: &Submission, dockerfile: String) -> Result<Self, Refused> {
        let root = submission.root.clone();
        let ignore = ignore(submission)?;
        let links = submission.tree.outside.iter().filter_map(|path| {
            let target = std::fs::read_link(root.join(path)).ok()?;
            Some((path.clone(), EntryKind::Link(target)))
        });
        let all = submission.tree.entries.iter();
        let all = all.map(|entry| (entry.path.clone(), entry.kind.clone()));
        let mut entries = BTreeMap::new();
        let mut parents = BTreeSet::new();
        for (path, kind) in all.chain(links) {
            let always = [".dockerignore", "Dockerfile.dockerignore"].map(Path::new);
            if path == Path::new(DOCKERFILE)
                || (ignore.excludes(&path) && !always.contains(&path.as_path()))
            {
                continue;
            }
            // A folder that is left out is needed for what was taken back in.
            parents.extend(path.ancestors().skip(1).map(Path::to_owned));
            entries.insert(path, kind);
        }
        parents.remove(Path::new(""));
        entries.extend(parents.into_iter().map(|path| (path, EntryKind::Folder)));
        let context = Self {
            root,
            entries,
            dockerfile,
        };
        context.bounded()?;
        Ok(context)
    }

    /// Whether something is sent at this path.
    pub(super) fn holds(&self, path: &str) -> bool {
        self.entries.contains_key(Path::new(path))
    }

    /// SHA-256 over all that is sent. Reads every file. Blocks.
    pub(super) fn digest(&self) -> Result<[u8; 32], Fault> {
        let mut sum = Sum(Sha256::new());
        self.pack(&mut sum)
            .map_err(|error| Fault::new("reading the submission", error))?;
        Ok(sum.0.finalize().into())
    }

    /// Writes the tar archive, one file at a time. Blocks.
    pub(super) fn pack(&self, to: impl Write) -> io::Result<()> {
        let mut archive = Builder::new(to);
        let mut file = header(EntryType::Regular, 0o644);
        file.set_size(self.dockerfile.len() as u64);
        archive.append_data(&mut file, DOCKERFILE, self.dockerfile.as_bytes())?;
        for (path, kind) in &self.entries {
            match kind {
                EntryKind::Folder => {
                    let mut folder = header(EntryType::Directory, 0o755);
                    archive.append_data(&mut folder, path, io::empty())?;
                }
                EntryKind::Link(target) => {
                    let mut link = header(EntryType::Symlink, 0o777);
                    archive.append_link(&mut link, path, target)?;
                }
                EntryKind::File { executable } => {
                    let mut file =
                        header(EntryType::Regular, if *executable { 0o755 } else { 0o644 });
                    let named = |error: io::Error| {
                        io::Error::new(error.kind(), format!("{}: {error}", path.display()))
                    };
                    let content = copy::open(&self.root.join(path)).map_err(named)?;
                    let about = content.metadata().map_err(named)?;
                    if !about.is_file() {
                        return Err(named(io::ErrorKind::InvalidInput.into()));
                    }
                    let size = about.len();
                    file.set_size(size);
                    // A file that grows or shrinks meanwhile must not shift what follows it.
                    let content = content.take(size).chain(io::repeat(0)).take(size);
                    archive.append_data(&mut file, path, content)?;
                }
            }
        }
        archive.into_inner()?.flush()
    }

    fn bounded(&self) -> Result<(), Refused> {
        let files = self.entries.iter().filter_map(|(path, kind)| match kind {
            EntryKind::File { .. } => {
                let about = std::fs::symlink_metadata(self.root.join(path)).ok()?;
                Some((path.as_path(), about.len()))
            }
            _ => None,
        });
        bounded(files, self.entries.len(), MAX_BYTES, MAX_FILES)
    }
}

/// Why a folder is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// Its `.dockerignore` cannot be understood; the builder would refuse it too.
    Ignore(String),
    /// There is too much of it.
    TooLarge {
        /// How much, and the largest entries.
        what: String,
    },
    /// A file of it cannot be read.
    Unreadable(Fault),
}

fn ignore(submission: &Submission) -> Result<Ignore, Refused> {
    // The one beside the Dockerfile's own name wins, as it does for BuildKit.
    for name in ["Dockerfile.dockerignore", ".dockerignore"] {
        match read(submission, name) {
            Ok(Some(text)) => {
                return Ignore::parse(&text)
                    .map_err(|problem| Refused::Ignore(format!("{name}, {problem}")));
            }
            Ok(None) => {}
            Err(error) => {
                let fault = Fault::new(format!("reading {name}"), error);
                return Err(Refused::Unreadable(fault));
            }
        }
    }
    Ok(Ignore::default())
}

/// Refuses what is too much, and names what makes it so: the entries at the top that hold the most.
fn bounded<'a>(
    files: impl Iterator<Item = (&'a Path, u64)>,
    count: usize,
    max_bytes: u64,
    max_files: usize,
) -> Result<(), Refused> {
    let mut tops: BTreeMap<String, (u64, usize)> = BTreeMap::new();
    for (path, bytes) in files {
        let top = path.components().next().map(|part| part.as_os_str());
        let top = top.unwrap_or_default().to_string_lossy().into_owned();
        let (sum, number) = tops.entry(top).or_default();
        *sum += bytes;
        *number += 1;
    }
    let total: u64 = tops.values().map(|(bytes, _)| bytes).sum();
    if total <= max_bytes && count <= max_files {
        return Ok(());
    }
    let mut tops: Vec<_> = tops.into_iter().collect();
    let by_size = total > max_bytes;
    tops.sort_by_key(|(_, (bytes, number))| {
        std::cmp::Reverse(if by_size { *bytes } else { *number as u64 })
    });
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let named: Vec<String> = tops
        .iter()
        .take(NAMED)
        .map(|(top, (bytes, number))| format!("`{top}` ({} MiB, {number} files)", mib(*bytes)))
        .collect();
    Err(Refused::TooLarge {
        what: format!(
            "{} MiB in {count} entries would be sent to the engine, and at most {} MiB in {max_files} are; the most \
             is in {}",
            mib(total),
            mib(max_bytes),
            named.join(", ")
        ),
    })
}

fn header(kind: EntryType, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_mtime(TIME);
    header.set_size(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Where an archive goes of which only the sum is wanted.
struct Sum(Sha256);

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
