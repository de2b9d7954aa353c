//! A server as we use it: its logins, its databases, and how a service reaches it.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio_postgres::Config;

use super::database::Database;
use super::login::{self, Login, OBSERVER, WATCH};
use super::operator::Operator;
use super::quote::ident;
use super::session::{Kept, Purpose, Session, config, fault};
use super::settings::Capabilities;
use crate::model::Fault;

/// The database of our own: extensions and sessions of ours live here, never in a learner's.
pub(crate) const HOME: &str = "grader";

/// A server somebody else started (a container, say), to be made ready for us.
#[derive(Debug, Clone)]
pub struct Adopt {
    /// How we reach it: host or socket folder, and port; the database to enter first, if it is not `postgres`. No user.
    pub reach: Config,
    /// A superuser's login. Its password is changed.
    pub operator: Login,
    /// Host and port as the service will see them.
    pub service: (String, u16),
}

/// A running server with our logins on it.
pub struct Server {
    pub(super) reach: Config,
    pub(super) operator: Login,
    pub(super) observer: Login,
    service: (String, u16),
    capabilities: Capabilities,
    version: String,
    pub(super) home: Kept,
    pub(super) watch: Kept,
    /// How many trace windows are open; also the turn to change the server's settings or to empty the log.
    pub(super) windows: Mutex<usize>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Server(Postgres {} for {}:{})",
            self.version, self.service.0, self.service.1
        )
    }
}

impl Server {
    /// Makes a server ready: our logins, our database, doors between databases shut.
    ///
    /// # Errors
    /// When it cannot be reached or the login is no superuser's.
    pub async fn adopt(adopt: Adopt) -> Result<Arc<Self>, Fault> {
        let first = adopt.reach.get_dbname().unwrap_or("postgres").to_owned();
        let session = open(&adopt, &first).await?;
        let capabilities = prepare(&session, &adopt).await?;
        drop(session);
        let home = open(&adopt, HOME).await?;
        Self::renew(adopt, capabilities, home).await
    }

    /// Takes over a server that was made ready before: our logins get new passwords. `session` is the operator's.
    pub(super) async fn renew(
        adopt: Adopt,
        mut capabilities: Capabilities,
        session: Session,
    ) -> Result<Arc<Self>, Fault> {
        let operator = Login::ours(&adopt.operator.role);
        let (observer, watch) = (Login::ours(OBSERVER), Login::ours(WATCH));
        let sql = [&operator, &observer, &watch]
            .map(Login::alter_password)
            .join("; ");
        let doing = "giving our logins new passwords";
        session
            .batch_execute(&sql)
            .await
            .map_err(|e| fault(doing, &e))?;
        let settings =
            "SELECT current_setting('server_version'), current_setting('log_destination')";
        let row = session
            .query_one(settings, &[])
            .await
            .map_err(|e| fault(doing, &e))?;
        capabilities.json_log = row.get::<_, &str>(1).contains("jsonlog");
        let home = config(&adopt.reach, &operator, HOME, Purpose::Operate);
        let watching = config(&adopt.reach, &watch, HOME, Purpose::Read);
        Ok(Arc::new(Self {
            reach: adopt.reach,
            operator,
            observer,
            service: adopt.service,
            capabilities,
            version: row.get(0),
            home: Kept::with(home, session),
            watch: Kept::new(watching),
            windows: Mutex::new(0),
        }))
    }

    /// The server's version as it says it, for example `15.8 (Debian …)`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The major version, for example 15.
    pub fn major(&self) -> u32 {
        self.version
            .split(|c: char| !c.is_ascii_digit())
            .next()
            .and_then(|v| v.parse().ok())
            .unwrap_or(0)
    }

    /// What it can do for us.
    pub fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// What may be done as superuser.
    pub fn operator(&self) -> Operator<'_> {
        Operator::new(self)
    }

    /// Makes a database that belongs to a new role of its own. Both are named after `label` with random
    /// characters behind it.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    pub async fn create_database(self: &Arc<Self>, label: &str) -> Result<Database, Fault> {
        let label = login::plain(label);
        let app = Login::of_a_service(&label);
        let name = format!("{label}_{}", login::tag());
        self.operator().create_database(&name, &app).await?;
        let url = app.url(&self.service.0, self.service.1, &name);
        Ok(Database::new(name, url, app, self))
    }

    /// Ends every session on a database and removes it and its role. Nothing happens if it is gone already.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    pub async fn drop_database(&self, database: &Database) -> Result<(), Fault> {
        self.operator().drop_database(database).await
    }
}

async fn open(adopt: &Adopt, database: &str) -> Result<Session, Fault> {
    let config = config(&adopt.reach, &adopt.operator, database, Purpose::Operate);
    let doing = format!("logging in to Postgres as {}", adopt.operator.role);
    Session::open(&config).await.map_err(|e| fault(doing, &e))
}

/// Roles, our database, and the locks between databases. Safe to repeat.
async fn prepare(session: &Session, adopt: &Adopt) -> Result<Capabilities, Fault> {
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
