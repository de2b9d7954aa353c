//! Where a service keeps data besides its database.

use std::net::SocketAddr;

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
