//! One container of the service: started, waited for, ended, started again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex as Turn;

use super::bridge::Bridge;
use super::process::{End, Process};
use super::relay::Lane;
use super::site::Site;
use super::{ends, wait};
use crate::model::Fault;
use crate::runtime::output::Log;
use crate::runtime::{BootFacts, Changes, Exited, Liveness, Stop, Trouble};
use wait::{Came, Waited};

/// How long a service may take to end when asked politely, before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// One process of the service, in a container. Its name and its port stay the same from start to start; its address may
/// change, and a container with other variables is another one. Nothing is lost with it: the root is read-only, and
/// memory file systems are empty at each start.
#[derive(Debug)]
pub(super) struct Replica {
    site: Arc<Site>,
    name: String,
    lane: Lane,
    log: Arc<Log>,
    state: Mutex<State>,
    bridge: Turn<Option<Box<Bridge>>>,
}

#[derive(Debug)]
struct State {
    /// The container, and what its variables differ in from the usual ones.
    id: String,
    changes: Changes,
    start: Option<Start>,
    boot: Option<BootFacts>,
}

/// The start that is under way, or was the last.
#[derive(Debug, Clone)]
struct Start {
    process: Arc<Process>,
    begun: Instant,
}

impl Replica {
    /// Makes the container. It does not run yet.
    pub(super) async fn make(
        site: &Arc<Site>,
        name: &str,
        lane: Lane,
        log: Arc<Log>,
    ) -> Result<Self, Fault> {
        let changes = Changes::new();
        let state = State {
            id: create(site, name, &lane, &changes).await?,
            changes,
            start: None,
            boot: None,
        };
        Ok(Self {
            site: Arc::clone(site),
            name: name.to_owned(),
            lane,
            log,
            state: Mutex::new(state),
            bridge: Turn::default(),
        })
    }

    /// Starts it and waits until it is ready; ends it where it is not.
    pub(super) async fn up(&self) -> Result<(), Trouble> {
        self.begin(&Changes::new()).await?;
        let within = self.site.spec.within;
        let Some((waited, start)) = self.wait(within).await? else {
            return Ok(());
        };
        let end = start.process.end(Duration::ZERO).await?;
        Err(self.told(waited, Some(end), start.begun, within))
    }

    /// Starts it with these changes to its variables.
    pub(super) async fn begin(&self, changes: &Changes) -> Result<(), Fault> {
        let begun = Instant::now();
        self.take_bridge_down().await?;
        self.log.turn_page();
        let id = self.container(changes).await?;
        let process = Process::start(&self.site.engine, &id, Arc::clone(&self.log)).await?;
        let process = Arc::new(process);
        self.state().start = Some(Start { process, begun });
        Ok(())
    }

    /// Waits until what was begun is ready. Where it is not, its process is left as it is.
    pub(super) async fn ready(&self, within: Duration) -> Result<(), Trouble> {
        match self.wait(within).await? {
            None => Ok(()),
            Some((waited, start)) => {
                let end = start.process.ended();
                Err(self.told(waited, end, start.begun, within))
            }
        }
    }

    /// A container with these variables: the one there is, or another in its place.
    async fn container(&self, changes: &Changes) -> Result<String, Fault> {
        let (id, fits) = {
            let state = self.state();
            (state.id.clone(), state.changes == *changes)
        };
        if fits {
            return Ok(id);
        }
        self.site.engine.remove(&id).await?;
        let id = create(&self.site, &self.name, &self.lane, changes).await?;
        let mut state = self.state();
        (state.id, state.changes) = (id.clone(), changes.clone());
        Ok(id)
    }

    /// What came of waiting for what was begun; none where it is ready.
    async fn wait(&self, within: Duration) -> Result<Option<(Waited, Start)>, Trouble> {
        let Some(start) = self.state().start.clone() else {
            return Err(Fault::new("waiting for the service", "nobody started it").into());
        };
        let bridge = self.bridge.lock().await.take();
        let listens = bridge.as_ref().and_then(|_| Some(self.boot()?.listens));
        let before = (bridge, listens);
        let waited = wait::wait(&self.site, &start.process, &self.lane, before, within).await?;
        let Came::Ready {
            used,
            listens,
            bridge,
        } = waited.came
        else {
            return Ok(Some((waited, start)));
        };
        self.state().boot = Some(BootFacts {
            port_asked: self.lane.port,
            port_used: used,
            listens,
            base_url: format!("http://127.0.0.1:{}", self.lane.at),
            seconds: start.begun.elapsed().as_secs_f64(),
            release_seconds: None,
        });
        *self.bridge.lock().await = bridge;
        Ok(None)
    }

    fn told(&self, waited: Waited, end: Option<End>, begun: Instant, within: Duration) -> Trouble {
        ends::told(&self.site, (waited, end), &self.log, (begun, within))
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
                self.site.engine.resume(&self.id()).await?;
            }
            process.end(grace).await?;
        }
        self.take_bridge_down().await?;
        Ok(self.alive())
    }

    /// Removes the container and what stands beside it.
    pub(super) async fn remove(&self) -> Result<(), Fault> {
        if self.alive().runs() {
            self.site.engine.resume(&self.id()).await?;
        }
        self.site.engine.remove(&self.id()).await?;
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
    pub(super) fn id(&self) -> String {
        self.state().id.clone()
    }

    fn process(&self) -> Option<Arc<Process>> {
        self.state().start.as_ref().map(|s| s.process.clone())
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

/// Makes a container of the service with these changes to its variables. One that is taken away has no value of ours;
/// whatever the image says of it then holds, as on any platform.
async fn create(site: &Site, name: &str, lane: &Lane, changes: &Changes) -> Result<String, Fault> {
    let mut variables = site.variables.clone();
    variables.insert(site.spec.port_var.clone(), lane.port.to_string());
    for (name, value) in changes {
        match value {
            Some(value) => variables.insert(name.clone(), value.clone()),
            None => variables.remove(name),
        };
    }
    let body = site.body(&site.command, &lane.name, "service", &variables);
    site.engine.create(name, body).await
}
