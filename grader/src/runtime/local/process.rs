//! One command of a submission: a shell in a process group of its own, ended with all that came of it.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use nix::sys::signal::Signal;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::model::Fault;
use crate::runtime::Exited;
use crate::runtime::machine::children::{self, Whose};
use crate::runtime::machine::environment::Variables;
use crate::runtime::machine::strays::{self, Kin, MARK};
use crate::runtime::machine::user::RunAs;
use crate::runtime::output::Log;
use crate::runtime::shell;

/// How long strays may take to vanish once killed: on a machine with too much to do the news of an end comes late.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the last output may take to arrive after the process ended: a stray may hold the pipe for good.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// What to run.
#[derive(Debug, Clone)]
pub(crate) struct Launch<'a> {
    pub(crate) command: &'a str,
    pub(crate) folder: &'a Path,
    pub(crate) variables: Variables,
    pub(crate) run_as: &'a RunAs,
    /// The value of [`MARK`]: unique to this command in the run.
    pub(crate) mark: String,
    pub(crate) log: Arc<Log>,
}

/// A command that was started. Dropping it kills its group; [`Process::end`] is the way to end it.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) started: SystemTime,
    pub(crate) mark: String,
    exit: watch::Receiver<Option<Exited>>,
}

impl Process {
    /// Starts the command.
    pub(crate) fn spawn(launch: Launch<'_>) -> Result<Self, Fault> {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(shell::exec(launch.command));
        command
            .current_dir(launch.folder)
            .env_clear()
            .envs(&launch.variables);
        command.env(MARK, &launch.mark).env("PWD", launch.folder);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.process_group(0);
        launch.run_as.dress(&mut command);
        let whose = Whose::Learners {
            mark: launch.mark.clone(),
            uid: launch.run_as.other.then_some(launch.run_as.uid),
        };
        let pid = |child: &Child| child.id().unwrap_or_default();
        let started = children::start(whose, || command.spawn(), pid);
        let (mut child, ours) = started.map_err(|error| {
            Fault::new(
                format!(
                    "starting a shell as {} for `{}`",
                    launch.run_as.name, launch.command
                ),
                error,
            )
        })?;
        let started = SystemTime::now();
        let pid = child.id().unwrap_or_default();
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (say, exit) = watch::channel(None);
        let log = launch.log;
        tokio::spawn(async move {
            let read = tokio::spawn(async move {
                let out = async {
                    if let Some(out) = out {
                        log.absorb(out).await
                    }
                };
                let err = async {
                    if let Some(err) = err {
                        log.absorb(err).await
                    }
                };
                tokio::join!(out, err);
            });
            let stop = read.abort_handle();
            let status = child.wait().await;
            drop(ours);
            tokio::time::timeout(LAST_WORDS, read).await.ok();
            let exit = status.map_or(Exited::Code(-1), Exited::from);
            say.send(Some(exit)).ok();
            // What strays still say is heard until they are ended, which is when nobody listens any more.
            say.closed().await;
            stop.abort();
        });
        Ok(Self {
            pid,
            started,
            mark: launch.mark,
            exit,
        })
    }

    /// How it ended, if it did.
    pub(crate) fn exited(&self) -> Option<Exited> {
        *self.exit.borrow()
    }

    /// Waits for its end.
    pub(crate) async fn wait(&self) -> Exited {
        let mut exit = self.exit.clone();
        let ended = exit.wait_for(Option::is_some).await;
        ended
            .ok()
            .and_then(|exit| *exit)
            .unwrap_or(Exited::Code(-1))
    }

    /// Ends it and all that came of it: its group by `TERM` and, after `grace` or at once where that is zero,
    /// by `KILL`; then whoever left the group.
    pub(crate) async fn end(&self, grace: Duration) -> Result<Exited, Fault> {
        if self.exited().is_none() && !grace.is_zero() {
            self.signal(Signal::SIGTERM);
            tokio::time::timeout(grace, self.wait()).await.ok();
        }
        self.signal(Signal::SIGKILL);
        let exit = tokio::time::timeout(PATIENCE, self.wait()).await;
        let kin = self.kin();
        let ended = tokio::task::spawn_blocking(move || strays::end(&kin, PATIENCE)).await;
        let (_, left) = ended.map_err(|error| Fault::new("ending the service", error))?;
        match exit {
            Ok(exit) if left.is_empty() => Ok(exit),
            _ => Err(Fault::new(
                "ending the service",
                format!("processes {left:?} would not end"),
            )),
        }
    }

    /// What tells its processes, those that left the group too, from any other. The number of a group outlives its
    /// first process only where strangers can be told by their descent.
    pub(crate) fn kin(&self) -> Kin {
        let told = cfg!(target_os = "linux") || self.exited().is_none();
        Kin {
            mark: self.mark.clone(),
            group: told.then_some(self.pid),
            folder: None,
        }
    }

    /// Signals its group while that is certainly its own: until the kernel has been asked how it ended. Whoever is
    /// left then is found as kin.
    fn signal(&self, signal: Signal) {
        children::signal_group(self.pid, signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.exited().is_none() {
            self.signal(Signal::SIGKILL);
        }
    }
}
