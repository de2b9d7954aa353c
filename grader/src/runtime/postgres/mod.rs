//! A place for the private Postgres server.

/// A database of the run.
#[derive(Debug, Clone)]
pub struct Database {
    /// What the service gets as `DATABASE_URL`.
    pub url_for_service: String,
}
