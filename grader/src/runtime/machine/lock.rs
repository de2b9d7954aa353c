//! Locks that the kernel drops when their holder ends, however it ends.

use std::fs::{File, OpenOptions};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::cache::disk;
use crate::model::Fault;

/// A held lock; dropping it lets go.
pub(crate) type Held = Flock<File>;

/// Waits for the lock. Blocks: call it off the async threads.
pub(crate) fn wait(path: &Path) -> Result<Held, Fault> {
    Flock::lock(open(path)?, FlockArg::LockExclusive).map_err(|(_, error)| locking(path, error))
}

/// Waits for a share in the lock: others may share it, nobody may have it alone. Blocks.
pub(crate) fn share(path: &Path) -> Result<Held, Fault> {
    Flock::lock(open(path)?, FlockArg::LockShared).map_err(|(_, error)| locking(path, error))
}

/// The lock, if nobody holds it.
pub(crate) fn take(path: &Path) -> Result<Option<Held>, Fault> {
    match Flock::lock(open(path)?, FlockArg::LockExclusiveNonblock) {
        Ok(held) => Ok(Some(held)),
        Err((_, Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, error)) => Err(locking(path, error)),
    }
}

/// Turns a lock held alone into a share.
pub(crate) fn soften(held: Held) -> Result<Held, Fault> {
    match held.relock(FlockArg::LockShared) {
        Ok(()) => Ok(held),
        Err(error) => Err(Fault::new("sharing a lock", error)),
    }
}

fn open(path: &Path) -> Result<File, Fault> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path);
    file.map_err(|error| disk(format!("opening the lock {}", path.display()), path, &error))
}

fn locking(path: &Path, error: Errno) -> Fault {
    Fault::new(format!("locking {}", path.display()), error)
}
