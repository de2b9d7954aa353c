//! What was committed: which rows of which tables, in how many transactions, read from the server's own log of
//! changes (logical decoding). Nothing that a service does escapes it, and nothing is asked of the tables.

mod line;

use std::collections::BTreeMap;

use crate::model::Fault;
use crate::runtime::postgres::{Database, Slot};

/// Lines read at a time, beside the rest of a transaction.
const AT_ONCE: i32 = 20_000;

/// A window on what is committed. Close it.
pub struct Changes {
    slot: Slot,
}

/// One transaction that changed rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commit {
    /// Its changes, in order.
    pub rows: Vec<Row>,
}

/// One row that was written or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `schema.table`; of a partitioned table the partition.
    pub table: String,
    /// What happened to it.
    pub deed: Deed,
    /// Its values as the server prints them: all of a new row, only the key of one that is gone.
    pub values: String,
}

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// It came.
    Insert,
    /// It was written again, changed or not.
    Update,
    /// It went.
    Delete,
    /// All rows of the table went.
    Truncate,
}

impl Changes {
    /// Opens a window: what is committed from now on is in it. None when a transaction on the server stays open for
    /// long; then there is no moment to begin at.
    ///
    /// # Errors
    /// When the database was attached, or the server cannot be reached.
    pub async fn open(database: &Database) -> Result<Option<Self>, Fault> {
        let slot = database.server()?.operator().create_slot(database).await?;
        Ok(slot.map(|slot| Self { slot }))
    }

    /// What was committed since the last look. What a service has acknowledged is in it.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn take(&self) -> Result<Vec<Commit>, Fault> {
        let mut all = Vec::new();
        loop {
            let lines = self.slot.read(AT_ONCE).await?;
            let more = i32::try_from(lines.len()).is_ok_and(|n| n >= AT_ONCE);
            all.extend(line::commits(&lines));
            if !more {
                return Ok(all);
            }
        }
    }

    /// Closes the window. A database cannot be dropped while one is open.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn close(self) -> Result<(), Fault> {
        self.slot.drop().await
    }
}

impl Commit {
    /// Whether one of its rows says this, whatever its case.
    pub fn says(&self, text: &str) -> bool {
        self.rows.iter().any(|row| row.says(text))
    }
}

impl Row {
    /// Whether its values say this, whatever its case.
    pub fn says(&self, text: &str) -> bool {
        let printed = text.to_lowercase().replace('\'', "''");
        self.values.to_lowercase().contains(&printed)
    }
}

/// How many rows of each table this happened to.
pub fn count(commits: &[Commit], deed: Deed) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for row in commits.iter().flat_map(|c| &c.rows) {
        if row.deed == deed {
            *counts.entry(row.table.as_str()).or_default() += 1;
        }
    }
    counts
}
