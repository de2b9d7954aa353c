//! A service that runs beside its database, whichever way it was raised.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::postgres::{Database, Power, StopMode};
use super::{BootFacts, BootStory, Liveness, Stop, Stores, Trouble, WorldSpec};
use crate::model::Fault;

/// What one start changes in the variables of a service: a name and its value, or none to take the variable away.
pub type Changes = Vec<(String, Option<String>)>;

/// How one run of the release command ended: the seconds it took, or its story.
pub type Released = Result<f64, Box<BootStory>>;

/// What a runtime does for a world once it is up. One implementation a runtime; [`World`] is what others see.
/// A method with a body is one that a runtime may do without: the checks that need it are skipped there.
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

    /// Starts every replica that does not run, with these changes to its variables (the port's and the database's
    /// among them) for this one start, and returns as soon as the processes are there. What [`start`](Host::start)
    /// runs, this runs.
    fn launch<'a>(&'a self, _changes: &'a Changes) -> BoxFuture<'a, Result<(), Trouble>> {
        unsupported("this runtime starts a service in one way alone")
    }

    /// Waits until every replica that was started is ready, and renews [`boots`](Host::boots). A story when one
    /// ended, or when one is not ready within this time; its process is left as it is.
    fn ready(&self, _within: Duration) -> BoxFuture<'_, Result<(), Trouble>> {
        unsupported("this runtime starts a service in one way alone")
    }

    /// The time of a processor that the processes which are up have taken since each of them began.
    fn worked(&self) -> BoxFuture<'_, Result<Duration, Trouble>> {
        unsupported("this runtime does not see how long the service's processes work")
    }

    /// Runs the release command so many times at once on the database as it is; gives how each run ended, in any
    /// order. Empty where the submission has no release command of its own.
    fn release(&self, _times: usize) -> BoxFuture<'_, Result<Vec<Released>, Trouble>> {
        unsupported("this runtime releases a service once")
    }
}

fn unsupported<'a, T: Send + 'a>(why: &str) -> BoxFuture<'a, Result<T, Trouble>> {
    let why = Trouble::Unsupported(why.to_owned());
    async { Err(why) }.boxed()
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

    /// Starts every stopped replica again with these changes to its variables, for this start alone, and does not
    /// wait: [`ready`](Self::ready) does. The release command does not run again.
    ///
    /// # Errors
    /// `Unsupported` where a runtime cannot; a fault if a process cannot be started.
    pub async fn launch(&self, changes: &Changes) -> Result<(), Trouble> {
        self.host.launch(changes).await
    }

    /// Waits until every replica that was launched is ready; where it answers then, [`base_url`](Self::base_url)
    /// says.
    ///
    /// # Errors
    /// A story when one ended or is not ready within this time. It is not ended for that.
    pub async fn ready(&self, within: Duration) -> Result<(), Trouble> {
        self.host.ready(within).await
    }

    /// Runs the release command so many times at once on the database as it is, and says how each run ended. Empty
    /// where there is no release command.
    ///
    /// # Errors
    /// `Unsupported` where a runtime cannot; a fault of ours.
    pub async fn release(&self, times: usize) -> Result<Vec<Released>, Trouble> {
        self.host.release(times).await
    }

    /// The time of a processor that the service's processes have taken, all replicas together: counted by the system,
    /// so that it is the same on a busy machine. Those that are up count, since each of them began.
    ///
    /// # Errors
    /// `Unsupported` where the processes cannot be seen.
    pub async fn worked(&self) -> Result<Duration, Trouble> {
        self.host.worked().await
    }

    /// Stops the world's own Postgres server; its data and address stay.
    ///
    /// # Errors
    /// `Unsupported` where the world shares a server; a fault if it does not end.
    pub async fn stop_server(&self) -> Result<(), Trouble> {
        Ok(self.own_server()?.stop(StopMode::Fast).await?)
    }

    /// Starts the world's own Postgres server again; returns when it answers.
    ///
    /// # Errors
    /// As for [`stop_server`](Self::stop_server).
    pub async fn start_server(&self) -> Result<(), Trouble> {
        Ok(self.own_server()?.start_again().await?)
    }

    /// Freezes the world's own Postgres server: connections stay open and nothing answers.
    ///
    /// # Errors
    /// As for [`stop_server`](Self::stop_server).
    pub async fn pause_server(&self) -> Result<(), Trouble> {
        Ok(self.own_server()?.pause().await?)
    }

    /// Lets the frozen server go on.
    ///
    /// # Errors
    /// As for [`stop_server`](Self::stop_server).
    pub async fn resume_server(&self) -> Result<(), Trouble> {
        Ok(self.own_server()?.resume().await?)
    }

    fn own_server(&self) -> Result<&Arc<dyn Power>, Trouble> {
        let why = || Trouble::Unsupported("this world has no database server of its own".into());
        self.cluster().ok_or_else(why)
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
