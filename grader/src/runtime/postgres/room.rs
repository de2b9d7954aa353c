//! The room a server has left on its disk.

use std::path::Path;

use nix::sys::statvfs::statvfs;

use crate::model::{Doing, Fault};

/// A few segments of the write-ahead log as our servers have them, bytes. With less the next write may be the last.
const ENOUGH: u64 = 8 << 20;

/// Whether there is room beside `data` for what a server writes next.
///
/// # Errors
/// A fault that names the disk, with its cure.
pub(super) fn look(data: &Path) -> Result<(), Fault> {
    let doing = "looking at the room the database has";
    let about = statvfs(data).doing(doing)?;
    #[expect(
        clippy::useless_conversion,
        reason = "the block count has another width on macOS"
    )]
    let free = u64::from(about.blocks_available()).saturating_mul(about.fragment_size());
    if free >= ENOUGH {
        return Ok(());
    }
    let cause = format!(
        "{} KiB are left on the disk that holds {}, and Postgres needs {}",
        free >> 10,
        data.display(),
        ENOUGH >> 10
    );
    let cure = "free some space there, or set GRADER_CACHE to a folder on a larger disk";
    Err(Fault::new(doing, cause).cure(cure))
}
