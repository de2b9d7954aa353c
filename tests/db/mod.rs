//! The private Postgres server and what reads it.

mod changes;
mod cluster;
mod copies;
mod find;
mod hostile;
mod logins;
mod sql;
mod trace;

use grader::runtime::postgres::{Cluster, ClusterOptions};
use tempfile::TempDir;

/// A folder that the account Postgres runs as can enter, and a server in it.
async fn cluster() -> (Cluster, TempDir) {
    let folder = folder();
    let cluster = Cluster::start(ClusterOptions::new("test", folder.path()))
        .await
        .unwrap();
    (cluster, folder)
}

fn folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// A session the way a service opens one: from `DATABASE_URL` alone.
async fn service(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}
