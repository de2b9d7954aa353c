//! Small files of a submission, read as text.

use std::io::{self, Read};
use std::path::Path;

use crate::runtime::machine::copy;
use crate::submission::{EntryKind, Submission};

/// More than any manifest or lockfile has.
const MAX: u64 = 16 << 20;

/// The text of a file at the top of the submission, or of the one in the folder that a link of this name leads to;
/// none if there is no such file, or it is something else.
pub(super) fn read(submission: &Submission, name: &str) -> io::Result<Option<String>> {
    let path = submission.root.join(name);
    let mut entries = submission.tree.entries.iter();
    let path = match entries
        .find(|entry| entry.path == Path::new(name))
        .map(|entry| &entry.kind)
    {
        Some(EntryKind::File { .. }) => path,
        // A link that leads nowhere, or out of the folder, is no file.
        Some(EntryKind::Link(_)) => match path.canonicalize() {
            Ok(real) if real.starts_with(&submission.root) && real.is_file() => real,
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    let mut bytes = Vec::new();
    copy::open(&path)?.take(MAX).read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether there is a file of this name at the top.
pub(super) fn has(submission: &Submission, name: &str) -> bool {
    let mut entries = submission.tree.entries.iter();
    entries.any(|entry| entry.path == Path::new(name))
}
