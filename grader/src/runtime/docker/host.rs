//! A world of containers, once it is up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all, try_join_all};

use super::postgres::Postgres;
use super::release::Release;
use super::replica::Replica;
use super::site::Site;
use super::stores;
use crate::model::{Doing, Fault};
use crate::runtime::machine::work;
use crate::runtime::postgres::Database;
use crate::runtime::world::Host;
use crate::runtime::{BootFacts, Changes, Liveness, Released, Stop, Stores, Trouble};

/// The replicas of a world and what they stand on.
pub(super) struct Docked {
    pub(super) site: Arc<Site>,
    pub(super) replicas: Vec<Replica>,
    pub(super) database: Database,
    pub(super) postgres: Arc<Postgres>,
    /// How the service is released; none where it has no release command.
    pub(super) release: Option<Release>,
    pub(super) release_seconds: Option<f64>,
    pub(super) keep: bool,
    pub(super) lowered: AtomicBool,
}

impl Docked {
    /// Starts every replica that does not run, side by side. When one fails, the others are ended.
    pub(super) async fn up(&self) -> Result<(), Trouble> {
        let stopped = self.replicas.iter().filter(|r| !r.alive().runs());
        let started = try_join_all(stopped.map(Replica::up)).await;
        if started.is_err() {
            let ended = self.replicas.iter().map(|r| r.down(Stop::Kill));
            join_all(ended)
                .await
                .into_iter()
                .collect::<Result<Vec<_>, Fault>>()?;
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

    /// Removes the containers; with `drop`, the database too, or its server where it has one of its own. Once.
    pub(super) async fn fall(&self, drop: bool) -> Result<(), Fault> {
        if self.lowered.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let removed = join_all(self.replicas.iter().map(Replica::remove)).await;
        if self.site.spec.own_cluster {
            self.postgres.lower().await?;
        } else if drop && !self.keep {
            self.postgres.server().drop_database(&self.database).await?;
        }
        removed.into_iter().collect()
    }
}

/// What [`World`](crate::runtime::World) holds: the runtime keeps the other end, to lower what is left.
pub(super) struct Handle(pub(super) Arc<Docked>);

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
            let stopped = self.0.replicas.iter().filter(|r| !r.alive().runs());
            let begun = join_all(stopped.map(|replica| replica.begin(changes))).await;
            Ok(begun.into_iter().collect::<Result<_, Fault>>()?)
        }
        .boxed()
    }

    fn ready(&self, within: Duration) -> BoxFuture<'_, Result<(), Trouble>> {
        async move {
            let waits = self.0.replicas.iter().map(|replica| replica.ready(within));
            // To their end: what makes a replica reachable is kept by whoever waits for it.
            join_all(waits).await.into_iter().collect()
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
            // Where the engine runs on another machine, or in a machine of its own, they are not to be seen.
            let running = self.0.replicas.iter().map(|r| r.alive().pid);
            let pids: Option<Vec<u32>> = running.collect();
            let count = move || work::worked(&pids.unwrap_or_default());
            let counted = tokio::task::spawn_blocking(count).await;
            work::seen(counted.doing("counting the service's work")?)
        }
        .boxed()
    }

    fn pause(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        async move {
            if !self.0.site.engine.unlimited.is_empty() {
                let why = "an engine without control groups cannot freeze a service";
                return Err(Trouble::Unsupported(why.to_owned()));
            }
            let running = self.0.replicas.iter().filter(|r| r.alive().runs());
            let paused =
                join_all(running.map(async |r| self.0.site.engine.pause(&r.id()).await)).await;
            Ok(paused.into_iter().collect::<Result<_, Fault>>()?)
        }
        .boxed()
    }

    fn resume(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        async move {
            let running = self.0.replicas.iter().filter(|r| r.alive().runs());
            let going =
                join_all(running.map(async |r| self.0.site.engine.resume(&r.id()).await)).await;
            Ok(going.into_iter().collect::<Result<_, Fault>>()?)
        }
        .boxed()
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
            let (site, postgres) = (&self.0.site, self.0.postgres.address().await?);
            let running = self.0.replicas.iter().filter(|r| r.alive().runs());
            let looks =
                running.map(async |r| stores::look(site, &r.id(), r.alive().pid, postgres).await);
            let seen = join_all(looks).await;
            let mut all = Stores::default();
            for one in seen {
                all.add(one?);
            }
            Ok(all)
        }
        .boxed()
    }

    fn lower(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.0.fall(true).boxed()
    }
}
