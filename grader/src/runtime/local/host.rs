//! A world of child processes, once it is up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::future::{BoxFuture, join_all, try_join_all};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::build::blocking;
use super::database;
use super::release::Release;
use super::replica::{Replica, Site};
use super::stores::{self, Look};
use crate::model::Fault;
use crate::runtime::machine::{strays, work};
use crate::runtime::postgres::{Cluster, Database, StopMode};
use crate::runtime::world::Host;
use crate::runtime::{BootFacts, Changes, Liveness, Released, Stop, Stores, Trouble};

/// How long a service may take to end when its world is lowered: enough to close its connections.
const GRACE: Duration = Duration::from_millis(300);

/// The replicas of a world and what they stand on.
pub(crate) struct Local {
    pub(crate) site: Arc<Site>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) database: Database,
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) home: std::path::PathBuf,
    /// When the first start command was run.
    pub(crate) since: SystemTime,
    /// How the service is released; none where it has no release command.
    pub(crate) release: Option<Release>,
    pub(crate) release_seconds: Option<f64>,
    pub(crate) keep: bool,
    pub(crate) lowered: AtomicBool,
}

impl Local {
    /// Starts every replica that does not run, side by side. When one fails, the others are ended.
    pub(crate) async fn up(&self) -> Result<(), Trouble> {
        let stopped = self
            .replicas
            .iter()
            .filter(|replica| !replica.alive().runs());
        let started = try_join_all(stopped.map(Replica::up)).await;
        if started.is_err() {
            self.end(Duration::ZERO).await?;
        }
        started.map(drop)
    }

    /// Nothing is started on what is being removed.
    fn stands(&self) -> Result<(), Fault> {
        match self.lowered.load(Ordering::SeqCst) {
            true => Err(Fault::new("starting the service", "its world is lowered")),
            false => Ok(()),
        }
    }

    async fn end(&self, grace: Duration) -> Result<(), Fault> {
        join_all(self.replicas.iter().map(|replica| replica.end(grace)))
            .await
            .into_iter()
            .collect()
    }

    /// Ends the service and removes its folder; with `drop`, its database too, or its server where it has one of
    /// its own. Once.
    pub(crate) async fn fall(&self, drop: bool) -> Result<(), Fault> {
        if self.lowered.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let ended = self.end(GRACE).await;
        if self.site.spec.own_cluster {
            self.cluster.stop(StopMode::Immediate).await?;
        } else if drop && !self.keep {
            self.cluster.drop_database(&self.database).await?;
        }
        let folder = self.site.app.parent().map(std::path::Path::to_owned);
        if let Some(folder) = folder.filter(|_| !self.keep) {
            blocking(move || crate::runtime::machine::shut::remove(&folder)).await?;
        }
        ended
    }
}

/// What [`World`](crate::runtime::World) holds: the runtime keeps the other end, to lower what is left.
pub(crate) struct Handle(pub(crate) Arc<Local>);

impl Handle {
    /// Signals all processes of every replica.
    async fn signal(&self, signal: Signal) -> Result<(), Trouble> {
        let running = self.0.replicas.iter().filter(|r| r.alive().runs());
        let kins: Vec<_> = running.filter_map(|r| Some(r.process()?.kin())).collect();
        let all = move || {
            for pid in kins.iter().flat_map(strays::family) {
                // One that has just ended needs no signal.
                let pid = Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX));
                let _ = kill(pid, signal);
            }
            Ok(())
        };
        Ok(blocking(all).await?)
    }
}

impl Host for Handle {
    fn boots(&self) -> Vec<BootFacts> {
        let boots = self.0.replicas.iter().filter_map(Replica::boot);
        boots
            .map(|boot| BootFacts {
                release_seconds: self.0.release_seconds,
                ..boot
            })
            .collect()
    }

    fn stop(&self, how: Stop) -> BoxFuture<'_, Result<Vec<Liveness>, Trouble>> {
        async move {
            // A frozen service hears nothing.
            self.signal(Signal::SIGCONT).await?;
            let ended = join_all(self.0.replicas.iter().map(|replica| replica.down(how))).await;
            Ok(ended.into_iter().collect::<Result<_, Fault>>()?)
        }
        .boxed()
    }

    fn start(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        async move {
            self.0.stands()?;
            self.0.up().await
        }
        .boxed()
    }

    fn launch<'a>(&'a self, changes: &'a Changes) -> BoxFuture<'a, Result<(), Trouble>> {
        async move {
            self.0.stands()?;
            let mut stopped = self.0.replicas.iter().filter(|r| !r.alive().runs());
            Ok(stopped.try_for_each(|replica| replica.begin(changes))?)
        }
        .boxed()
    }

    fn ready(&self, within: Duration) -> BoxFuture<'_, Result<(), Trouble>> {
        async move {
            let waits = self.0.replicas.iter().map(|replica| replica.ready(within));
            try_join_all(waits).await.map(drop)
        }
        .boxed()
    }

    fn release(&self, times: usize) -> BoxFuture<'_, Result<Vec<Released>, Trouble>> {
        async move {
            self.0.stands()?;
            let Some(release) = &self.0.release else {
                return Ok(Vec::new());
            };
            let one = async |number: usize| match release
                .run(&self.0.site, &format!("release.{number}"))
                .await
            {
                Ok(seconds) => Ok(Ok(seconds)),
                Err(Trouble::Story(story)) => Ok(Err(story)),
                Err(trouble) => Err(trouble),
            };
            try_join_all((0..times).map(one)).await
        }
        .boxed()
    }

    fn worked(&self) -> BoxFuture<'_, Result<Duration, Trouble>> {
        async move {
            let kins: Vec<_> = self
                .0
                .replicas
                .iter()
                .filter_map(|r| Some(r.process()?.kin()))
                .collect();
            let count = move || {
                let pids: Vec<u32> = kins.iter().flat_map(strays::family).collect();
                Ok(work::worked(&pids))
            };
            work::seen(blocking(count).await?)
        }
        .boxed()
    }

    fn pause(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        self.signal(Signal::SIGSTOP).boxed()
    }

    fn resume(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        self.signal(Signal::SIGCONT).boxed()
    }

    fn alive(&self) -> Vec<Liveness> {
        self.0.replicas.iter().map(Replica::alive).collect()
    }

    fn log_tail(&self, lines: usize) -> Vec<String> {
        let mut tail: Vec<String> = Vec::new();
        for (number, replica) in self.0.replicas.iter().enumerate() {
            let own = replica.log().tail(lines);
            match self.0.replicas.len() {
                1 => tail = own,
                _ => tail.extend(own.into_iter().map(|line| format!("[{number}] {line}"))),
            }
        }
        tail
    }

    fn stores(&self) -> BoxFuture<'_, Result<Stores, Trouble>> {
        async move {
            let kins: Vec<_> = self
                .0
                .replicas
                .iter()
                .filter_map(|r| Some(r.process()?.kin()))
                .collect();
            let (app, home, since) = (self.0.site.app.clone(), self.0.home.clone(), self.0.since);
            let postgres = database::addresses(&self.0.database.service_url);
            let look = move || {
                let pids = kins.iter().flat_map(strays::family).collect();
                Ok(stores::stores(&Look {
                    folders: vec![app, home],
                    since,
                    pids,
                    postgres,
                }))
            };
            Ok(blocking(look).await?)
        }
        .boxed()
    }

    fn lower(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.0.fall(true).boxed()
    }
}
