//! A service that runs beside its database, whichever way it was raised.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use futures::future::BoxFuture;

use super::postgres::{Cluster, Database};
use super::{Exited, Trouble, WorldSpec};
use crate::model::Fault;

/// How to end a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// SIGTERM, the polite way of every platform; SIGKILL if it still runs after the grace.
    Term,
    /// SIGKILL: a crash.
    Kill,
}

/// What was seen while one replica came up.
#[derive(Debug, Clone, PartialEq)]
pub struct BootFacts {
    /// The port the service was told to listen on. Zero where we did not say (attach).
    pub port_asked: u16,
    /// The port it answers on. Another than asked: it ignores `PORT`.
    pub port_used: u16,
    /// Every address the replica's processes listen on; empty where that cannot be seen.
    pub listens: Vec<SocketAddr>,
    /// Where it answers, for example `http://127.0.0.1:40123`, without a final slash.
    pub base_url: String,
    /// Seconds from the start command to the first 2xx of the ready operation.
    pub seconds: f64,
    /// Seconds of the release command; none where there is none or the database was not fresh.
    pub release_seconds: Option<f64>,
}

impl BootFacts {
    /// Whether it listens on loopback addresses alone, which no container or host can reach from outside.
    pub fn loopback_only(&self) -> bool {
        let mut ours = self
            .listens
            .iter()
            .filter(|a| a.port() == self.port_used)
            .peekable();
        ours.peek().is_some() && ours.all(|a| a.ip().is_loopback())
    }
}

/// Whether a replica's process is there. Two equal values: the same process, still alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liveness {
    /// Its process id; none where it cannot be seen (attach).
    pub pid: Option<u32>,
    /// When this process was started; with the pid it names one process for good.
    pub started: Option<SystemTime>,
    /// How it ended, if it did.
    pub exit: Option<Exited>,
}

impl Liveness {
    /// Whether it still runs, as far as can be seen.
    pub fn runs(&self) -> bool {
        self.exit.is_none()
    }
}

/// Which kind of database a file is, from its first bytes or its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreKind {
    /// SQLite 3.
    Sqlite,
    /// DuckDB.
    DuckDb,
    /// LMDB.
    Lmdb,
    /// LevelDB or RocksDB.
    LevelDb,
    /// Berkeley DB or a dbm file.
    Dbm,
    /// H2.
    H2,
}

/// A file that is a database of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStore {
    /// Relative to the service's folder where it lies in it, absolute otherwise.
    pub path: String,
    /// Which kind.
    pub kind: StoreKind,
    /// Whether a process of the service holds it open now.
    pub held: bool,
    /// Whether it was made or changed since the service was first started.
    pub written: bool,
    /// Its size in bytes.
    pub bytes: u64,
}

/// An ordinary file made or changed in the service's folder since it was first started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Relative to the service's folder.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Whether a process of the service holds it open now.
    pub held: bool,
}

/// A TCP connection the service has made to somebody who is neither itself nor our Postgres.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outgoing {
    /// The process that holds it.
    pub pid: u32,
    /// The other end.
    pub to: SocketAddr,
}

/// Where the service keeps or could keep data besides the database it was given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stores {
    /// Files that are databases.
    pub databases: Vec<FileStore>,
    /// Other files written since the start, largest first, at most 100. Logs and caches are among them.
    pub written: Vec<WrittenFile>,
    /// Connections to others.
    pub outgoing: Vec<Outgoing>,
}

/// What a runtime does for a world once it is up. One implementation a runtime; [`World`] is what others see.
pub(crate) trait Host: Send + Sync {
    fn boots(&self) -> Vec<BootFacts>;
    fn stop(&self, how: Stop) -> BoxFuture<'_, Result<Vec<Liveness>, Trouble>>;
    fn start(&self) -> BoxFuture<'_, Result<(), Trouble>>;
    fn alive(&self) -> Vec<Liveness>;
    fn log_tail(&self, lines: usize) -> Vec<String>;
    fn stores(&self) -> BoxFuture<'_, Result<Stores, Trouble>>;
    fn lower(&self) -> BoxFuture<'_, Result<(), Fault>>;
}

/// A service that answers, and the database it answers from.
pub struct World {
    spec: WorldSpec,
    database: Option<Database>,
    cluster: Option<Arc<Cluster>>,
    host: Box<dyn Host>,
}

impl World {
    pub(crate) fn new(
        spec: WorldSpec,
        database: Option<Database>,
        cluster: Option<Arc<Cluster>>,
        host: Box<dyn Host>,
    ) -> Self {
        Self {
            spec,
            database,
            cluster,
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
    pub fn cluster(&self) -> Option<&Arc<Cluster>> {
        self.cluster.as_ref()
    }

    /// Stops every replica and starts it again on the same database and the same port; waits until ready.
    /// The release command does not run again.
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
