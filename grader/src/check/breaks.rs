//! The context of a check that stops, starts and kills.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::LocksCx;
use crate::model::Fault;
use crate::runtime::postgres::{LockMode, ServiceSession, TableLock};
use crate::runtime::{Changes, Liveness, Released, Stop, Trouble};

/// The context of a check that stops and kills, in a world of its own.
pub struct BreaksCx(LocksCx);

impl BreaksCx {
    /// The world of `cx` is this check's own.
    pub fn new(cx: LocksCx) -> Self {
        Self(cx)
    }

    /// Ends the service and starts it again on the same database.
    ///
    /// # Errors
    /// A story if it does not come up again, or a fault of ours.
    pub async fn restart(&mut self, how: Stop) -> Result<(), Trouble> {
        let began = Instant::now();
        self.raised.world.restart(how).await?;
        self.follow(began);
        Ok(())
    }

    /// Ends the service.
    ///
    /// # Errors
    /// A fault if a process cannot be ended.
    pub async fn stop(&self, how: Stop) -> Result<Vec<Liveness>, Trouble> {
        self.raised.world.stop(how).await
    }

    /// Starts what does not run, with these changes to its variables, and does not wait.
    ///
    /// # Errors
    /// `Unsupported` where the runtime cannot.
    pub async fn launch(&self, changes: &Changes) -> Result<(), Trouble> {
        self.raised.world.launch(changes).await
    }

    /// Waits until what was launched is ready, and asks it from then on.
    ///
    /// # Errors
    /// A story when it ended or is not ready within this time.
    pub async fn ready(&mut self, within: Duration) -> Result<(), Trouble> {
        let began = Instant::now();
        self.raised.world.ready(within).await?;
        self.follow(began);
        Ok(())
    }

    /// Whether each process of the service runs.
    pub fn alive(&self) -> Vec<Liveness> {
        self.raised.world.alive()
    }

    /// How long the service took to come up when it was last seen to.
    pub fn usual_start(&self) -> Duration {
        let boots = self.raised.world.boots();
        let longest = boots.iter().map(|b| b.seconds).fold(0.0, f64::max);
        Duration::try_from_secs_f64(longest).unwrap_or_default()
    }

    /// Runs the release command so many times at once.
    ///
    /// # Errors
    /// `Unsupported` where the runtime cannot.
    pub async fn release(&self, times: usize) -> Result<Vec<Released>, Trouble> {
        self.raised.world.release(times).await
    }

    /// Stops the Postgres server. Only in a world of the kind `Server`.
    ///
    /// # Errors
    /// `Unsupported` where the world shares a server.
    pub async fn stop_server(&self) -> Result<(), Trouble> {
        self.raised.world.stop_server().await
    }

    /// Starts the Postgres server again; returns when it answers.
    ///
    /// # Errors
    /// As for [`stop_server`](Self::stop_server).
    pub async fn start_server(&self) -> Result<(), Trouble> {
        self.raised.world.start_server().await
    }

    /// Freezes the Postgres server: connections stay open and nothing answers. Only in a world of the kind `Server`.
    ///
    /// # Errors
    /// `Unsupported` where the world shares a server.
    pub async fn pause_server(&self) -> Result<(), Trouble> {
        self.raised.world.pause_server().await
    }

    /// Lets the frozen Postgres server go on.
    ///
    /// # Errors
    /// As for [`pause_server`](Self::pause_server).
    pub async fn resume_server(&self) -> Result<(), Trouble> {
        self.raised.world.resume_server().await
    }

    /// The database sessions of the service.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn sessions(&self) -> Result<Vec<ServiceSession>, Fault> {
        let database = self.database()?;
        database.server()?.operator().sessions(database).await
    }

    /// Ends every database session of the service, and says how many there were.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn end_sessions(&self) -> Result<usize, Fault> {
        let database = self.database()?;
        database.server()?.operator().end_sessions(database).await
    }

    /// Lets the service open database sessions again, or no more.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn admit_sessions(&self, admitted: bool) -> Result<(), Fault> {
        let database = self.database()?;
        let operator = database.server()?.operator();
        operator.admit(database, admitted).await
    }

    /// Puts an empty database in the place of the service's.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    pub async fn empty_database(&self) -> Result<(), Fault> {
        let database = self.database()?;
        database.server()?.empty_database(database).await
    }

    /// Makes everybody wait who would make a table in the service's database, until the lock is released. Readers
    /// pass, so whoever looks first and makes then has looked.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn hold_new_tables(&self) -> Result<TableLock, Fault> {
        let (database, mode) = (self.database()?, LockMode::Share);
        let operator = database.server()?.operator();
        operator
            .lock_table(database, "pg_catalog", "pg_class", mode)
            .await
    }

    /// How many sessions of the service wait for a lock now.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn waiting(&self) -> Result<i64, Fault> {
        let database = self.database()?;
        database.server()?.operator().waiting(database).await
    }

    /// Goes where the service answers now: it is still the same one.
    fn follow(&mut self, began: Instant) {
        let now = Arc::clone(&self.raised).world.base_url(0);
        let before = self.http().base().to_owned();
        self.http().journal().moved(&before, &now);
        self.http().journal().at_work(&now, began);
        self.planter().move_to(&now);
    }
}

impl Deref for BreaksCx {
    type Target = LocksCx;
    fn deref(&self) -> &LocksCx {
        &self.0
    }
}

impl DerefMut for BreaksCx {
    fn deref_mut(&mut self) -> &mut LocksCx {
        &mut self.0
    }
}
