//! Processes of a run: found by the run id in their environment, by their group, by who started them, and as
//! orphans that nobody else's command can have left.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpgid};
use sysinfo::{Process, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

use super::children;

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

/// The living processes of a kin, sorted. Orphans of the kin that have ended are waited for on the way. Blocks for
/// a few milliseconds.
pub(crate) fn family(kin: &Kin) -> Vec<u32> {
    let mut system = System::new();
    let what = ProcessRefreshKind::nothing()
        .with_environ(UpdateKind::Always)
        .with_cwd(UpdateKind::Always)
        .with_user(UpdateKind::Always)
        .without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let orphans_too = children::all_under(&kin.mark);
    let mut found = BTreeSet::new();
    for process in system.processes().values() {
        let orphan = orphan(process);
        if orphan && !lives(process) {
            children::reap(process.pid().as_u32());
        }
        let grouped = || kin.group.is_some_and(|g| grouped(process, g, &system));
        if marked(process, &kin.mark)
            || grouped()
            || works_in(process, kin.folder.as_deref())
            || orphan && orphans_too
        {
            found.insert(process.pid());
        }
    }
    // What they started is theirs.
    let is_theirs = |process: &&Process| {
        let found_above = |pid: &sysinfo::Pid| found.contains(pid);
        ancestors(process, &system).any(|pid| found_above(&pid)) || found_above(&process.pid())
    };
    let all = system.processes().values();
    let mut pids: Vec<u32> = all
        .filter(|process| lives(process) && is_theirs(process))
        .map(|process| process.pid().as_u32())
        .filter(|pid| *pid != std::process::id())
        .collect();
    pids.sort_unstable();
    pids
}

/// Whether a process says that it belongs to a mark. That it says otherwise means nothing.
fn marked(process: &Process, mark: &str) -> bool {
    process.environ().iter().any(|variable| {
        let said = variable.to_str().and_then(|v| v.split_once('='));
        said.is_some_and(|(name, value)| name == MARK && children::covers(mark, value))
    })
}

fn works_in(process: &Process, folder: Option<&Path>) -> bool {
    let me = nix::unistd::Uid::effective().as_raw();
    let other = process.user_id().is_some_and(|user| **user != me);
    other && folder.is_some_and(|f| process.cwd().is_some_and(|cwd| cwd.starts_with(f)))
}

/// Whether it is in the group of a command of ours. Where orphans come to us, whoever does not descend from us is a
/// stranger whose group was given the same number later.
fn grouped(process: &Process, group: u32, system: &System) -> bool {
    let pid = Pid::from_raw(process.pid().as_u32() as i32);
    let me = sysinfo::Pid::from_u32(std::process::id());
    getpgid(Some(pid)).is_ok_and(|id| id.as_raw() as u32 == group)
        && (!cfg!(target_os = "linux") || ancestors(process, system).any(|above| above == me))
}

fn orphan(process: &Process) -> bool {
    let ours = process.parent() == Some(sysinfo::Pid::from_u32(std::process::id()));
    ours && children::adopted(process.pid().as_u32(), process.user_id().map(|user| **user))
}

fn lives(process: &Process) -> bool {
    !matches!(
        process.status(),
        ProcessStatus::Zombie | ProcessStatus::Dead
    )
}

/// Its parent, the parent's parent and so on. A table that changes while it is read cannot make a circle of it.
fn ancestors(process: &Process, system: &System) -> impl Iterator<Item = sysinfo::Pid> {
    let above = |pid: &sysinfo::Pid| system.process(*pid)?.parent();
    std::iter::successors(process.parent(), above).take(system.processes().len())
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
