//! The room a server has left on its disk.

use std::path::Path;

use nix::sys::statvfs::statvfs;

use crate::model::{Doing, Fault};

/// A few segments of the write-ahead log as our servers have them, bytes. With less the next write may be the last.
const ENOUGH: u64 = 8 << 20;

/// What we are doing here, in the words of a fault.
const DOING: &str = "looking at the room the database has";

/// Whether there is room beside `data` for what a server writes next.
///
/// # Errors
/// A fault that names the disk, with its cure.
pub(super) fn look(data: &Path) -> Result<(), Fault> {
    let about = statvfs(data).doing(DOING)?;
    #[expect(
        clippy::useless_conversion,
        reason = "the block count has another width on macOS"
    )]
    let free = u64::from(about.blocks_available()).saturating_mul(about.fragment_size());
    let place = format!("on the disk that holds {}", data.display());
    let cure = "free some space there, or set GRADER_CACHE to a folder on a larger disk";
    judge(free, &place, cure)
}

/// Whether so many free bytes at this place are enough for what a server writes next.
///
/// # Errors
/// A fault that names the place, with this cure.
pub(crate) fn judge(free: u64, place: &str, cure: &str) -> Result<(), Fault> {
    if free >= ENOUGH {
        return Ok(());
    }
    let (left, needs) = (free >> 10, ENOUGH >> 10);
    let cause = format!("{left} KiB are left {place}, and Postgres needs {needs}");
    Err(Fault::new(DOING, cause).cure(cure))
}
