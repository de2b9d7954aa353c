//! The disk an engine builds on, watched because no engine limits what a build writes.
//!
//! The engine counts a layer only when its step is done, so the free space of its folder is watched instead, where
//! that folder is on this machine. Others write to the same disk: what a build took is known from what comes back
//! when it is stopped.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bollard::Docker;
use bollard::models::SystemInfo;

/// Free bytes below which a build is stopped: a full disk takes more down than the build.
const FLOOR: u64 = 1 << 30;
/// How long the engine may take to give back what a stopped build wrote.
const BACK: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(100);

/// The free space of an engine's folder since a build began.
#[derive(Debug)]
pub(super) struct Disk {
    folder: PathBuf,
    at_start: u64,
    room: u64,
}

/// Why a build must stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full {
    free: u64,
    grown: u64,
}

impl Disk {
    /// The disk of this engine, on which a build may take `room` bytes; none where it cannot be seen from here.
    pub(super) async fn of(engine: &Docker, room: u64) -> Option<Self> {
        let info = engine.info().await.ok()?;
        here(&info).then_some(())?;
        let folder = PathBuf::from(info.docker_root_dir?);
        let at_start = free(&folder)?;
        Some(Self {
            folder,
            at_start,
            room,
        })
    }

    /// Whether it is time to stop.
    pub(super) fn full(&self) -> Option<Full> {
        let free = free(&self.folder)?;
        let grown = self.at_start.saturating_sub(free);
        (grown > self.room || (free < FLOOR && grown > 0)).then_some(Full { free, grown })
    }

    /// Whether it was the build that filled it: most of what went comes back with it. Waits a little for that.
    pub(super) async fn was_ours(&self, full: Full) -> bool {
        let until = tokio::time::Instant::now() + BACK;
        loop {
            let back = free(&self.folder).map_or(0, |now| now.saturating_sub(full.free));
            if full.grown > self.room && back > full.grown / 2 {
                return true;
            }
            if tokio::time::Instant::now() > until {
                return false;
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// Whether the engine's folders are this machine's: same name, same kernel.
fn here(info: &SystemInfo) -> bool {
    let own = |file: &str| {
        let text = std::fs::read_to_string(Path::new("/proc/sys/kernel").join(file)).ok()?;
        Some(text.trim().to_owned())
    };
    info.name.is_some()
        && info.name == own("hostname")
        && info.kernel_version.is_some()
        && info.kernel_version == own("osrelease")
}

/// Bytes free to anybody on the disk of this folder, which need not be readable.
fn free(folder: &Path) -> Option<u64> {
    let about = nix::sys::statvfs::statvfs(folder).ok()?;
    // These numbers have other widths on other systems.
    let bytes = u128::from(about.blocks_available()) * u128::from(about.fragment_size());
    u64::try_from(bytes).ok()
}
