//! The connection pool. Use it so:
//!
//! ```ignore
//! let client = pool.get().await?;
//! let row = client.query_opt("SELECT … WHERE id = $1", &[&id]).await?;
//! ```
//!
//! More than one statement in a transaction: `let transaction = client.transaction().await?`.

use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, Pool, Runtime};
use tokio_postgres::NoTls;

/// Connects, and waits up to half a minute for a database that is still starting.
pub async fn open() -> Result<Pool, String> {
    let url = std::env::var("DATABASE_URL").map_err(|_| "DATABASE_URL is not set")?;
    let config = url
        .parse()
        .map_err(|_| "DATABASE_URL is not a PostgreSQL URL")?;
    let pool = Pool::builder(Manager::new(config, NoTls))
        .max_size(8)
        .wait_timeout(Some(Duration::from_secs(5)))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| error.to_string())?;
    let start = Instant::now();
    while let Err(error) = pool.get().await {
        if start.elapsed() > Duration::from_secs(30) {
            return Err(format!(
                "the database of DATABASE_URL does not answer: {error}"
            ));
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Ok(pool)
}
