//! One container of the service: started, waited for, ended, started again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex as Turn;

use super::bridge::Bridge;
use super::process::Process;
use super::relay::Lane;
use super::site::Site;
use super::{ends, wait};
use crate::model::Fault;
use crate::runtime::output::Log;
use crate::runtime::{BootFacts, Exited, Liveness, Stop, Trouble};
use wait::Came;

/// How long a service may take to end when asked politely, before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// One container of the service. It stays the same from start to start, with all it wrote outside its memory file
/// systems, its name and its port; its address may change.
#[derive(Debug)]
pub(super) struct Replica {
    site: Arc<Site>,
    id: String,
    lane: Lane,
    log: Arc<Log>,
    state: Mutex<State>,
    bridge: Turn<Option<Box<Bridge>>>,
}

#[derive(Debug, Default)]
struct State {
    process: Option<Arc<Process>>,
    boot: Option<BootFacts>,
}

impl Replica {
    /// Makes the container. It does not run yet.
    pub(super) async fn make(
        site: &Arc<Site>,
        name: &str,
        lane: Lane,
        log: Arc<Log>,
    ) -> Result<Self, Fault> {
        let port = [(site.spec.port_var.as_str(), lane.port.to_string())];
        let body = site.body(&site.command, &lane.name, "service", &port);
        Ok(Self {
            id: site.engine.create(name, body).await?,
            site: Arc::clone(site),
            lane,
            log,
            state: Mutex::default(),
            bridge: Turn::default(),
        })
    }

    /// Starts it and waits until it is ready.
    pub(super) async fn up(&self) -> Result<(), Trouble> {
        self.take_bridge_down().await?;
        self.log.turn_page();
        let begun = Instant::now();
        let process = Process::start(&self.site.engine, &self.id, Arc::clone(&self.log)).await?;
        let process = Arc::new(process);
        self.state().process = Some(Arc::clone(&process));
        let waited = wait::wait(&self.site, &process, &self.lane).await?;
        if let Came::Ready {
            used,
            listens,
            bridge,
        } = waited.came
        {
            self.state().boot = Some(BootFacts {
                port_asked: self.lane.port,
                port_used: used,
                listens,
                base_url: format!("http://127.0.0.1:{}", self.lane.at),
                seconds: begun.elapsed().as_secs_f64(),
                release_seconds: None,
            });
            *self.bridge.lock().await = bridge;
            return Ok(());
        }
        let end = process.end(Duration::ZERO).await?;
        Err(ends::told(&self.site, (waited, end), &self.log, begun))
    }

    /// Ends it, if it runs, and says how it ended.
    pub(super) async fn down(&self, how: Stop) -> Result<Liveness, Fault> {
        let grace = if how == Stop::Term {
            GRACE
        } else {
            Duration::ZERO
        };
        if let Some(process) = self.process() {
            if process.ended().is_none() {
                // A frozen service hears nothing.
                self.site.engine.resume(&self.id).await?;
            }
            process.end(grace).await?;
        }
        self.take_bridge_down().await?;
        Ok(self.alive())
    }

    /// Removes the container and what stands beside it.
    pub(super) async fn remove(&self) -> Result<(), Fault> {
        if self.alive().runs() {
            self.site.engine.resume(&self.id).await?;
        }
        self.site.engine.remove(&self.id).await?;
        self.take_bridge_down().await
    }

    pub(super) fn alive(&self) -> Liveness {
        match self.process() {
            Some(process) => Liveness {
                pid: process.pid,
                started: Some(process.started),
                exit: process.ended().map(|end| end.exit),
            },
            None => Liveness {
                pid: None,
                started: None,
                exit: Some(Exited::Code(-1)),
            },
        }
    }

    pub(super) fn boot(&self) -> Option<BootFacts> {
        self.state().boot.clone()
    }

    pub(super) fn log(&self) -> &Log {
        &self.log
    }

    /// The container.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    fn process(&self) -> Option<Arc<Process>> {
        self.state().process.clone()
    }

    /// A bridge stands in a network that ends with its service.
    async fn take_bridge_down(&self) -> Result<(), Fault> {
        match self.bridge.lock().await.take() {
            Some(bridge) => bridge.remove().await,
            None => Ok(()),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
