//! One connection, and the settings each of our logins insists on.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_postgres::{Client, Config, NoTls};

use super::login::Login;
use crate::model::Fault;

/// Settings given at the start of a session stand above whatever a database's owner has written into
/// `ALTER DATABASE … SET`. Names are found in `pg_catalog` alone, values print one way, and where a policy
/// would have to be evaluated there is an error instead.
const PINNED: &str = "-c search_path=pg_catalog -c role=none -c row_security=off -c jit=off \
    -c datestyle=ISO -c timezone=UTC -c intervalstyle=postgres -c bytea_output=hex \
    -c extra_float_digits=1 -c quote_all_identifiers=off -c idle_in_transaction_session_timeout=0 \
    -c default_transaction_isolation=read\\ committed -c default_transaction_deferrable=off";

/// What a session is for: it decides the pinned settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Reads; cannot write.
    Read,
    /// Acts as superuser from the closed list.
    Operate,
    /// Acts as the service would, with the service's own settings, but never for ever.
    Edit,
}

impl Purpose {
    fn options(self) -> String {
        match self {
            Self::Read => format!(
                "{PINNED} -c default_transaction_read_only=on -c statement_timeout=60s -c lock_timeout=10s"
            ),
            Self::Operate => format!(
                "{PINNED} -c default_transaction_read_only=off -c statement_timeout=60s -c lock_timeout=30s"
            ),
            Self::Edit => {
                "-c default_transaction_read_only=off -c statement_timeout=30s -c lock_timeout=10s"
                    .into()
            }
        }
    }
}

/// A live connection. Ends when dropped.
pub(crate) struct Session {
    client: Client,
    pid: i32,
}

impl Session {
    /// Logs in.
    pub(crate) async fn open(config: &Config) -> Result<Self, tokio_postgres::Error> {
        let (client, connection) = config.connect(NoTls).await?;
        // The driver ends by itself when the client is dropped; what broke it, the client reports.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        let row = client
            .query_one("SELECT pg_catalog.pg_backend_pid()", &[])
            .await?;
        let pid = row.try_get(0)?;
        Ok(Self { client, pid })
    }

    /// Its backend's process id on the server.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }
}

impl Deref for Session {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

/// A connection that is opened when first needed and again when it broke (the server was restarted).
pub(crate) struct Kept {
    config: Config,
    session: Mutex<Option<Arc<Session>>>,
}

impl Kept {
    pub(crate) fn new(config: Config) -> Self {
        let session = Mutex::new(None);
        Self { config, session }
    }

    /// Starts with a session that is open already.
    pub(crate) fn with(config: Config, session: Session) -> Self {
        let session = Mutex::new(Some(Arc::new(session)));
        Self { config, session }
    }

    /// The live session.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses the login.
    pub(crate) async fn get(&self) -> Result<Arc<Session>, Fault> {
        let mut slot = self.session.lock().await;
        if let Some(session) = slot.as_ref().filter(|s| !s.is_closed()) {
            return Ok(Arc::clone(session));
        }
        let session = Session::open(&self.config).await.map_err(|e| {
            let role = self.config.get_user().unwrap_or_default();
            fault(format!("logging in to Postgres as {role}"), &e)
        })?;
        let session = Arc::new(session);
        *slot = Some(Arc::clone(&session));
        Ok(session)
    }
}

/// `reach` with a login, a database and the settings of a purpose.
pub(crate) fn config(reach: &Config, login: &Login, database: &str, purpose: Purpose) -> Config {
    let mut config = reach.clone();
    config
        .user(&login.role)
        .password(&login.password)
        .dbname(database)
        .application_name("grader")
        .connect_timeout(Duration::from_secs(10))
        .options(purpose.options());
    config
}

/// A database error as a fault: the server's own message where there is one.
pub(crate) fn fault(doing: impl Into<String>, error: &tokio_postgres::Error) -> Fault {
    match error.as_db_error() {
        Some(db) => Fault::new(
            doing,
            format!("{} (SQLSTATE {})", db.message(), db.code().code()),
        ),
        None => {
            let inner = std::error::Error::source(error).map(ToString::to_string);
            Fault::new(doing, inner.unwrap_or_else(|| error.to_string()))
        }
    }
}
