//! A name for the content of a folder.

use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{EntryKind, SubmissionProblem, Tree};

/// SHA-256 over every file, folder and link of the tree: relative path, kind and content, each with its length,
/// so that no two trees spell the same bytes. Hex.
pub(super) fn of(root: &Path, tree: &Tree) -> Result<String, SubmissionProblem> {
    let mut hash = Sha256::new();
    for entry in &tree.entries {
        field(&mut hash, entry.path.as_os_str().as_bytes());
        match &entry.kind {
            EntryKind::Folder => hash.update(b"d"),
            EntryKind::Link(target) => {
                hash.update(b"l");
                field(&mut hash, target.as_os_str().as_bytes());
            }
            EntryKind::File { executable } => {
                hash.update(if *executable { b"x" } else { b"f" });
                let path = root.join(&entry.path);
                let content = content(&path);
                hash.update(content.map_err(|e| SubmissionProblem::unreadable(&path, &e))?);
            }
        }
    }
    Ok(hex(&hash.finalize()))
}

fn field(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

fn content(path: &Path) -> std::io::Result<[u8; 32]> {
    let mut file = BufReader::with_capacity(64 << 10, File::open(path)?);
    let mut hash = Sha256::new();
    let mut buffer = [0; 16 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            n => hash.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
