//! Processes of a run, found by the run id in their environment: also those that left their process group.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpgid};
use sysinfo::{ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

/// The variable that marks every process of a run: `<run>.<world>.<replica>`, `<run>.build`, `<run>.postgres`.
pub(crate) const MARK: &str = "GRADER_RUN";

/// What tells a process of ours from any other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kin {
    /// The value of [`MARK`], or what stands before a dot in it.
    pub(crate) mark: String,
    /// A process group; its members may have wiped their environment.
    pub(crate) group: Option<u32>,
    /// A folder that processes of another user than ours work in: they may have done both.
    pub(crate) folder: Option<PathBuf>,
}

/// The living processes of a kin, sorted. Blocks for a few milliseconds.
pub(crate) fn family(kin: &Kin) -> Vec<u32> {
    let (mark, folder) = (kin.mark.as_str(), kin.folder.as_deref());
    let mut system = System::new();
    let what = ProcessRefreshKind::nothing()
        .with_environ(UpdateKind::Always)
        .with_cwd(UpdateKind::Always)
        .with_user(UpdateKind::Always)
        .without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let me = nix::unistd::Uid::effective().as_raw();
    let marked = |process: &sysinfo::Process| {
        process.environ().iter().any(|variable| {
            let value = variable
                .to_str()
                .and_then(|v| v.strip_prefix(MARK)?.strip_prefix('='));
            value
                .and_then(|v| v.strip_prefix(mark))
                .is_some_and(|r| r.is_empty() || r.starts_with('.'))
        })
    };
    let works_there = |process: &sysinfo::Process| {
        let other = process.user_id().is_some_and(|user| **user != me);
        other && folder.is_some_and(|f| process.cwd().is_some_and(|cwd| cwd.starts_with(f)))
    };
    let grouped = |process: &sysinfo::Process| {
        let pid = Pid::from_raw(process.pid().as_u32() as i32);
        kin.group
            .is_some_and(|g| getpgid(Some(pid)).is_ok_and(|id| id.as_raw() as u32 == g))
    };
    let lives = |process: &sysinfo::Process| {
        !matches!(
            process.status(),
            ProcessStatus::Zombie | ProcessStatus::Dead
        )
    };
    let mut pids: Vec<u32> = (system.processes().values())
        .filter(|p| p.pid().as_u32() != std::process::id())
        .filter(|p| lives(p) && (marked(p) || grouped(p) || works_there(p)))
        .map(|p| p.pid().as_u32())
        .collect();
    pids.sort_unstable();
    pids
}

/// Kills the family until none is left. Blocks for a few milliseconds, `limit` at most. Returns how many
/// processes were killed, and those that would not end.
pub(crate) fn end(kin: &Kin, limit: Duration) -> (usize, Vec<u32>) {
    let deadline = Instant::now() + limit;
    let mut killed = std::collections::BTreeSet::new();
    loop {
        let left = family(kin);
        if left.is_empty() || Instant::now() > deadline {
            return (killed.len(), left);
        }
        for pid in left {
            kill(Pid::from_raw(pid as i32), Signal::SIGKILL).ok();
            killed.insert(pid);
        }
        // A killed process leaves the table a moment later; nothing tells when.
        std::thread::sleep(Duration::from_millis(5));
    }
}
