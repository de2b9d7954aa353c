//! One build on the engine, from the request to its end: listened to, watched by time and disk, stopped.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use futures::{StreamExt, TryStreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::body::body;
use super::disk::{Disk, Full};
use super::progress::Progress;
use super::request::{Request, cancel, named};
use crate::model::Fault;

/// How often the disk is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How long a build may take to stop when it is told to.
const STOP: Duration = Duration::from_secs(20);

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
}

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
    let options = request.options(&id);
    let client = named(engine, &id, within + STOP);
    let content = bollard::body_try_stream(body(request.context).map_ok(Into::into));
    let mut said = Box::pin(client.build_image(options, None, Some(content)));
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
            _ = look.tick() => if let Some(full) = disk.and_then(Disk::full) {
                break Stop::Disk(full);
            },
        }
    };
    let ended = match stop {
        Stop::Ended(ended) => Ok(ended),
        // Both builders answer only when all they started has ended.
        Stop::Time | Stop::Disk(_) => {
            cancel(engine, &id).await?;
            let to_its_end = async {
                while let Some(item) = said.next().await {
                    match item {
                        Ok(message) => progress.hear(message),
                        Err(_) => break,
                    }
                }
            };
            if timeout(STOP, to_its_end).await.is_err() {
                return Err(Fault::new(
                    "stopping a build that took too much",
                    format!("the engine did not end it within {} s", STOP.as_secs()),
                )
                .cure("restart the engine"));
            }
            match (stop, disk) {
                (Stop::Disk(full), Some(disk)) if !disk.was_ours(full).await => Err(Fault::new(
                    "building the service's image",
                    "the engine's disk ran full meanwhile",
                )
                .cure("free some space on it, for example with `docker system prune`")),
                (Stop::Disk(_), _) => Ok(Ended::TooLarge),
                _ => Ok(Ended::TooSlow),
            }
        }
    };
    progress.end();
    ended
}

enum Stop {
    Ended(Ended),
    Time,
    Disk(Full),
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
