//! Whether asking a service harms anybody: its address and its database.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use reqwest::Url;
use tokio_postgres::NoTls;

use crate::runtime::Refusal;
use crate::runtime::postgres::{Database, ident};

/// The base URL, if it is one and points to this machine or to one the user answers for.
pub(super) async fn address(text: &str, i_own_this: bool) -> Result<String, Refusal> {
    let bad = |why: &str| {
        let example = "write it as http://127.0.0.1:8080";
        Refusal::Usage(format!("--url {text}: {why}\n  try: {example}"))
    };
    let url: Url = text
        .parse()
        .map_err(|error| bad(&format!("not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("neither http nor https"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("a base URL has neither query nor fragment"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let why = "a user and a password in it would stand in every report";
        // The message must not be the first to repeat them.
        let example = "write it as http://127.0.0.1:8080";
        return Err(Refusal::Usage(format!("--url: {why}\n  try: {example}")));
    }
    let host = url.host_str().ok_or_else(|| bad("it names no host"))?;
    if !i_own_this && !loopback(host.to_owned(), url.port_or_known_default().unwrap_or(80)).await {
        return Err(Refusal::Usage(format!(
            "--url {text}: {host} is not this machine, and the grader's questions are many and rude\n  \
             try: --i-own-this, if the service is yours to ask"
        )));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Whether a name stands for this machine's loopback, and for nothing else.
async fn loopback(host: String, port: u16) -> bool {
    let name = host.trim_matches(['[', ']']).to_owned();
    if let Ok(ip) = name.parse::<IpAddr>() {
        return ip.to_canonical().is_loopback();
    }
    let resolve = move || {
        (name.as_str(), port)
            .to_socket_addrs()
            .map(|all| all.collect::<Vec<SocketAddr>>())
    };
    match tokio::task::spawn_blocking(resolve).await {
        Ok(Ok(all)) => !all.is_empty() && all.iter().all(|address| address.ip().is_loopback()),
        _ => false,
    }
}

/// The database, if it can be reached, is near, and holds nothing anybody could miss.
pub(super) async fn database(
    url: &str,
    i_own_this: bool,
    allow_data: bool,
) -> Result<Database, Refusal> {
    // A URL holds a password: no message repeats it.
    let refuse =
        |why: String, cure: &str| Refusal::Usage(format!("--database-url: {why}\n  try: {cure}"));
    let write = "write it as postgres://user:password@127.0.0.1:5432/name";
    let config: tokio_postgres::Config = url
        .parse()
        .map_err(|error| refuse(format!("not a Postgres URL: {error}"), write))?;
    for host in config.get_hosts() {
        if let tokio_postgres::config::Host::Tcp(name) = host
            && !i_own_this
            && !loopback(name.clone(), 5432).await
        {
            let why = format!("{name} is not this machine");
            return Err(refuse(
                why,
                "--i-own-this, if the database is yours to write to",
            ));
        }
    }
    let (client, connection) = config.connect(NoTls).await.map_err(|error| {
        let cause =
            std::error::Error::source(&error).map_or(String::new(), |source| format!(": {source}"));
        refuse(
            format!("cannot log in: {error}{cause}"),
            "check that the database runs and the URL is right",
        )
    })?;
    let talk = tokio::spawn(connection);
    let filled = filled(&client).await;
    talk.abort();
    let filled = filled.map_err(|error| refuse(format!("cannot be read: {error}"), write))?;
    match filled {
        Some(table) if !allow_data => Err(refuse(
            format!("the database is not empty: {table} holds rows"),
            "an empty database, or --allow-data if nothing in it is dear to you",
        )),
        _ => Ok(Database::attached(url)?),
    }
}

/// An ordinary table with rows that this login can see, if there is one. Views are not read, but a policy on a table
/// is: it may hide rows, and what it calls runs as this login. Tables named like a migration tool's do not count: the
/// service that runs there has made its schema already.
async fn filled(client: &tokio_postgres::Client) -> Result<Option<String>, tokio_postgres::Error> {
    let tables = client
        .query(
            "SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' \
             AND c.relname !~* '(migration|schema_version|alembic|flyway|knex|prisma|sqlx|diesel|seaql|goose)' \
             ORDER BY 1, 2",
            &[],
        )
        .await?;
    for table in tables {
        let (schema, name): (String, String) = (table.try_get(0)?, table.try_get(1)?);
        let sql = format!(
            "SELECT 1 FROM ONLY {}.{} LIMIT 1",
            ident(&schema),
            ident(&name)
        );
        if !client.query(&sql, &[]).await?.is_empty() {
            return Ok(Some(format!("{schema}.{name}")));
        }
    }
    Ok(None)
}
