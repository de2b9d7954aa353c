//! A service that runs beside its database, whichever way it was raised.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::postgres::{Database, Power};
use super::{BootFacts, Liveness, Stop, Stores, Trouble, WorldSpec};
use crate::model::Fault;

/// What a runtime does for a world once it is up. One implementation a runtime; [`World`] is what others see.
pub(crate) trait Host: Send + Sync {
    fn boots(&self) -> Vec<BootFacts>;
    fn stop(&self, how: Stop) -> BoxFuture<'_, Result<Vec<Liveness>, Trouble>>;
    fn start(&self) -> BoxFuture<'_, Result<(), Trouble>>;
    fn pause(&self) -> BoxFuture<'_, Result<(), Trouble>>;
    fn resume(&self) -> BoxFuture<'_, Result<(), Trouble>>;
    fn alive(&self) -> Vec<Liveness>;
    fn log_tail(&self, lines: usize) -> Vec<String>;
    fn stores(&self) -> BoxFuture<'_, Result<Stores, Trouble>>;
    fn lower(&self) -> BoxFuture<'_, Result<(), Fault>>;
}

/// A service that answers, and the database it answers from.
pub struct World {
    spec: WorldSpec,
    database: Option<Database>,
    power: Option<Arc<dyn Power>>,
    host: Box<dyn Host>,
}

impl World {
    pub(crate) fn new(
        spec: WorldSpec,
        database: Option<Database>,
        power: Option<Arc<dyn Power>>,
        host: Box<dyn Host>,
    ) -> Self {
        Self {
            spec,
            database,
            power,
            host,
        }
    }

    /// What was asked for.
    pub fn spec(&self) -> &WorldSpec {
        &self.spec
    }

    /// Where a replica answers (from 0; beyond the last it wraps), for example `http://127.0.0.1:40123`.
    pub fn base_url(&self, replica: usize) -> String {
        let boots = self.host.boots();
        boots
            .get(replica % boots.len().max(1))
            .map(|b| b.base_url.clone())
            .unwrap_or_default()
    }

    /// What was seen when each replica last came up.
    pub fn boots(&self) -> Vec<BootFacts> {
        self.host.boots()
    }

    /// The database; none when attached without `--database-url`.
    pub fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// The world's own Postgres server, to stop, pause and start again; only where
    /// [`own_cluster`](WorldSpec::own_cluster) was asked for: nobody else's database may suffer.
    pub fn cluster(&self) -> Option<&Arc<dyn Power>> {
        self.power.as_ref()
    }

    /// Stops every replica and starts it again on the same database and on another port: ask
    /// [`base_url`](Self::base_url) again. Waits until ready. The release command does not run again.
    ///
    /// # Errors
    /// A story if it does not come up again; `Unsupported` when attached.
    pub async fn restart(&self, how: Stop) -> Result<(), Trouble> {
        self.stop(how).await?;
        self.start().await
    }

    /// Stops every replica and says how each ended. The database stays.
    ///
    /// # Errors
    /// `Unsupported` when attached; a fault if a process cannot be ended.
    pub async fn stop(&self, how: Stop) -> Result<Vec<Liveness>, Trouble> {
        self.host.stop(how).await
    }

    /// Starts every stopped replica again and waits until ready.
    ///
    /// # Errors
    /// A story if it does not come up; `Unsupported` when attached.
    pub async fn start(&self) -> Result<(), Trouble> {
        self.host.start().await
    }

    /// Freezes every replica: connections stay open and nothing answers. [`stop`](Self::stop) thaws it first.
    ///
    /// # Errors
    /// `Unsupported` when attached; a fault if a process cannot be frozen.
    pub async fn pause(&self) -> Result<(), Trouble> {
        self.host.pause().await
    }

    /// Lets frozen replicas go on.
    ///
    /// # Errors
    /// `Unsupported` when attached; a fault if a process cannot be thawed.
    pub async fn resume(&self) -> Result<(), Trouble> {
        self.host.resume().await
    }

    /// Whether each replica's process is there, and which it is.
    pub fn alive(&self) -> Vec<Liveness> {
        self.host.alive()
    }

    /// The last lines the service wrote, oldest first; empty when attached.
    pub fn log_tail(&self, lines: usize) -> Vec<String> {
        self.host.log_tail(lines)
    }

    /// Where the service keeps or could keep data besides its database, as it is now.
    ///
    /// # Errors
    /// `Unsupported` when attached; a fault if the system cannot be read.
    pub async fn stores(&self) -> Result<Stores, Trouble> {
        self.host.stores().await
    }

    /// Ends the service and drops its database. Safe to call twice; every call after it answers as for a
    /// service that has ended.
    ///
    /// # Errors
    /// A fault if something of ours could not be removed.
    pub async fn lower(&self) -> Result<(), Fault> {
        self.host.lower().await
    }
}
