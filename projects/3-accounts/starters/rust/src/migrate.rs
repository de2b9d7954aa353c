//! Runs the migrations that have not run yet, in this order. All of them or none.

use deadpool_postgres::{Pool, PoolError};

const MIGRATIONS: [(&str, &str); 1] =
    [("0001_tables", include_str!("../migrations/0001_tables.sql"))];

/// Migrates the database of `DATABASE_URL`.
pub async fn run() -> Result<(), String> {
    let pool = crate::db::open().await?;
    migrate(&pool)
        .await
        .map_err(|error| format!("migration failed: {error:?}"))
}

async fn migrate(pool: &Pool) -> Result<(), PoolError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    // If two releases run at once, the second waits here and finds nothing left to do.
    transaction
        .execute("SELECT pg_advisory_xact_lock(hashtext('migrations'))", &[])
        .await?;
    transaction
        .execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY)",
            &[],
        )
        .await?;
    for (name, statements) in MIGRATIONS {
        let applied = transaction
            .query_opt("SELECT 1 FROM schema_migrations WHERE name = $1", &[&name])
            .await?;
        if applied.is_none() {
            transaction.batch_execute(statements).await?;
            transaction
                .execute("INSERT INTO schema_migrations (name) VALUES ($1)", &[&name])
                .await?;
            println!("applied {name}");
        }
    }
    Ok(transaction.commit().await?)
}
