//! Where a service keeps data besides its database.

use std::net::SocketAddr;
use std::path::Path;

/// How many bytes of a file tell which database it is.
pub(crate) const HEAD: u64 = 32;
/// Ordinary files listed at most.
const LISTED: usize = 100;

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

impl StoreKind {
    /// Which database a file is, by the bytes it begins with ([`HEAD`] are enough); LevelDB and RocksDB by what lies
    /// in their folder.
    pub(crate) fn of(head: &[u8], path: &Path) -> Option<Self> {
        let at = |offset: usize, bytes: &[u8]| {
            head.get(offset..)
                .is_some_and(|rest| rest.starts_with(bytes))
        };
        if at(0, b"SQLite format 3\0") {
            Some(Self::Sqlite)
        } else if at(8, b"DUCK") {
            Some(Self::DuckDb)
        } else if at(16, &0xBEEF_C0DE_u32.to_le_bytes()) {
            Some(Self::Lmdb)
        } else if at(0, b"H:2,") {
            Some(Self::H2)
        } else if at(0, &0x13579ACE_u32.to_le_bytes())
            || at(0, &0x13579ACF_u32.to_le_bytes())
            || at(12, &0x061561_u32.to_le_bytes())
            || at(12, &0x053162_u32.to_le_bytes())
        {
            Some(Self::Dbm)
        } else if at(0, b"MANIFEST-") && path.file_name().is_some_and(|name| name == "CURRENT") {
            Some(Self::LevelDb)
        } else {
            None
        }
    }
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

impl Stores {
    /// Adds what another process of the service keeps.
    pub(crate) fn add(&mut self, other: Self) {
        self.databases.extend(other.databases);
        self.written.extend(other.written);
        self.outgoing.extend(other.outgoing);
        self.largest_first();
    }

    /// Puts the written files in order, and keeps as many as are listed.
    pub(crate) fn largest_first(&mut self) {
        self.written
            .sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
        self.written.truncate(LISTED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_known_by_their_first_bytes() {
        let kind_of = |bytes: &[u8]| StoreKind::of(bytes, Path::new("data.json"));
        assert_eq!(kind_of(b"SQLite format 3\0\x10\0"), Some(StoreKind::Sqlite));
        assert_eq!(kind_of(b"12345678DUCK"), Some(StoreKind::DuckDb));
        assert_eq!(kind_of(b"{\"MANIFEST-\": 1}"), None);
        assert_eq!(kind_of(b""), None);
    }
}
