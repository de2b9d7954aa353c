//! One database of a run, and the two ordinary ways into it.

use std::collections::BTreeSet;
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
    /// Backends of our own that log in as the app's role: not the service's doing.
    ours: Arc<Mutex<BTreeSet<i32>>>,
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

    /// A new session with the app's own rights. Call [`Database::forget`] with its pid when it ends.
    pub(crate) async fn edit(&self) -> Result<Session, Fault> {
        let doing = format!("logging in to {} as the service's role", self.name);
        let session = Session::open(&self.app)
            .await
            .map_err(|e| fault(doing, &e))?;
        self.ours().insert(session.pid());
        Ok(session)
    }

    /// The backend is no longer ours: its number may be given to the service's next session.
    pub(crate) fn forget(&self, pid: i32) {
        self.ours().remove(&pid);
    }

    /// Whether this backend is one of our own.
    pub(crate) fn is_ours(&self, pid: i32) -> bool {
        self.ours().contains(&pid)
    }

    fn ours(&self) -> std::sync::MutexGuard<'_, BTreeSet<i32>> {
        self.ours.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
