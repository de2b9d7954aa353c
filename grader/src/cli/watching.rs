//! Ctrl-C, and worlds that are left up for a look.

use std::time::Duration;

use nix::sys::signal::{Signal as NixSignal, kill};
use nix::unistd::Pid;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::say;
use crate::model::{Doing, Fault};
use crate::run::Run;
use crate::runtime::Runtime;

/// The user's wish to stop: Ctrl-C, or the SIGTERM of a supervisor. One that comes while nobody waits for it is
/// kept for whoever waits next.
pub(super) struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system refuses the handlers.
    pub(super) fn listen() -> Result<Self, Fault> {
        let doing = "listening for Ctrl-C";
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).doing(doing)?,
            terminate: signal(SignalKind::terminate()).doing(doing)?,
        })
    }

    /// Ends at the next wish.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ends this run, as by a supervisor's SIGTERM, when standard input ends: whoever holds its other end has gone, however
/// that happened. Where that does not help within five seconds, the process ends all the same.
pub(super) fn end_with_stdin() {
    std::thread::spawn(|| {
        std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()).ok();
        kill(Pid::this(), NixSignal::SIGTERM).ok();
        std::thread::sleep(Duration::from_secs(5));
        std::process::exit(130);
    });
}

/// Lowers everything after an interruption, within the two seconds a waiting user has. What is left after
/// that is swept at the next start.
pub(super) async fn lower(runtime: &dyn Runtime) {
    let closed = tokio::time::timeout(Duration::from_secs(2), runtime.close()).await;
    if !matches!(closed, Ok(Ok(()))) {
        say("some of it could not be stopped in time; the next start of the grader clears it away");
    }
}

/// Says where the kept service answers, and waits for Ctrl-C.
pub(super) async fn keep(run: &Run, interrupts: &mut Interrupts) {
    for line in &run.kept {
        say(&format!("kept: {line}"));
    }
    say("kept: press Ctrl-C to stop it and see the report");
    interrupts.next().await;
}
