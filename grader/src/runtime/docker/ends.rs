//! Telling why a container did not come up, limits included.

use std::time::{Duration, Instant};

use bollard::query_parameters::StatsOptionsBuilder;
use futures::StreamExt;

use super::engine::Engine;
use super::process::End;
use super::site::Site;
use super::wait::{Came, Waited};
use crate::model::Fault;
use crate::runtime::output::Log;
use crate::runtime::telling::Telling;
use crate::runtime::{BootStory, Exited, Limits, Phase, Trouble};

impl Engine {
    /// Whether a container has as many processes and threads as it may have. One that cannot be asked has not.
    pub(super) async fn is_crowded(&self, id: &str) -> bool {
        let options = StatsOptionsBuilder::default()
            .stream(false)
            .one_shot(true)
            .build();
        let mut stats = self.docker.stats(id, Some(options));
        let Some(Ok(stats)) = stats.next().await else {
            return false;
        };
        let pids = stats.pids_stats.unwrap_or_default();
        match (pids.current, pids.limit) {
            // The kernel may have ended one of them since the last was refused.
            (Some(current), Some(limit)) => limit > 0 && current + 2 >= limit,
            _ => false,
        }
    }
}

/// The story of a service that did not come up within this time, and of the end it has had, if it has.
pub(super) fn told(
    site: &Site,
    (waited, end): (Waited, Option<End>),
    log: &Log,
    (begun, within): (Instant, Duration),
) -> Trouble {
    let spec = &site.spec;
    let operation = site.asker.operation();
    let telling = |phase| Telling {
        phase,
        command: site.command.told(),
        waited_for: format!(
            "`{operation}` to answer 2xx on the port in ${}, within {} s",
            spec.port_var,
            within.as_secs_f64()
        ),
        log: log.tail(usize::MAX),
        begun,
    };
    let story = match waited.came {
        Came::Ended(end) => telling(Phase::Start).ended(end.exit),
        Came::Never { listens, last } => {
            telling(Phase::Ready).never(&operation, last.as_ref(), listens)
        }
        Came::Ready { .. } => {
            return Fault::new("starting the service", "it is ready after all").into();
        }
    };
    limited(story, &site.limits, end, waited.crowded, log).into()
}

/// A story with the limits that were met: memory, processes, output.
pub(super) fn limited(
    mut story: BootStory,
    limits: &Limits,
    end: Option<End>,
    crowded: bool,
    log: &Log,
) -> BootStory {
    if log.bytes() > limits.log_bytes {
        let wrote = log.bytes() >> 20;
        story.try_next.insert(
            0,
            format!("write less: it put out {wrote} MiB before it was ended"),
        );
    }
    if crowded {
        let most = limits.processes;
        story.summary = format!(
            "{}, with as many processes and threads as it may have ({most})",
            story.summary
        );
        story.try_next.insert(
            0,
            format!("start fewer processes and threads: {most} may be there at once"),
        );
    }
    if end.is_some_and(|end| end.short_of_memory) {
        let most = limits.memory_bytes >> 20;
        let why = format!("using more memory than it may ({most} MiB)");
        story.summary = match story.exit {
            Some(Exited::Signal(9)) => format!("it was killed for {why}"),
            _ => format!(
                "{}, and something in it was killed for {why}",
                story.summary
            ),
        };
        story.try_next.insert(
            0,
            format!("use less memory: {most} MiB are there for all of its processes, files in /tmp included"),
        );
    }
    story
}
