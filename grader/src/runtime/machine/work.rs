//! How long processes have worked, as the system counts it: what a request costs whatever else the machine does.

use std::collections::BTreeSet;
use std::time::Duration;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::runtime::Trouble;

/// The processor time of these processes and of all that they started, threads included; none where one of them cannot
/// be seen. The system counts in steps of about 10 ms. Blocks for a few milliseconds.
pub(crate) fn worked(roots: &[u32]) -> Option<Duration> {
    let mut system = System::new();
    let what = ProcessRefreshKind::nothing().with_cpu().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let mut family: BTreeSet<Pid> = roots.iter().map(|pid| Pid::from_u32(*pid)).collect();
    if family.is_empty() || family.iter().any(|pid| system.process(*pid).is_none()) {
        return None;
    }
    loop {
        let known = family.len();
        let children = system.processes().values().filter(|process| {
            let parent = process.parent();
            parent.is_some_and(|parent| family.contains(&parent))
        });
        let children: Vec<Pid> = children.map(sysinfo::Process::pid).collect();
        family.extend(children);
        if family.len() == known {
            break;
        }
    }
    let times = family.iter().filter_map(|pid| system.process(*pid));
    let millis = times.map(sysinfo::Process::accumulated_cpu_time).sum();
    Some(Duration::from_millis(millis))
}

/// What was counted, or why nothing was.
///
/// # Errors
/// `Unsupported` where there is nothing.
pub(crate) fn seen(counted: Option<Duration>) -> Result<Duration, Trouble> {
    let why = "the service's processes cannot be seen from here, so their work cannot be counted";
    counted.ok_or_else(|| Trouble::Unsupported(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted_and_waiting_is_not() {
        let me = [std::process::id()];
        let before = worked(&me).unwrap();
        let began = std::time::Instant::now();
        let mut sum = 0u64;
        while worked(&me).unwrap() < before + Duration::from_millis(50) {
            sum = (0..100_000u64).fold(sum, u64::wrapping_add);
            assert!(began.elapsed() < Duration::from_secs(60), "{sum}");
        }
        assert_eq!(worked(&[]), None);
        assert_eq!(worked(&[u32::MAX - 1]), None);
    }
}
