//! Making a server ready, once: our roles, our database, doors between databases shut.

use super::login::{OBSERVER, WATCH};
use super::quote::ident;
use super::server::{Adopt, HOME};
use super::session::{Purpose, Session, config, fault};
use super::settings::Capabilities;
use crate::model::Fault;

/// Logs in as the superuser it names.
pub(super) async fn open(adopt: &Adopt, database: &str) -> Result<Session, Fault> {
    let config = config(&adopt.reach, &adopt.operator, database, Purpose::Operate);
    let doing = format!("logging in to Postgres as {}", adopt.operator.role);
    Session::open(&config).await.map_err(|e| fault(doing, &e))
}

/// Roles, our database, and the locks between databases. Safe to repeat.
pub(super) async fn prepare(session: &Session, adopt: &Adopt) -> Result<Capabilities, Fault> {
    let run = async |session: &Session, sql: &str| {
        let doing = format!("preparing the server ({sql})");
        session
            .batch_execute(sql)
            .await
            .map_err(|e| fault(doing, &e))
    };
    let exists = async |sql: &str| match session.query_opt(sql, &[]).await {
        Ok(row) => Ok(row.is_some()),
        Err(e) => Err(fault("looking at the server", &e)),
    };
    if !exists("SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolsuper").await? {
        let cause = format!("{} is no superuser", adopt.operator.role);
        return Err(Fault::new("preparing the server", cause));
    }
    let roles = [
        (
            OBSERVER,
            "NOSUPERUSER BYPASSRLS",
            "pg_read_all_data, pg_monitor",
        ),
        (WATCH, "NOSUPERUSER REPLICATION", "pg_monitor"),
    ];
    for (role, rights, member_of) in roles {
        if !exists(&format!("SELECT 1 FROM pg_roles WHERE rolname = '{role}'")).await? {
            run(session, &format!("CREATE ROLE {role} LOGIN {rights}")).await?;
        }
        run(session, &format!("GRANT {member_of} TO {role}")).await?;
    }
    if !exists(&format!(
        "SELECT 1 FROM pg_database WHERE datname = '{HOME}'"
    ))
    .await?
    {
        run(session, &format!("CREATE DATABASE {HOME}")).await?;
    }
    // Before 15 the schema `public` of a new database belongs to the superuser: a migration that drops and
    // makes it again would fail here and nowhere else.
    let template = open(adopt, "template1").await?;
    run(&template, "ALTER SCHEMA public OWNER TO pg_database_owner").await?;
    drop(template);
    for database in [HOME, "postgres", "template1"] {
        run(
            session,
            &format!("REVOKE ALL ON DATABASE {database} FROM PUBLIC"),
        )
        .await?;
    }
    let watch = ident(WATCH);
    run(
        session,
        &format!("GRANT CONNECT ON DATABASE {HOME} TO {watch}"),
    )
    .await?;
    run(session, "ALTER DATABASE template1 ALLOW_CONNECTIONS false").await?;

    let home = open(adopt, HOME).await?;
    for function in [
        "pg_current_logfile(text)",
        "pg_read_binary_file(text, bigint, bigint, boolean)",
        "pg_stat_file(text)",
    ] {
        run(
            &home,
            &format!("GRANT EXECUTE ON FUNCTION {function} TO {watch}"),
        )
        .await?;
    }
    // Absolute paths outside the data directory, where a server we adopted may keep its log.
    run(&home, &format!("GRANT pg_read_server_files TO {watch}")).await?;
    capabilities(&home).await
}

/// What is loaded and installed, asked of the server itself.
async fn capabilities(home: &Session) -> Result<Capabilities, Fault> {
    let setting = async |name: &str| -> Result<String, Fault> {
        let row = home
            .query_one("SELECT COALESCE(current_setting($1, true), '')", &[&name])
            .await
            .map_err(|e| fault("reading the server's settings", &e))?;
        Ok(row.get(0))
    };
    let preloaded = setting("shared_preload_libraries").await?;
    let installed = home
        .batch_execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        .await;
    Ok(Capabilities {
        auto_explain: preloaded.contains("auto_explain"),
        pg_stat_statements: preloaded.contains("pg_stat_statements") && installed.is_ok(),
        json_log: setting("log_destination").await?.contains("jsonlog"),
    })
}
