//! A server as we use it: its logins, its databases, and how a service reaches it.

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::Mutex;
use tokio_postgres::Config;

use super::database::Database;
use super::login::{self, Login, OBSERVER, WATCH};
use super::operator::Operator;
use super::prepare::{open, prepare};
use super::session::{Kept, Purpose, Session, config, fault};
use super::settings::Capabilities;
use crate::model::{Doing, Fault};

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
    pub(super) reserve: Mutex<Reserve>,
}

/// What a server of ours brings along, so that the first database is there at once.
#[derive(Default)]
pub(super) struct Reserve {
    /// Whether there is a database to be given away.
    pub(super) spare: bool,
    /// The copying of the database that others are made from, while it goes on.
    pub(super) copying: Option<JoinHandle<Result<(), Fault>>>,
}

impl Reserve {
    /// Waits until others can be made.
    pub(super) async fn copied(&mut self) -> Result<(), Fault> {
        let Some(copying) = self.copying.take() else {
            return Ok(());
        };
        let doing = "copying a prepared data directory";
        let joined = tokio::task::spawn_blocking(move || copying.join())
            .await
            .doing(doing)?;
        joined.map_err(|_| Fault::new(doing, "the copying panicked"))?
    }
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
        Self::renew(adopt, capabilities, home, Reserve::default()).await
    }

    /// Takes over a server that was made ready before: our logins get new passwords. `session` is the operator's.
    pub(super) async fn renew(
        adopt: Adopt,
        mut capabilities: Capabilities,
        session: Session,
        reserve: Reserve,
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
            reserve: Mutex::new(reserve),
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
        let mut reserve = self.reserve.lock().await;
        if std::mem::take(&mut reserve.spare) {
            self.operator().give_spare(&name, &app).await?;
        } else {
            reserve.copied().await?;
            self.operator().create_database(&name, &app).await?;
        }
        let url = app.url(&self.service.0, self.service.1, &name);
        Ok(Database::new(name, url, app, self))
    }

    /// Replaces a database by an empty one: same name, same owner, same URL.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    pub async fn empty_database(&self, database: &Database) -> Result<(), Fault> {
        self.reserve.lock().await.copied().await?;
        self.operator().empty_database(database).await
    }

    /// Ends every session on a database and removes it and its role. Nothing happens if it is gone already.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    pub async fn drop_database(&self, database: &Database) -> Result<(), Fault> {
        self.operator().drop_database(database).await
    }
}
