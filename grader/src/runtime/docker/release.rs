//! The `release:` command, each time in a container of its own: once on each fresh database before the first start, and
//! again where a check asks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ends;
use super::process::Process;
use super::site::{Command, Site};
use crate::runtime::output::Log;
use crate::runtime::telling::Telling;
use crate::runtime::{Exited, Phase, Trouble};

/// How a submission is released.
#[derive(Debug)]
pub(super) struct Release {
    /// The line for the image's shell.
    pub(super) line: String,
    /// The folder of the run's logs.
    pub(super) logs: PathBuf,
}

impl Release {
    /// Runs it and gives the seconds it took. `name` is no other's that runs in this world at the same time.
    pub(super) async fn run(&self, site: &Site, name: &str) -> Result<f64, Trouble> {
        let begun = Instant::now();
        let (line, world) = (self.line.as_str(), &site.spec.name);
        let path = self.logs.join(format!("{world}.{name}.log"));
        let log = Arc::new(Log::create(&path, site.limits.log_bytes)?);
        let name = format!("{}-{world}-{name}", site.run);
        let command = Command::Line(line.to_owned());
        let body = site.body(&command, &name, "release", &site.variables);
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
                "the release command to end with exit code 0, within {} s",
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
        Err(ends::limited(story, &site.limits, Some(end), false, &log).into())
    }
}
