//! One process of the service: started, waited for, ended, started again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::port;
use super::process::{Launch, Process};
use super::wait::{self, Came};
use crate::model::Fault;
use crate::runtime::machine::environment::Variables;
use crate::runtime::machine::user::RunAs;
use crate::runtime::output::Log;
use crate::runtime::ready::Asker;
use crate::runtime::telling::Telling;
use crate::runtime::{BootFacts, Changes, Exited, Liveness, Phase, Stop, Trouble, WorldSpec};

/// How long a service may take to end when asked politely, before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// How many ports are tried at one start.
const TRIES: usize = 3;

/// What the replicas of one world share.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) spec: WorldSpec,
    pub(crate) asker: Asker,
    /// The world's copy of the built submission: where the service runs.
    pub(crate) app: PathBuf,
    /// The start command.
    pub(crate) command: String,
    /// Everything but the port.
    pub(crate) variables: Variables,
    pub(crate) run_as: RunAs,
    /// `<run>.<world>`.
    pub(crate) mark: String,
}

/// One process of the service.
#[derive(Debug)]
pub(crate) struct Replica {
    site: Arc<Site>,
    index: usize,
    log: Arc<Log>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    start: Option<Start>,
    boot: Option<BootFacts>,
}

/// The start that is under way, or was the last.
#[derive(Debug, Clone)]
struct Start {
    process: Arc<Process>,
    /// The port it was told.
    asked: u16,
    begun: Instant,
    changes: Changes,
}

impl Replica {
    pub(crate) fn new(site: Arc<Site>, index: usize, log: Arc<Log>) -> Self {
        Self {
            site,
            index,
            log,
            state: Mutex::default(),
        }
    }

    /// Starts it and waits until it is ready; ends it where it is not.
    pub(crate) async fn up(&self) -> Result<(), Trouble> {
        self.begin(&Changes::new())?;
        let ready = self.ready(self.site.spec.within).await;
        if ready.is_err() {
            self.end(Duration::ZERO).await?;
        }
        ready
    }

    /// Starts it, on a port it never had. On the port of a server that has just ended the kernel may hold connections
    /// for another minute, which keeps out whoever does not set `SO_REUSEADDR`.
    pub(crate) fn begin(&self, changes: &Changes) -> Result<(), Fault> {
        let (asked, begun) = (self.port()?, Instant::now());
        let process = Arc::new(self.spawn(asked, changes)?);
        self.state().start = Some(Start {
            process,
            asked,
            begun,
            changes: changes.clone(),
        });
        Ok(())
    }

    /// Waits until what was begun is ready. A port lost to somebody else between our look and its `bind` is tried
    /// again on another.
    pub(crate) async fn ready(&self, within: Duration) -> Result<(), Trouble> {
        let mut tries = 1;
        loop {
            let Some(start) = self.state().start.clone() else {
                return Err(Fault::new("waiting for the service", "nobody started it").into());
            };
            let came = wait::wait(&start.process, &self.site.asker, start.asked, within).await;
            if let Came::Ready { at, listens } = came {
                self.state().boot = Some(BootFacts {
                    port_asked: start.asked,
                    port_used: at.port(),
                    listens,
                    base_url: format!("http://{at}"),
                    seconds: start.begun.elapsed().as_secs_f64(),
                    release_seconds: None,
                });
                return Ok(());
            }
            if tries == TRIES || !self.lost(&came, start.asked) {
                return Err(self.told(came, start.begun, within));
            }
            tries += 1;
            start.process.end(Duration::ZERO).await?;
            self.begin(&start.changes)?;
        }
    }

    /// A free port, another one than at the last start.
    fn port(&self) -> Result<u16, Fault> {
        let before = self.state().boot.as_ref().map(|boot| boot.port_asked);
        loop {
            let port = port::free()?;
            if Some(port) != before {
                return Ok(port);
            }
        }
    }

    fn spawn(&self, port: u16, changes: &Changes) -> Result<Process, Fault> {
        self.log.turn_page();
        let mut variables = self.site.variables.clone();
        variables.insert((&self.site.spec.port_var).into(), port.to_string().into());
        for (name, value) in changes {
            match value {
                Some(value) => variables.insert(name.into(), value.into()),
                None => variables.remove(std::ffi::OsStr::new(name)),
            };
        }
        Process::spawn(Launch {
            command: &self.site.command,
            folder: &self.site.app,
            variables,
            run_as: &self.site.run_as,
            mark: format!("{}.{}", self.site.mark, self.index),
            log: self.log.clone(),
        })
    }

    /// Whether the port was taken by somebody else meanwhile. The process that lost says so as it ends.
    fn lost(&self, came: &Came, port: u16) -> bool {
        let (mut in_use, mut named) = (false, false);
        for line in self.log.tail(usize::MAX) {
            let line = line.to_lowercase();
            in_use |= line.contains("eaddrinuse") || line.contains("address already in use");
            named |= line.contains(&port.to_string());
        }
        let held = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        match came {
            Came::PortTaken => true,
            Came::Exited(_) => in_use || named && held(),
            _ => false,
        }
    }

    fn told(&self, came: Came, begun: Instant, within: Duration) -> Trouble {
        let spec = &self.site.spec;
        let operation = self.site.asker.operation();
        let seconds = within.as_secs_f64();
        let telling = |phase| Telling {
            phase,
            command: &self.site.command,
            waited_for: format!(
                "`{operation}` to answer 2xx on the port in ${}, within {seconds} s",
                spec.port_var
            ),
            log: self.log.tail(usize::MAX),
            begun,
        };
        match came {
            Came::Exited(exit) => telling(Phase::Start).ended(exit).into(),
            Came::Never { listens, last } => telling(Phase::Ready)
                .never(&operation, last.as_ref(), listens)
                .into(),
            // Whoever answers there, it is nothing the service could help.
            Came::PortTaken | Came::Ready { .. } => Fault::new(
                "starting the service",
                format!("on {TRIES} ports in turn something else answered"),
            )
            .cure("end other programs that listen on many ports of this machine, then run again")
            .into(),
        }
    }

    /// Ends it, if it runs, and says how it ended.
    pub(crate) async fn down(&self, how: Stop) -> Result<Liveness, Fault> {
        let grace = if how == Stop::Term {
            GRACE
        } else {
            Duration::ZERO
        };
        self.end(grace).await?;
        Ok(self.alive())
    }

    /// Ends it within this grace.
    pub(crate) async fn end(&self, grace: Duration) -> Result<(), Fault> {
        match self.process() {
            Some(process) => process.end(grace).await.map(drop),
            None => Ok(()),
        }
    }

    pub(crate) fn alive(&self) -> Liveness {
        match self.process() {
            Some(process) => Liveness {
                pid: Some(process.pid),
                started: Some(process.started),
                exit: process.exited(),
            },
            None => Liveness {
                pid: None,
                started: None,
                exit: Some(Exited::Code(-1)),
            },
        }
    }

    pub(crate) fn boot(&self) -> Option<BootFacts> {
        self.state().boot.clone()
    }

    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// The process last started.
    pub(crate) fn process(&self) -> Option<Arc<Process>> {
        self.state().start.as_ref().map(|s| s.process.clone())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
