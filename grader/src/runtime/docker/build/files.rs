//! Small files of a submission, read as text.

use std::io::{self, Read};
use std::path::Path;

use crate::runtime::machine::copy;
use crate::submission::{EntryKind, Submission};

/// More than any manifest or lockfile has.
const MAX: u64 = 16 << 20;

/// The text of a file at the top of the submission; none if there is no such file, or it is something else.
pub(super) fn read(submission: &Submission, name: &str) -> io::Result<Option<String>> {
    let is = |kind: &EntryKind| matches!(kind, EntryKind::File { .. });
    let mut entries = submission.tree.entries.iter();
    if !entries.any(|entry| entry.path == Path::new(name) && is(&entry.kind)) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    copy::open(&submission.root.join(name))?
        .take(MAX)
        .read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether there is a file of this name at the top.
pub(super) fn has(submission: &Submission, name: &str) -> bool {
    let mut entries = submission.tree.entries.iter();
    entries.any(|entry| entry.path == Path::new(name))
}
