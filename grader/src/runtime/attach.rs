//! The attach runtime: a service that already runs, under a debugger or in somebody's compose file. It is asked,
//! never started, stopped or killed.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::Url;
use tokio_postgres::NoTls;

use super::postgres::Database;
use super::ready::{Answer, Asker};
use super::world::Host;
use super::{
    BootFacts, BootStory, Built, Liveness, Options, Phase, Refusal, Runtime, Stop, Stores, Trouble,
    World, WorldSpec,
};
use crate::model::{Fault, RuntimeKind, WorldKind};

/// Why nothing is restarted.
const NOT_OURS: &str = "the grader did not start this service, so it does not stop or restart it";

/// A service somebody else has started.
pub(crate) struct Attach {
    base: String,
    database: Option<Database>,
}

impl Attach {
    /// Checks that asking this service harms nobody: its address and its database.
    pub(crate) async fn open(url: &str, options: &Options) -> Result<Self, Refusal> {
        let base = address(url, options.i_own_this).await?;
        let database = match &options.database_url {
            Some(url) => Some(database(url, options.i_own_this, options.allow_data).await?),
            None => None,
        };
        Ok(Self { base, database })
    }
}

/// The base URL, if it is one and points to this machine or to one the user answers for.
async fn address(text: &str, i_own_this: bool) -> Result<String, Refusal> {
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
async fn database(url: &str, i_own_this: bool, allow_data: bool) -> Result<Database, Refusal> {
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

/// A table with rows, if there is one; the learner's own code does not run. Tables of a migration tool do not
/// count: the service that runs there has made its schema already.
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
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    for table in tables {
        let (schema, name): (String, String) = (table.try_get(0)?, table.try_get(1)?);
        let sql = format!(
            "SELECT 1 FROM ONLY {}.{} LIMIT 1",
            quote(&schema),
            quote(&name)
        );
        if !client.query(&sql, &[]).await?.is_empty() {
            return Ok(Some(format!("{schema}.{name}")));
        }
    }
    Ok(None)
}

impl Runtime for Attach {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Attach
    }

    fn why(&self) -> &str {
        match self.database {
            Some(_) => "attach: a service that already runs, and its database",
            None => {
                "attach: a service that already runs; without --database-url only what shows from outside is graded"
            }
        }
    }

    fn folder(&self) -> Option<PathBuf> {
        None
    }

    fn build(&self) -> BoxFuture<'_, Result<Built, Trouble>> {
        async { Ok(Built::default()) }.boxed()
    }

    fn raise<'a>(&'a self, spec: &'a WorldSpec) -> BoxFuture<'a, Result<World, Trouble>> {
        async move {
            let why = match spec.kind {
                WorldKind::Main | WorldKind::Static if !spec.own_cluster => None,
                WorldKind::Replicas => Some("there is one process of this service, and the grader starts no other"),
                _ => Some("there is one running service with settings of its own; the grader starts no other"),
            };
            if let Some(why) = why {
                return Err(Trouble::Unsupported(why.into()));
            }
            let boot = self.wait(spec).await?;
            Ok(World::new(spec.clone(), self.database.clone(), None, Box::new(Running { boot })))
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Fault>> {
        async { Ok(()) }.boxed()
    }
}

impl Attach {
    /// Waits until it is ready. It runs already, so a few seconds must do.
    async fn wait(&self, spec: &WorldSpec) -> Result<BootFacts, Trouble> {
        let (asker, begun) = (Asker::new(&spec.ready)?, Instant::now());
        let within = spec.within.min(Duration::from_secs(10));
        loop {
            let answer = asker.ask(&self.base).await;
            let seconds = begun.elapsed().as_secs_f64();
            if answer == Answer::Ready {
                let port = self
                    .base
                    .parse::<Url>()
                    .ok()
                    .and_then(|url| url.port_or_known_default());
                return Ok(BootFacts {
                    port_asked: 0,
                    port_used: port.unwrap_or_default(),
                    listens: Vec::new(),
                    base_url: self.base.clone(),
                    seconds,
                    release_seconds: None,
                });
            }
            if begun.elapsed() > within {
                return Err(story(&asker, &answer, within, seconds).into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn story(asker: &Asker, answer: &Answer, within: Duration, seconds: f64) -> BootStory {
    let operation = asker.operation();
    let (summary, step) = match answer {
        Answer::Refused => (
            "nobody listens at the address of --url".to_owned(),
            "start the service, then the grader",
        ),
        Answer::Silence => (
            "the service accepts connections and never answers".to_owned(),
            "look at what it waits for",
        ),
        Answer::NotHttp => (
            "what listens there does not speak HTTP".to_owned(),
            "check scheme and port of --url",
        ),
        other => (
            format!("`{operation}` answers {other} instead of 2xx"),
            "call it with curl and read the answer",
        ),
    };
    BootStory {
        phase: Phase::Ready,
        summary,
        waited_for: format!(
            "`{operation}` to answer 2xx within {} s",
            within.as_secs_f64()
        ),
        command: String::new(),
        exit: None,
        last_answer: Some(answer.to_string()),
        log_tail: Vec::new(),
        try_next: vec![step.to_owned()],
        listens: Vec::new(),
        seconds,
    }
}

/// A service that is not ours to start or stop.
struct Running {
    boot: BootFacts,
}

impl Host for Running {
    fn boots(&self) -> Vec<BootFacts> {
        vec![self.boot.clone()]
    }

    fn stop(&self, _how: Stop) -> BoxFuture<'_, Result<Vec<Liveness>, Trouble>> {
        async { Err(Trouble::Unsupported(NOT_OURS.into())) }.boxed()
    }

    fn start(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        async { Err(Trouble::Unsupported(NOT_OURS.into())) }.boxed()
    }

    fn alive(&self) -> Vec<Liveness> {
        vec![Liveness {
            pid: None,
            started: None,
            exit: None,
        }]
    }

    fn log_tail(&self, _lines: usize) -> Vec<String> {
        Vec::new()
    }

    fn stores(&self) -> BoxFuture<'_, Result<Stores, Trouble>> {
        let why = "the files and connections of a service that the grader did not start are not looked at";
        async move { Err(Trouble::Unsupported(why.into())) }.boxed()
    }

    fn lower(&self) -> BoxFuture<'_, Result<(), Fault>> {
        async { Ok(()) }.boxed()
    }
}
