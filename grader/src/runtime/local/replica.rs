//! One process of the service: started, waited for, ended, started again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::output::Log;
use super::port;
use super::process::{Launch, Process};
use super::story::Telling;
use super::wait::{self, Came};
use crate::model::Fault;
use crate::runtime::machine::environment::Variables;
use crate::runtime::machine::user::RunAs;
use crate::runtime::ready::Asker;
use crate::runtime::{BootFacts, BootStory, Exited, Liveness, Phase, Stop, Trouble, WorldSpec};

/// How long a service may take to end when asked politely, before it is killed.
const GRACE: Duration = Duration::from_secs(10);

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
    process: Option<Arc<Process>>,
    boot: Option<BootFacts>,
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

    /// Starts it, on the port it had before if it had one, and waits until it is ready. A port lost to somebody
    /// else between our look and its `bind` is tried again once, on another.
    pub(crate) async fn up(&self) -> Result<(), Trouble> {
        let before = self.state().boot.as_ref().map(|boot| boot.port_asked);
        let mut asked = before.map_or_else(port::free, Ok)?;
        let mut again = true;
        loop {
            let begun = Instant::now();
            let process = Arc::new(self.spawn(asked)?);
            self.state().process = Some(process.clone());
            let came = wait::wait(&process, &self.site.asker, asked, self.site.spec.within).await;
            if let Came::Ready { at, listens } = came {
                self.state().boot = Some(BootFacts {
                    port_asked: asked,
                    port_used: at.port(),
                    listens,
                    base_url: format!("http://{at}"),
                    seconds: begun.elapsed().as_secs_f64(),
                    release_seconds: None,
                });
                return Ok(());
            }
            process.end(Duration::ZERO).await?;
            if again && self.lost(&came, asked) {
                again = false;
                asked = port::free()?;
                continue;
            }
            return Err(self.story(came, begun).into());
        }
    }

    fn spawn(&self, port: u16) -> Result<Process, Fault> {
        self.log.turn_page();
        let mut variables = self.site.variables.clone();
        variables.insert((&self.site.spec.port_var).into(), port.to_string().into());
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
        let said = || {
            let number = port.to_string();
            let words = |line: &str| {
                let line = line.to_lowercase();
                line.contains("eaddrinuse")
                    || line.contains("address already in use")
                    || line.contains(&number)
            };
            self.log.tail(usize::MAX).iter().any(|line| words(line))
        };
        match came {
            Came::PortTaken => true,
            Came::Exited(_) => said() && std::net::TcpStream::connect(("127.0.0.1", port)).is_ok(),
            _ => false,
        }
    }

    fn story(&self, came: Came, begun: Instant) -> BootStory {
        let spec = &self.site.spec;
        let operation = self.site.asker.operation();
        let seconds = spec.within.as_secs_f64();
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
            Came::Exited(exit) => telling(Phase::Start).ended(exit),
            Came::Never { listens, last } => {
                telling(Phase::Ready).never(&operation, last.as_ref(), listens)
            }
            // Twice in a row: whoever takes them is not the service.
            Came::PortTaken | Came::Ready { .. } => {
                telling(Phase::Ready).never(&operation, None, Vec::new())
            }
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
        let process = self.state().process.clone();
        match process {
            Some(process) => process.end(grace).await.map(drop),
            None => Ok(()),
        }
    }

    pub(crate) fn alive(&self) -> Liveness {
        match &self.state().process {
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
        self.state().process.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
