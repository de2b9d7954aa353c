//! `.tar`, and `.tar.gz` once it is inflated.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use tar::{Archive, EntryType};

use super::Problem;
use super::site::Site;

/// Bytes there may be between two entries: headers, long names, and what PAX says of the next one. It is read into
/// memory.
const BETWEEN: u64 = 1 << 20;

/// Unpacks all of it.
pub(super) fn unpack(content: impl Read, site: &mut Site<'_>) -> Result<(), Problem> {
    let bounds = site.bounds();
    // Headers, padding and what is left out weigh too: half as much again is room for them.
    let most = bounds.bytes + bounds.bytes / 2;
    let now = Rc::new(Cell::new(BETWEEN));
    let content = Bounded {
        content,
        left: most,
        now: Rc::clone(&now),
    };
    let mut archive = Archive::new(content);
    let mut entries = archive.entries().map_err(|e| damaged(&e))?;
    loop {
        now.set(BETWEEN);
        let Some(entry) = entries.next() else {
            return Ok(());
        };
        let mut entry = entry.map_err(|e| damaged(&e))?;
        now.set(most);
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
        // What was left out is passed over here, and not between two entries.
        io::copy(&mut entry, &mut io::sink()).map_err(|e| damaged(&e))?;
    }
}

/// Content that fails once it has given too much, in all or since somebody said what is enough for now.
struct Bounded<R> {
    content: R,
    left: u64,
    now: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(buffer)?;
        let less = |left: u64| left.checked_sub(read as u64);
        match (less(self.left), less(self.now.get())) {
            (Some(left), Some(now)) => {
                self.left = left;
                self.now.set(now);
                Ok(read)
            }
            _ => Err(io::Error::other("it unpacks to too much")),
        }
    }
}

fn damaged(error: &io::Error) -> Problem {
    refused(&format!("it cannot be read as a tar: {error}"))
}

fn refused(why: &str) -> Problem {
    Problem::Refused(format!("the archive is not unpacked: {why}"))
}
