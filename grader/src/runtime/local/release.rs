//! The `release:` command: once on each fresh database before the first start, and again where a check asks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::process::{Launch, Process};
use super::replica::Site;
use crate::runtime::output::Log;
use crate::runtime::telling::Telling;
use crate::runtime::{Exited, Limits, Phase, Trouble};

/// How a submission is released.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    /// The command.
    pub(crate) command: String,
    /// The folder of the run's logs.
    pub(crate) logs: PathBuf,
    pub(crate) limits: Limits,
}

impl Release {
    /// Runs it and gives the seconds it took. `name` is no other's that runs in this world at the same time.
    pub(crate) async fn run(&self, site: &Site, name: &str) -> Result<f64, Trouble> {
        let begun = Instant::now();
        let path = self.logs.join(format!("{}.{name}.log", site.spec.name));
        let log = Arc::new(Log::create(&path, self.limits.log_bytes)?);
        let process = Process::spawn(Launch {
            command: &self.command,
            folder: &site.app,
            variables: site.variables.clone(),
            run_as: &site.run_as,
            mark: format!("{}.{name}", site.mark),
            log: log.clone(),
        })?;
        let ended = tokio::time::timeout(self.limits.release, process.wait()).await;
        process.end(Duration::ZERO).await?;
        let telling = || Telling {
            phase: Phase::Release,
            command: &self.command,
            waited_for: format!(
                "the release command to end with exit code 0, within {} s",
                self.limits.release.as_secs()
            ),
            log: log.tail(usize::MAX),
            begun,
        };
        match ended {
            Ok(Exited::Code(0)) => Ok(begun.elapsed().as_secs_f64()),
            Ok(exit) => Err(telling().ended(exit).into()),
            Err(_) => Err(telling().too_slow().into()),
        }
    }
}
