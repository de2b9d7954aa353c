//! `.tar`, and `.tar.gz` once it is inflated.

use std::io::{self, Read};

use tar::{Archive, EntryType};

use super::Problem;
use super::site::Site;

/// Unpacks all of it.
pub(super) fn unpack(content: impl Read, site: &mut Site<'_>) -> Result<(), Problem> {
    let bounds = site.bounds();
    // Headers, padding and what is left out weigh too: half as much again is room for them.
    let most = bounds.bytes + bounds.bytes / 2;
    let content = Bounded {
        content,
        left: most,
    };
    let mut archive = Archive::new(content);
    for entry in archive.entries().map_err(|e| damaged(&e))? {
        let mut entry = entry.map_err(|e| damaged(&e))?;
        let name = entry.path_bytes().into_owned();
        let target = entry.link_name_bytes().map(|t| t.into_owned());
        let mode = entry.header().mode().unwrap_or(0);
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {
                site.file(&name, mode & 0o100 != 0, &mut entry)?;
            }
            EntryType::Directory => site.folder(&name)?,
            EntryType::Symlink => site.link(&name, &target.unwrap_or_default())?,
            EntryType::Link => site.hard(&name, &target.unwrap_or_default())?,
            EntryType::XGlobalHeader => {}
            _ => return Err(refused("it holds a device, a pipe or a sparse file")),
        }
    }
    Ok(())
}

/// Content that fails once it has given too much: what a header asks for is read into memory.
struct Bounded<R> {
    content: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other("it unpacks to too much")),
        }
        Ok(read)
    }
}

fn damaged(error: &io::Error) -> Problem {
    refused(&format!("it cannot be read as a tar: {error}"))
}

fn refused(why: &str) -> Problem {
    Problem::Refused(format!("the archive is not unpacked: {why}"))
}
