//! The children we started, and those the kernel gave us.
//!
//! On Linux we ask to be given the orphans among our descendants. So a process that forks twice, begins a session
//! of its own, empties its environment and leaves its folder is still found: it is a child of ours that we did not
//! start. Elsewhere such a process escapes. Orphans must be waited for as well, and by number: to wait for just any
//! child would take the exit of one that somebody else waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Pid, getpgid, getpgrp};

/// Who started a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    /// A tool of ours, Postgres too.
    Ours,
    /// A learner's command: its mark, and its user where that is another than ours.
    Learners { mark: String, uid: Option<u32> },
}

#[derive(Debug)]
struct State {
    started: BTreeMap<u32, Whose>,
    /// Users that nothing but learners' commands runs as.
    users: BTreeSet<u32>,
}

static STATE: Mutex<State> = Mutex::new(State {
    started: BTreeMap::new(),
    users: BTreeSet::new(),
});

/// A child that is ours to wait for. Drop it once that is done: its number may be somebody else's from then on.
#[derive(Debug)]
pub(crate) struct Started(u32);

impl Drop for Started {
    fn drop(&mut self) {
        state().started.remove(&self.0);
    }
}

/// Starts a child that nobody but the caller waits for. Every child with a group or a user of its own must be
/// started here.
pub(crate) fn start<C>(
    whose: Whose,
    spawn: impl FnOnce() -> io::Result<C>,
    pid: impl FnOnce(&C) -> u32,
) -> io::Result<(C, Started)> {
    // Held while it starts: a child that ends at once must be known before anybody looks for orphans.
    let mut state = state();
    adopt();
    let child = spawn()?;
    let pid = pid(&child);
    if let Whose::Learners { uid: Some(uid), .. } = &whose {
        state.users.insert(*uid);
    }
    state.started.insert(pid, whose);
    drop(state);
    Ok((child, Started(pid)))
}

/// Signals the group of a child that nobody has waited for yet; its number is certainly its own.
pub(crate) fn signal_group(pid: u32, signal: Signal) {
    let state = state();
    if let (true, Ok(group @ 1..)) = (state.started.contains_key(&pid), i32::try_from(pid)) {
        // A group that is gone needs no signal.
        killpg(Pid::from_raw(group), signal).ok();
    }
}

/// Whether every learner's command that still runs is covered by `mark`: then so is every orphan.
pub(crate) fn all_under(mark: &str) -> bool {
    state().started.values().all(|whose| match whose {
        Whose::Ours => true,
        Whose::Learners { mark: other, .. } => covers(mark, other),
    })
}

/// Whether a mark is this one or one below it.
pub(crate) fn covers(mark: &str, other: &str) -> bool {
    let rest = other.strip_prefix(mark);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a child of ours is an orphan given to us. Tools of ours share our process group.
pub(crate) fn adopted(pid: u32, user: Option<u32>) -> bool {
    let state = state();
    let theirs = || user.is_some_and(|user| state.users.contains(&user));
    let apart = || {
        let group = getpgid(Some(Pid::from_raw(pid as i32)));
        group.is_ok_and(|group| group != getpgrp())
    };
    !state.started.contains_key(&pid) && (theirs() || apart())
}

/// Takes an orphan that has ended out of the process table.
pub(crate) fn reap(pid: u32) {
    waitpid(Pid::from_raw(pid as i32), Some(WaitPidFlag::WNOHANG)).ok();
}

#[cfg(target_os = "linux")]
fn adopt() {
    // Kernels from before 2012 cannot: then orphans go where they always went.
    nix::sys::prctl::set_child_subreaper(true).ok();
}

#[cfg(not(target_os = "linux"))]
fn adopt() {}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}
