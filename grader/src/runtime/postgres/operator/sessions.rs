//! What the operator does to the sessions of a service. Only system views and system functions are named.

use std::time::Duration;

use super::Operator;
use crate::model::{Doing, Fault};
use crate::runtime::postgres::database::Database;
use crate::runtime::postgres::quote::ident;
use crate::runtime::postgres::session::fault;

/// How many sessions a service may have.
const MOST: u32 = 100;

/// One session of a service on its database.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceSession {
    /// Its backend.
    pub pid: i32,
    /// What it is doing, as `pg_stat_activity` says it: `active`, `idle`, `idle in transaction` and the like.
    pub state: String,
    /// Since when.
    pub since: Duration,
}

impl ServiceSession {
    /// Whether it has begun a transaction and does nothing.
    pub fn is_left_open(&self) -> bool {
        self.state.starts_with("idle in transaction")
    }
}

impl Operator<'_> {
    /// How many sessions of the service on its database wait for a lock now. Reads a system view alone.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn waiting(&self, database: &Database) -> Result<i64, Fault> {
        let session = self.server.home.get().await?;
        let sql = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = $1::text AND usename = $2::text AND wait_event_type = 'Lock'";
        let row = session
            .query_one(sql, &[&database.name, &database.role()])
            .await;
        row.and_then(|r| r.try_get(0))
            .map_err(|e| fault("looking for sessions that wait", &e))
    }

    /// Ends one backend; false if there was none.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn end_backend(&self, pid: i32) -> Result<bool, Fault> {
        let session = self.server.home.get().await?;
        let row = session
            .query_one("SELECT pg_terminate_backend($1)", &[&pid])
            .await;
        row.and_then(|r| r.try_get(0))
            .map_err(|e| fault("ending a database session", &e))
    }

    /// Ends every session of the service on its database and says how many there were. Ours are left alone.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn end_sessions(&self, database: &Database) -> Result<usize, Fault> {
        let doing = "ending the service's database sessions";
        let session = self.server.home.get().await?;
        let sql =
            "SELECT pid FROM pg_stat_activity WHERE datname = $1::text AND usename = $2::text";
        let rows = session
            .query(sql, &[&database.name, &database.role()])
            .await;
        let mut ended = 0;
        for row in rows.map_err(|e| fault(doing, &e))? {
            let pid: i32 = row.try_get(0).doing(doing)?;
            if !database.is_our_backend(pid) && self.end_backend(pid).await? {
                ended += 1;
            }
        }
        Ok(ended)
    }

    /// The sessions of the service on its database, by their backends. Ours are left out. Reads a system view alone.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn sessions(&self, database: &Database) -> Result<Vec<ServiceSession>, Fault> {
        let doing = "looking at the service's database sessions";
        let session = self.server.home.get().await?;
        let sql = "SELECT pid, coalesce(state, ''), \
                   greatest(extract(epoch FROM clock_timestamp() - state_change), 0)::float8 \
                   FROM pg_stat_activity WHERE datname = $1::text AND usename = $2::text ORDER BY pid";
        let rows = session
            .query(sql, &[&database.name, &database.role()])
            .await;
        let mut sessions = Vec::new();
        for row in rows.map_err(|e| fault(doing, &e))? {
            let pid: i32 = row.try_get(0).doing(doing)?;
            let seconds: Option<f64> = row.try_get(2).doing(doing)?;
            if !database.is_our_backend(pid) {
                sessions.push(ServiceSession {
                    pid,
                    state: row.try_get(1).doing(doing)?,
                    since: Duration::try_from_secs_f64(seconds.unwrap_or_default())
                        .unwrap_or_default(),
                });
            }
        }
        Ok(sessions)
    }

    /// Lets the service open sessions again, or no more (SQLSTATE 53300), as on a server that has no room. Those that
    /// are open stay.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn admit(&self, database: &Database, admitted: bool) -> Result<(), Fault> {
        let (role, limit) = (ident(database.role()), if admitted { MOST } else { 0 });
        let statement = format!("ALTER ROLE {role} CONNECTION LIMIT {limit}");
        self.home(
            "changing how many sessions a service may have",
            &[statement],
        )
        .await
    }
}
