//! A place for the private Postgres server.

use crate::model::Fault;
use std::path::PathBuf;

/// A database of the run.
#[derive(Debug, Clone)]
pub struct Database {
    /// What the service gets as `DATABASE_URL`.
    pub url_for_service: String,
}

/// Options.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// Folder.
    pub dir: PathBuf,
    /// Run id.
    pub run_id: String,
}

/// How to stop.
#[derive(Debug, Clone, Copy)]
pub enum StopHow {
    /// Now.
    Immediate,
}

/// A server.
#[derive(Debug, Clone)]
pub struct Cluster {}

impl Cluster {
    /// Starts.
    ///
    /// # Errors
    /// Fault.
    pub async fn start(_options: ClusterOptions) -> Result<Self, Fault> {
        Ok(Self {})
    }
    /// Creates.
    ///
    /// # Errors
    /// Fault.
    pub async fn create_database(&self, name: &str) -> Result<Database, Fault> {
        Ok(Database {
            url_for_service: format!("postgres://app@127.0.0.1:5/{name}"),
        })
    }
    /// Stops.
    ///
    /// # Errors
    /// Fault.
    pub async fn stop(&self, _how: StopHow) -> Result<(), Fault> {
        Ok(())
    }
}
