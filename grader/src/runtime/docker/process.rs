//! A container while it runs: its output, its end.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::TryStreamExt;
use tokio::sync::watch;
use tokio_util::io::StreamReader;

use super::engine::{Engine, fault};
use crate::model::Fault;
use crate::runtime::Exited;
use crate::runtime::output::Log;

/// How long the last output may take to arrive after the end.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// What signals are added to in the exit code of a process they ended.
const SIGNALS: std::ops::RangeInclusive<i64> = 129..=159;

/// How a container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) exit: Exited,
    /// Whether the kernel ended something in it because its memory was used up.
    pub(super) short_of_memory: bool,
}

/// A container that was started.
#[derive(Debug)]
pub(super) struct Process {
    engine: Engine,
    pub(super) id: String,
    /// Its first process, as the engine's machine numbers it.
    pub(super) pid: Option<u32>,
    pub(super) started: SystemTime,
    end: watch::Receiver<Option<End>>,
}

impl Process {
    /// Starts a container and hears it from its first word. What cannot even be started has ended with the code
    /// that a shell gives for it, and the engine's reason is the last line of its output.
    pub(super) async fn start(engine: &Engine, id: &str, log: Arc<Log>) -> Result<Self, Fault> {
        let attached = engine.attach(id).await?;
        let started = SystemTime::now();
        let (say, end) = watch::channel(None);
        let process = |pid, end| Self {
            engine: engine.clone(),
            id: id.to_owned(),
            pid,
            started,
            end,
        };
        if let Err(error) = engine.start(id).await {
            let said = fault("starting the service's container", &error);
            let code = cannot_start(&said.cause).ok_or(said.clone())?;
            log.line(&said.cause);
            say.send_replace(Some(End {
                exit: Exited::Code(code),
                short_of_memory: false,
            }));
            return Ok(process(None, end));
        }
        let pid = engine.standing(id).await?.unwrap_or_default().pid;
        let (watched, id_watched) = (engine.clone(), id.to_owned());
        tokio::spawn(async move {
            let reading = tokio::spawn(async move {
                let output = attached.output.map_ok(|piece| piece.into_bytes());
                let stream = StreamReader::new(output.map_err(std::io::Error::other));
                log.absorb(stream).await;
            });
            let stop = reading.abort_handle();
            watched.ended(&id_watched).await;
            let standing = watched.standing(&id_watched).await.ok().flatten();
            tokio::time::timeout(LAST_WORDS, reading).await.ok();
            stop.abort();
            // A container that is gone was removed by us, without a question.
            let end = standing.map_or(
                End {
                    exit: Exited::Signal(9),
                    short_of_memory: false,
                },
                |s| End {
                    exit: exit(s.code),
                    short_of_memory: s.short_of_memory,
                },
            );
            say.send_replace(Some(end));
        });
        Ok(process(pid, end))
    }

    /// How it ended, if it did.
    pub(super) fn ended(&self) -> Option<End> {
        *self.end.borrow()
    }

    /// Waits for its end.
    pub(super) async fn wait(&self) -> End {
        let mut end = self.end.clone();
        let ended = end.wait_for(Option::is_some).await;
        ended.ok().and_then(|end| *end).unwrap_or(End {
            exit: Exited::Code(-1),
            short_of_memory: false,
        })
    }

    /// Ends it: by `TERM` and, after `grace` or at once where that is zero, by `KILL`. The container stays.
    pub(super) async fn end(&self, grace: Duration) -> Result<End, Fault> {
        if let Some(end) = self.ended() {
            return Ok(end);
        }
        if !grace.is_zero() {
            self.engine.signal(&self.id, "SIGTERM").await?;
            if let Ok(end) = tokio::time::timeout(grace, self.wait()).await {
                return Ok(end);
            }
        }
        self.engine.signal(&self.id, "SIGKILL").await?;
        let killed = tokio::time::timeout(Duration::from_secs(30), self.wait()).await;
        killed.map_err(|_| Fault::new("ending the service", "its container does not end"))
    }
}

/// An exit code as the engine tells it: 128 and more for who was ended by a signal.
fn exit(code: i64) -> Exited {
    match code {
        code if SIGNALS.contains(&code) => Exited::Signal(i32::try_from(code - 128).unwrap_or(-1)),
        code => Exited::Code(i32::try_from(code).unwrap_or(-1)),
    }
}

/// The code a shell would give, where the engine could not run the command: the learner's doing, not ours.
fn cannot_start(says: &str) -> Option<i32> {
    let says = says.to_lowercase();
    let of_command = says.contains("exec:") || says.contains("starting container process");
    if of_command
        && (says.contains("executable file not found")
            || says.contains("no such file or directory"))
    {
        Some(127)
    } else if of_command
        && (says.contains("permission denied") || says.contains("exec format error"))
    {
        Some(126)
    } else if says.contains("no command specified") || says.contains("unable to find user") {
        Some(125)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_told_from_a_code() {
        assert_eq!(exit(0), Exited::Code(0));
        assert_eq!(exit(1), Exited::Code(1));
        assert_eq!(exit(127), Exited::Code(127));
        assert_eq!(exit(137), Exited::Signal(9));
        assert_eq!(exit(255), Exited::Code(255));
    }

    #[test]
    fn a_command_that_is_not_there_is_the_learners_and_a_full_disk_is_ours() {
        let of = |says| cannot_start(says);
        assert_eq!(
            of(
                "OCI runtime create failed: runc create failed: unable to start container process: exec: \"x\": executable file not found in $PATH: unknown"
            ),
            Some(127)
        );
        assert_eq!(
            of(
                "container_linux.go:380: starting container process caused: exec: \"/app/run\": permission denied"
            ),
            Some(126)
        );
        assert_eq!(of("no space left on device"), None);
    }
}
