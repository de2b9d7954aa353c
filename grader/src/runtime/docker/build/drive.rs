//! One build on the engine, from the request to its end: listened to, watched by time and disk, stopped.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};

use super::disk::{Disk, Full};
use super::progress::Progress;
use super::request::{Request, cancel, named};
use super::said::Said;
use crate::model::Fault;

/// How often the disk is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How long a build may take to stop when it is told to.
const STOP: Duration = Duration::from_secs(20);
/// How often a stopped container is looked for.
const POLL: Duration = Duration::from_millis(100);

/// How a build ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// There is an image.
    Well,
    /// The builder gave up, and why.
    Failed(String),
    /// It took too long and was stopped.
    TooSlow,
    /// It wrote too much and was stopped.
    TooLarge,
    /// It was stopped because the disk filled, and by others more than by it.
    Crowded,
}

/// Held while one build is stopped for the sake of the disk: another's space that comes back at the same time would
/// be taken for its own.
static JUDGING: Mutex<()> = Mutex::const_new(());

/// Builds. When this returns, the engine has ended the build, however it ended; when it is dropped, the engine ends
/// it because its client is gone.
pub(super) async fn drive(
    engine: &Docker,
    request: Request<'_>,
    within: Duration,
    disk: Option<&Disk>,
    progress: &mut Progress,
) -> Result<Ended, Fault> {
    let id = uuid::Uuid::new_v4().to_string();
    let (options, buildkit) = (request.options(&id), request.platform.buildkit);
    let client = named(engine, &id, within + STOP);
    let mut said = Said::begin(client, options, request.context)?;
    let deadline = Instant::now() + within;
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stop = loop {
        tokio::select! {
            item = said.next() => match item {
                Some(Ok(message)) => progress.hear(message),
                Some(Err(error)) => break Stop::Ended(failed(error)?),
                None => break Stop::Ended(Ended::Well),
            },
            () = sleep_until(deadline) => break Stop::Time,
            _ = look.tick() => if let Some(disk) = disk && disk.full().is_some() {
                let judging = JUDGING.lock().await;
                // Whoever was judged before may have been the one.
                if let Some(full) = disk.full() {
                    break Stop::Disk { disk, full, _judging: judging };
                }
            },
        }
    };
    let ended = match stop {
        Stop::Ended(ended) => ended,
        Stop::Time | Stop::Disk { .. } => {
            match buildkit {
                true => {
                    cancel(engine, &id).await?;
                    timeout(STOP, to_its_end(&mut said, progress)).await
                }
                // It ends when its client is gone; what it ran last shows whether it did.
                false => {
                    drop(said);
                    timeout(STOP, gone(engine, progress.container())).await
                }
            }
            .map_err(|_| {
                let cause = format!("the engine did not end it within {} s", STOP.as_secs());
                Fault::new("stopping a build that took too much", cause).cure("restart the engine")
            })?;
            match &stop {
                Stop::Disk { disk, full, .. } if disk.was_ours(*full).await => Ended::TooLarge,
                Stop::Disk { .. } => Ended::Crowded,
                _ => Ended::TooSlow,
            }
        }
    };
    progress.end();
    Ok(ended)
}

/// Hears a cancelled build out: BuildKit has its last word when all it started has ended.
async fn to_its_end(said: &mut Said, progress: &mut Progress) {
    while let Some(Ok(message)) = said.next().await {
        progress.hear(message);
    }
}

/// Waits until the container runs no more.
async fn gone(engine: &Docker, container: Option<&str>) {
    let Some(container) = container else {
        return;
    };
    while let Ok(found) = engine.inspect_container(container, None).await {
        if !found.state.and_then(|state| state.running).unwrap_or(false) {
            return;
        }
        sleep(POLL).await;
    }
}

enum Stop<'a> {
    Ended(Ended),
    Time,
    Disk {
        disk: &'a Disk,
        full: Full,
        /// Nobody else judges the disk meanwhile.
        _judging: MutexGuard<'static, ()>,
    },
}

/// What the builder said when it gave up; anything else is between us and the engine.
fn failed(error: Error) -> Result<Ended, Fault> {
    match error {
        Error::DockerStreamError { error } => Ok(Ended::Failed(error)),
        // What cannot be read as a Dockerfile is refused at the door.
        Error::DockerResponseServerError {
            status_code: 400,
            message,
        } => Ok(Ended::Failed(message)),
        other => Err(Fault::new("building the service's image", other)
            .cure("look at the engine's own log; it may have been stopped")),
    }
}
