//! The `release:` command: once on each fresh database, in a container of its own, before the first start.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ends;
use super::process::Process;
use super::site::{Command, Site};
use crate::runtime::output::Log;
use crate::runtime::telling::Telling;
use crate::runtime::{Exited, Phase, Trouble};

/// Runs it and gives the seconds it took.
pub(super) async fn release(site: &Site, line: &str, log: Log) -> Result<f64, Trouble> {
    let begun = Instant::now();
    let log = Arc::new(log);
    let name = format!("{}-{}-release", site.run, site.spec.name);
    let body = site.body(&Command::Line(line.to_owned()), &name, "release", &[]);
    let id = site.engine.create(&name, body).await?;
    let ran = async {
        let process = Process::start(&site.engine, &id, Arc::clone(&log)).await?;
        let ended = tokio::time::timeout(site.limits.release, process.wait()).await;
        let end = process.end(Duration::ZERO).await?;
        Ok::<_, Trouble>((ended.is_ok(), end))
    };
    let ran = ran.await;
    site.engine.remove(&id).await?;
    let telling = || Telling {
        phase: Phase::Release,
        command: line,
        waited_for: format!(
            "the release command to end with exit code 0 on an empty database, within {} s",
            site.limits.release.as_secs()
        ),
        log: log.tail(usize::MAX),
        begun,
    };
    let (in_time, end) = ran?;
    let story = match in_time {
        true if end.exit == Exited::Code(0) => return Ok(begun.elapsed().as_secs_f64()),
        true => telling().ended(end.exit),
        false => telling().too_slow(),
    };
    Err(ends::limited(story, &site.limits, end, false, &log).into())
}
