//! Archives that strangers made: unpacked whole or not at all, and nowhere but into an empty folder of ours.

mod site;
mod tars;
#[cfg(test)]
mod tests;
mod zips;

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::model::{Doing, Fault};
use site::Site;

/// What an archive may hold. More than a service needs; less than hurts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Bytes of the archive itself.
    pub(super) archive: u64,
    /// Bytes of all files together.
    pub(super) bytes: u64,
    /// Files, folders and links.
    pub(super) entries: usize,
    /// How many times the archive's own size its files may have, beyond [`Bounds::slack`].
    pub(super) ratio: u64,
    /// Bytes that no ratio is asked of.
    pub(super) slack: u64,
    /// Names above each other.
    pub(super) depth: usize,
    /// Bytes of one path.
    pub(super) path: usize,
}

impl Bounds {
    /// Those of `grader batch`.
    pub(super) const USUAL: Self = Self {
        archive: 256 << 20,
        bytes: 512 << 20,
        entries: 50_000,
        ratio: 100,
        slack: 32 << 20,
        depth: 40,
        path: 1024,
    };
}

/// The kinds of archive that are unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `.zip`
    Zip,
    /// `.tar`
    Tar,
    /// `.tar.gz`, `.tgz`
    TarGz,
}

impl Kind {
    /// The kind a file's name says, and the name without it.
    pub fn of(name: &str) -> Option<(Self, &str)> {
        let ends = [
            (".zip", Self::Zip),
            (".tar", Self::Tar),
            (".tar.gz", Self::TarGz),
            (".tgz", Self::TarGz),
        ];
        ends.into_iter().find_map(|(end, kind)| {
            let at = name.len().checked_sub(end.len()).filter(|at| *at > 0)?;
            let (stem, tail) = name.split_at_checked(at)?;
            tail.eq_ignore_ascii_case(end).then_some((kind, stem))
        })
    }
}

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// It is not one that may be unpacked: whoever made it can make another.
    #[error("{0}")]
    Refused(String),
    /// We could not.
    #[error(transparent)]
    Ours(#[from] Fault),
}

/// Unpacks `archive` into `folder`, which is empty, and gives the folder of the submission: where the archive has one
/// folder at its top and nothing else, that one. After an error the folder holds a part of it: throw it away.
pub(super) fn unpack(
    archive: &Path,
    kind: Kind,
    folder: &Path,
    bounds: Bounds,
) -> Result<PathBuf, Problem> {
    let doing = || format!("opening {}", archive.display());
    let file = File::open(archive).doing(doing())?;
    let size = file.metadata().doing(doing())?.len();
    if size > bounds.archive {
        let (is, may) = (size >> 20, bounds.archive >> 20);
        return Err(Problem::Refused(format!(
            "the archive has {is} MiB, and {may} MiB are allowed"
        )));
    }
    let mut site = Site::new(folder, bounds, size);
    match kind {
        Kind::Zip => zips::unpack(file, &mut site)?,
        Kind::Tar => tars::unpack(file, &mut site)?,
        Kind::TarGz => tars::unpack(flate2::read::MultiGzDecoder::new(file), &mut site)?,
    }
    site.finish()?;
    top(folder)
}

/// The one folder at the top, else all of it.
fn top(folder: &Path) -> Result<PathBuf, Problem> {
    let doing = "looking into an unpacked archive";
    let mut entries = std::fs::read_dir(folder).doing(doing)?;
    let Some(first) = entries.next().transpose().doing(doing)? else {
        return Err(Problem::Refused("the archive holds no files".to_owned()));
    };
    let alone = entries.next().is_none() && first.file_type().doing(doing)?.is_dir();
    Ok(if alone { first.path() } else { folder.into() })
}
