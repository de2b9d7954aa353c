//! One database of a run, and the two ordinary ways into it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_postgres::Config;

use super::login::Login;
use super::server::Server;
use super::session::{Purpose, Session, config, fault};
use crate::model::{Doing, Fault};

/// A database that a service keeps its data in. A cheap clone.
#[derive(Clone)]
pub struct Database {
    /// Its name on the server.
    pub name: String,
    /// What the service gets as `DATABASE_URL`.
    pub service_url: String,
    app: Config,
    observer: Config,
    role: String,
    server: Option<Arc<Server>>,
    /// Sessions of our own that logged in as the app's role, by the name the log gives them, and their backends:
    /// not the service's doing.
    ours: Arc<Mutex<BTreeMap<String, i32>>>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({})", self.name)
    }
}

impl Database {
    pub(super) fn new(name: String, service_url: String, app: Login, server: &Arc<Server>) -> Self {
        Self {
            app: config(&server.reach, &app, &name, Purpose::Edit),
            observer: config(&server.reach, &server.observer, &name, Purpose::Read),
            role: app.role,
            name,
            service_url,
            server: Some(Arc::clone(server)),
            ours: Arc::default(),
        }
    }

    /// A database we did not make and have no superuser on (`--runtime attach`): both ways in are the app's
    /// own login, reading still cannot write, and there is neither an operator nor a log.
    ///
    /// # Errors
    /// When the URL is none that names a role and a database.
    pub fn attached(url: &str) -> Result<Self, Fault> {
        let doing = "reading the database URL";
        let base: Config = url.parse().doing(doing)?;
        let (Some(role), Some(name)) = (base.get_user(), base.get_dbname()) else {
            return Err(Fault::new(doing, "it names no user or no database")
                .cure("write it as postgres://user:password@127.0.0.1:5432/name"));
        };
        let password =
            String::from_utf8_lossy(base.get_password().unwrap_or_default()).into_owned();
        let login = Login {
            role: role.to_owned(),
            password,
        };
        Ok(Self {
            app: config(&base, &login, name, Purpose::Edit),
            observer: config(&base, &login, name, Purpose::Read),
            name: name.to_owned(),
            role: login.role,
            service_url: url.to_owned(),
            server: None,
            ours: Arc::default(),
        })
    }

    /// The role that owns it, which the service logs in as.
    pub fn role(&self) -> &str {
        &self.role
    }

    /// The server it lies on.
    ///
    /// # Errors
    /// When the database was attached: there is no superuser and no log to read.
    pub fn server(&self) -> Result<&Arc<Server>, Fault> {
        self.server.as_ref().ok_or_else(|| {
            Fault::new(
                "using the database server",
                "only the service's own login is known here",
            )
        })
    }

    /// A new session that can only read.
    pub(crate) async fn observe(&self) -> Result<Session, Fault> {
        let doing = format!("logging in to {} as the observer", self.name);
        Session::open(&self.observer)
            .await
            .map_err(|e| fault(doing, &e))
    }

    /// A new session with the app's own rights, remembered as ours.
    pub(crate) async fn edit(&self) -> Result<Session, Fault> {
        let doing = format!("logging in to {} as the service's role", self.name);
        let failed = |e: tokio_postgres::Error| fault(doing.as_str(), &e);
        let session = Session::open(&self.app).await.map_err(failed)?;
        let row = session.query_one(SESSION_ID, &[]).await.map_err(failed)?;
        let id: String = row.try_get(0).map_err(failed)?;
        self.ours().insert(id, session.pid());
        Ok(session)
    }

    /// Whether the session that the log names so is one of our own, open or ended.
    pub(crate) fn is_our_session(&self, id: &str) -> bool {
        self.ours().contains_key(id)
    }

    /// Whether one of our own sessions has or had this backend.
    pub(crate) fn is_our_backend(&self, pid: i32) -> bool {
        self.ours().values().any(|ours| *ours == pid)
    }

    fn ours(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, i32>> {
        self.ours.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The session's name in the log (manual 20.8.3, `%c`). Everything is qualified: the app's role may have a search
/// path of its own.
const SESSION_ID: &str = "SELECT pg_catalog.to_hex(pg_catalog.trunc(EXTRACT(EPOCH FROM backend_start))\
     ::pg_catalog.int8) OPERATOR(pg_catalog.||) '.'::pg_catalog.text OPERATOR(pg_catalog.||) \
     pg_catalog.to_hex(pid) FROM pg_catalog.pg_stat_activity \
     WHERE pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()";
