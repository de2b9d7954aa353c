//! One grading in a process of its own: whatever happens to it happens to no other, and its memory goes with it.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio_util::sync::CancellationToken;

use crate::model::{Doing, Fault};

/// How long a child may take to lower what it raised: the two seconds a waiting user has.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes kept of the end of what a child says.
const TAIL: usize = 8 << 10;

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It did not end in time, and was ended.
    Late,
    /// The user wants to stop.
    Stopped,
}

/// A child that has ended, and the end of what it said.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) how: How,
    pub(super) said: String,
}

/// Runs the program to its end. Its standard input ends when we do, however we end: `--supervised` makes it listen to
/// that. It is in a process group of its own, so that a Ctrl-C reaches it through us alone.
///
/// # Errors
/// When it cannot be started.
pub(super) async fn run(
    program: &Path,
    args: &[OsString],
    limit: Duration,
    stop: &CancellationToken,
) -> Result<Ended, Fault> {
    let mut command = Command::new(program);
    command.args(args).process_group(0).kill_on_drop(true);
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().doing("starting the grader again")?;
    let leash = child.stdin.take();
    let over = CancellationToken::new();
    let out = tokio::spawn(tail(child.stdout.take(), over.clone()));
    let err = tokio::spawn(tail(child.stderr.take(), over.clone()));
    let how = tokio::select! {
        status = child.wait() => How::from(status.doing("waiting for the grader")?),
        () = tokio::time::sleep(limit) => {
            lower(&mut child, leash).await;
            How::Late
        }
        () = stop.cancelled() => {
            lower(&mut child, leash).await;
            How::Stopped
        }
    };
    // Somebody it left behind may hold the other end; what is there by now is read all the same.
    over.cancel();
    let (out, err) = (out.await.unwrap_or_default(), err.await.unwrap_or_default());
    let said = [out, err].map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    Ok(Ended {
        how,
        said: said.join("\n").trim().to_owned(),
    })
}

/// Asks the child to lower what it raised, and ends its whole group if it does not.
async fn lower(child: &mut Child, leash: Option<ChildStdin>) {
    drop(leash);
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    let Some(pid) = pid.map(Pid::from_raw) else {
        return;
    };
    kill(pid, Signal::SIGTERM).ok();
    if tokio::time::timeout(PATIENCE, child.wait()).await.is_err() {
        // Not waited for yet, so the number is still its own.
        killpg(pid, Signal::SIGKILL).ok();
        child.wait().await.ok();
    }
}

/// The end of a stream.
async fn tail(stream: Option<impl AsyncRead + Unpin>, over: CancellationToken) -> Vec<u8> {
    let (mut kept, mut buffer) = (Vec::new(), vec![0; 8 << 10]);
    let Some(mut stream) = stream else {
        return kept;
    };
    loop {
        let read = tokio::select! {
            biased;
            read = stream.read(&mut buffer) => read.unwrap_or(0),
            () = over.cancelled() => 0,
        };
        if read == 0 {
            break;
        }
        kept.extend_from_slice(buffer.get(..read).unwrap_or_default());
        if kept.len() > 2 * TAIL {
            kept.drain(..kept.len() - TAIL);
        }
    }
    kept.drain(..kept.len().saturating_sub(TAIL));
    kept
}

impl From<ExitStatus> for How {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    async fn shell(script: &str, limit: Duration, stop: &CancellationToken) -> Ended {
        let args = ["-c", script].map(OsString::from);
        run("/bin/sh".as_ref(), &args, limit, stop).await.unwrap()
    }

    #[tokio::test]
    async fn however_it_ends_the_end_of_what_it_said_is_kept() {
        let (long, stop) = (Duration::from_secs(60), CancellationToken::new());
        let ended = shell("seq 1 9999; echo oh >&2; exit 3", long, &stop).await;
        assert_eq!(ended.how, How::Code(3));
        assert!(ended.said.ends_with("9999\noh") && ended.said.len() < 3 * TAIL);
        let ended = shell("kill -9 $$", long, &stop).await;
        assert_eq!(ended.how, How::Signal(9));
        // A descendant that holds the stream open is not waited for.
        let began = Instant::now();
        let ended = shell("sleep 30 & echo left", long, &stop).await;
        assert_eq!((ended.how, ended.said.as_str()), (How::Code(0), "left"));
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn one_that_is_late_or_deaf_is_ended_with_its_group() {
        let began = Instant::now();
        let (short, stop) = (Duration::from_millis(100), CancellationToken::new());
        let deaf = "trap '' TERM; cat; sleep 60";
        assert_eq!(shell(deaf, short, &stop).await.how, How::Late);
        stop.cancel();
        let polite = "trap 'exit 130' TERM; cat; while :; do sleep 0.1; done";
        let long = Duration::from_secs(60);
        assert_eq!(shell(polite, long, &stop).await.how, How::Stopped);
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
