//! Who started a thing, and whether they live: a process on this boot of this machine, seen from this namespace.

use std::path::Path;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Whether an owner lives, as far as can be told from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Lives,
    Gone,
    /// It was started on another machine, before the last boot, or in another container.
    Unknown,
}

/// This process: `<pid>.<start time>.<where>`.
pub(super) fn me() -> String {
    let pid = std::process::id();
    format!("{pid}.{}.{}", started(pid).unwrap_or_default(), here())
}

/// Whether the owner that wrote this label lives.
pub(super) fn life(owner: &str) -> Life {
    let mut parts = owner.splitn(3, '.');
    let (pid, began, place) = (parts.next(), parts.next(), parts.next());
    let (Some(Ok(pid)), Some(Ok(began))) =
        (pid.map(str::parse::<u32>), began.map(str::parse::<u64>))
    else {
        return Life::Unknown;
    };
    if place != Some(here().as_str()) {
        return Life::Unknown;
    }
    // A start time is reckoned from the boot time, which moves a little when the clock is set.
    match started(pid).is_some_and(|at| at.abs_diff(began) <= 2) {
        true => Life::Lives,
        false => Life::Gone,
    }
}

/// This boot of this machine, and the namespace in which process ids mean what they mean here.
fn here() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let boot = boot.map_or_else(
        |_| {
            format!(
                "{}-{}",
                System::host_name().unwrap_or_default(),
                System::boot_time()
            )
        },
        |id| id.trim().to_owned(),
    );
    let namespace = std::fs::read_link(Path::new("/proc/self/ns/pid"));
    let namespace = namespace.map_or_else(
        |_| String::new(),
        |link| {
            link.to_string_lossy()
                .chars()
                .filter(char::is_ascii_digit)
                .collect()
        },
    );
    format!("{boot}.{namespace}")
}

/// When the process with this id was started, in seconds since 1970; none if there is none.
fn started(pid: u32) -> Option<u64> {
    let mut system = System::new();
    let pid = Pid::from_u32(pid);
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        true,
        ProcessRefreshKind::nothing(),
    );
    system.process(pid).map(sysinfo::Process::start_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_living_the_dead_and_strangers_are_told_apart() {
        assert_eq!(life(&me()), Life::Lives);
        let (pid, rest) = me()
            .split_once('.')
            .map(|(p, r)| (p.to_owned(), r.to_owned()))
            .unwrap();
        let (_, place) = rest.split_once('.').unwrap();
        // The same number, given to another process since.
        assert_eq!(life(&format!("{pid}.12.{place}")), Life::Gone);
        assert_eq!(life(&format!("{pid}.12.elsewhere")), Life::Unknown);
        assert_eq!(life("garbage"), Life::Unknown);
    }
}
