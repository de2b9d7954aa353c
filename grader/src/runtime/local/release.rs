//! The `release:` command: once on each fresh database, before the first start.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::process::{Launch, Process};
use super::replica::Site;
use crate::runtime::output::Log;
use crate::runtime::telling::Telling;
use crate::runtime::{Exited, Limits, Phase, Trouble};

/// Runs it and gives the seconds it took.
pub(crate) async fn release(
    site: &Site,
    command: &str,
    log: Log,
    limits: &Limits,
) -> Result<f64, Trouble> {
    let begun = Instant::now();
    let log = Arc::new(log);
    let process = Process::spawn(Launch {
        command,
        folder: &site.app,
        variables: site.variables.clone(),
        run_as: &site.run_as,
        mark: format!("{}.release", site.mark),
        log: log.clone(),
    })?;
    let ended = tokio::time::timeout(limits.release, process.wait()).await;
    process.end(Duration::ZERO).await?;
    let telling = || Telling {
        phase: Phase::Release,
        command,
        waited_for: format!(
            "the release command to end with exit code 0 on an empty database, within {} s",
            limits.release.as_secs()
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
