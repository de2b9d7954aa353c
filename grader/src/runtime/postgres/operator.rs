//! All that is ever done as superuser: a closed list.
//!
//! A superuser's session that evaluates anything of a learner's (a cast, a view, a policy, a trigger, an
//! index expression while planning) runs the learner's code with the server's own rights. So each function
//! here names system catalogs and system functions alone, looks names up in `pg_catalog` (pinned when the
//! session starts), and never reads a learner's row. Whoever adds one must say why it evaluates nothing. What is done to
//! sessions stands in `operator/sessions.rs`, and the rest here.

mod sessions;

use tokio_postgres::error::SqlState;

use super::database::Database;
use super::log::LogFormat;
use super::login::{Login, OBSERVER};
use super::quote::{ident, literal};
use super::server::Server;
use super::session::{Purpose, Session, config, fault};
use crate::model::{Doing, Fault};

pub use sessions::ServiceSession;

/// The superuser's hands. From [`Server::operator`].
#[derive(Debug, Clone, Copy)]
pub struct Operator<'a> {
    server: &'a Server,
}

/// How strongly a table is locked (Postgres manual 13.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Readers and row locks pass, writers wait.
    Share,
    /// Only plain readers pass.
    Exclusive,
    /// Nobody passes.
    AccessExclusive,
}

/// A held table lock. Release it; dropping it ends the session, which releases it a moment later.
pub struct TableLock {
    session: Session,
}

impl TableLock {
    /// The backend that holds it, as `pg_locks` and `pg_blocking_pids` name it.
    pub fn pid(&self) -> i32 {
        self.session.pid()
    }

    /// Lets everybody go on; returns when the lock is gone.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn release(self) -> Result<(), Fault> {
        let done = self.session.batch_execute("ROLLBACK").await;
        done.map_err(|e| fault("releasing a table lock", &e))
    }
}

/// A replication slot, and the session that it lives as long as.
pub struct Slot {
    session: Session,
    name: String,
}

impl Slot {
    /// What was committed since the last call, one printed line each: at most `most` lines and the rest of the last
    /// transaction. The message of ours that is written first makes the server write out all that was committed before
    /// it, and is itself the last line. Decoding reads the log with the catalog as it was then, and prints.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn read(&self, most: i32) -> Result<Vec<String>, Fault> {
        let doing = "reading what was changed";
        let mark = "SELECT pg_logical_emit_message(true, 'grader', '')";
        let marked = self.session.batch_execute(mark).await;
        marked.map_err(|e| fault(doing, &e))?;
        let sql = "SELECT data FROM pg_logical_slot_get_changes($1::text, NULL, $2::int4, \
                   'include-xids', '0', 'skip-empty-xacts', '1')";
        let rows = self.session.query(sql, &[&self.name, &most]).await;
        let rows = rows.map_err(|e| fault(doing, &e))?;
        rows.iter().map(|r| r.try_get(0).doing(doing)).collect()
    }

    /// Removes the slot; returns when it is gone. A database with a slot cannot be dropped.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn drop(self) -> Result<(), Fault> {
        let sql = "SELECT pg_drop_replication_slot($1::text)";
        let gone = self.session.query_one(sql, &[&self.name]).await;
        gone.map(drop).map_err(|e| fault("dropping a slot", &e))
    }
}

/// The name of the spare database while nobody has it.
const SPARE: &str = "grader_spare";

/// What a service's role may do outside its database: nothing.
const APP_RIGHTS: &str = "NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 100";

/// Nobody but its owner and the observer may enter a database.
fn shut(database: &str) -> String {
    format!(
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC; \
         GRANT CONNECT ON DATABASE {database} TO {OBSERVER}"
    )
}

impl<'a> Operator<'a> {
    pub(super) fn new(server: &'a Server) -> Self {
        Self { server }
    }

    /// Runs utility statements in our own database, one by one (`CREATE DATABASE` wants no transaction).
    async fn home(&self, doing: &str, statements: &[String]) -> Result<(), Fault> {
        let session = self.server.home.get().await?;
        for sql in statements {
            session
                .batch_execute(sql)
                .await
                .map_err(|e| fault(doing, &e))?;
        }
        Ok(())
    }

    /// A superuser session in a learner's database. What runs on it stands in this file.
    async fn inside(&self, database: &Database) -> Result<Session, Fault> {
        let server = self.server;
        let config = config(
            &server.reach,
            &server.operator,
            &database.name,
            Purpose::Operate,
        );
        let doing = format!("logging in to {} as the operator", database.name);
        Session::open(&config).await.map_err(|e| fault(doing, &e))
    }

    /// A role that owns a new database which nobody else may enter but the observer. The template is ours, so
    /// nothing of a learner's is there yet.
    pub(super) async fn create_database(&self, name: &str, app: &Login) -> Result<(), Fault> {
        let (database, role) = (ident(name), ident(&app.role));
        // Copying files beats logging every block when nothing is flushed.
        let strategy = if self.server.major() >= 15 {
            " STRATEGY file_copy"
        } else {
            ""
        };
        let statements = [
            app.create(APP_RIGHTS),
            format!("CREATE DATABASE {database} OWNER {role}{strategy}"),
            shut(&database),
        ];
        self.home(&format!("creating the database {name}"), &statements)
            .await
    }

    /// Leaves three databases: ours, `template1`, and one that is ready to be given away, whose oid is the answer. The
    /// fewer there are, the less there is to copy. Of a server of ours alone.
    pub(super) async fn make_spare(&self) -> Result<u32, Fault> {
        let doing = "preparing the server";
        let statements = [
            "DROP DATABASE postgres".to_owned(),
            "ALTER DATABASE template0 IS_TEMPLATE false".to_owned(),
            "DROP DATABASE template0".to_owned(),
            format!("CREATE DATABASE {SPARE}"),
        ];
        self.home(doing, &statements).await?;
        let session = self.server.home.get().await?;
        let sql = "SELECT oid FROM pg_database WHERE datname = $1::text";
        let row = session.query_one(sql, &[&SPARE]).await;
        row.and_then(|r| r.try_get(0)).map_err(|e| fault(doing, &e))
    }

    /// Gives the spare database a name and a new owner: what [`Operator::create_database`] does, without the copying.
    pub(super) async fn give_spare(&self, name: &str, app: &Login) -> Result<(), Fault> {
        let (database, role) = (ident(name), ident(&app.role));
        let statements = [
            app.create(APP_RIGHTS),
            format!("ALTER DATABASE {SPARE} RENAME TO {database}"),
            format!("ALTER DATABASE {database} OWNER TO {role}"),
            shut(&database),
        ];
        self.home(
            &format!("creating the database {name}"),
            &[statements.join("; ")],
        )
        .await
    }

    /// Removes a database and its role. `FORCE` ends its sessions; their code does not run here.
    pub(super) async fn drop_database(&self, database: &Database) -> Result<(), Fault> {
        let (name, role) = (ident(&database.name), ident(database.role()));
        let statements = [
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("DROP ROLE IF EXISTS {role}"),
        ];
        self.home(
            &format!("dropping the database {}", database.name),
            &statements,
        )
        .await
    }

    /// Replaces a database by an empty one of the same name and owner. `FORCE` ends its sessions; their code does not
    /// run here.
    pub(super) async fn empty_database(&self, database: &Database) -> Result<(), Fault> {
        let (name, role) = (ident(&database.name), ident(database.role()));
        let statements = [
            format!("DROP DATABASE {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name} OWNER {role}"),
            shut(&name),
        ];
        let doing = format!("emptying the database {}", database.name);
        self.home(&doing, &statements).await
    }

    /// Makes a sequence give `next` at its next call. `setval` writes the sequence's own row and evaluates
    /// nothing; a relation of another kind is refused.
    ///
    /// # Errors
    /// When there is no such sequence, or the value is outside its range.
    pub async fn set_sequence(
        &self,
        database: &Database,
        schema: &str,
        sequence: &str,
        next: i64,
    ) -> Result<(), Fault> {
        let doing = format!("setting the sequence {schema}.{sequence}");
        let sql = "SELECT setval(c.oid::regclass, $3, false) FROM pg_class c \
                   JOIN pg_namespace n ON n.oid = c.relnamespace \
                   WHERE n.nspname = $1::text AND c.relname = $2::text AND c.relkind = 'S'";
        let session = self.inside(database).await?;
        let set = session.query_opt(sql, &[&schema, &sequence, &next]).await;
        match set.map_err(|e| fault(doing.as_str(), &e))? {
            Some(_) => Ok(()),
            None => Err(Fault::new(doing, "there is no such sequence")),
        }
    }

    /// Locks one table until released. `LOCK TABLE` takes a lock and evaluates nothing, of a view neither.
    ///
    /// # Errors
    /// When there is no such table, or the lock is not granted within 30 s.
    pub async fn lock_table(
        &self,
        database: &Database,
        schema: &str,
        table: &str,
        mode: LockMode,
    ) -> Result<TableLock, Fault> {
        let mode = match mode {
            LockMode::Share => "SHARE",
            LockMode::Exclusive => "EXCLUSIVE",
            LockMode::AccessExclusive => "ACCESS EXCLUSIVE",
        };
        let sql = format!(
            "LOCK TABLE ONLY {}.{} IN {mode} MODE",
            ident(schema),
            ident(table)
        );
        let session = self.inside(database).await?;
        let locked = session.batch_execute(&format!("BEGIN; {sql}")).await;
        locked.map_err(|e| fault(format!("locking {schema}.{table}"), &e))?;
        Ok(TableLock { session })
    }

    /// Makes a logical replication slot with the plugin `test_decoding`, which prints rows with their types'
    /// own output functions; a learner cannot write those. It is a temporary one: it goes with its session,
    /// whatever happens to us. None when some transaction on the server stays open so long that there is no
    /// moment to begin at.
    ///
    /// # Errors
    /// When the plugin (contrib) is not installed.
    pub async fn create_slot(&self, database: &Database) -> Result<Option<Slot>, Fault> {
        let doing = "making a replication slot";
        let session = self.inside(database).await?;
        let name = format!("grader_{}", session.pid());
        let patience = "SET statement_timeout = '15s'; SET synchronous_commit = on";
        let set = session.batch_execute(patience).await;
        set.map_err(|e| fault(doing, &e))?;
        let sql = "SELECT pg_create_logical_replication_slot($1::text, 'test_decoding', true)";
        match session.query_one(sql, &[&name]).await {
            Ok(_) => Ok(Some(Slot { session, name })),
            Err(e) if e.code() == Some(&SqlState::QUERY_CANCELED) => Ok(None),
            Err(e) => Err(fault(doing, &e)),
        }
    }

    /// Makes the log show every statement with its plan, or only errors again; returns when every session that
    /// exists, pooled ones too, will obey before its next statement.
    pub(super) async fn show_statements(&self, on: bool) -> Result<(), Fault> {
        let doing = "changing what the server logs";
        let mut names = vec!["log_min_duration_statement"];
        if self.server.capabilities().auto_explain {
            names.push("auto_explain.log_min_duration");
        }
        let change = |name: &&str| match on {
            true => format!("ALTER SYSTEM SET {name} = 0"),
            false => format!("ALTER SYSTEM RESET {name}"),
        };
        let statements: Vec<_> = names.iter().map(change).collect();
        self.home(doing, &statements).await?;
        // The server signals its sessions one after the other, ours among them. When ours sees a second
        // reload, the round of the first is over, so everybody has been told.
        self.reload(doing).await?;
        self.reload(doing).await
    }

    async fn reload(&self, doing: &str) -> Result<(), Fault> {
        let session = self.server.home.get().await?;
        let seen = async |sql: &str| -> Result<String, Fault> {
            let row = session.query_one(sql, &[]).await;
            row.and_then(|r| r.try_get(0)).map_err(|e| fault(doing, &e))
        };
        let loaded = "SELECT extract(epoch FROM pg_conf_load_time())::text";
        let before = seen(loaded).await?;
        seen("SELECT pg_reload_conf()::text").await?;
        let waiting = async {
            while seen(loaded).await? == before {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            Ok(())
        };
        let limit = std::time::Duration::from_secs(10);
        let late = |_| Fault::new(doing, "the server did not read its settings again");
        tokio::time::timeout(limit, waiting).await.map_err(late)?
    }

    /// Empties the log file. The collector appends, so what comes next starts the file anew. The query inside is
    /// over no table.
    pub(super) async fn empty_log(&self) -> Result<(), Fault> {
        let doing = "emptying the server's log";
        let session = self.server.home.get().await?;
        let format = LogFormat::of(self.server.capabilities());
        let sql = "SELECT pg_current_logfile($1), current_setting('data_directory')";
        let row = session
            .query_one(sql, &[&format.name()])
            .await
            .map_err(|e| fault(doing, &e))?;
        let (Some(file), folder): (Option<String>, String) = (row.get(0), row.get(1)) else {
            return Ok(());
        };
        let path = std::path::Path::new(&folder).join(file);
        let path = literal(&path.to_string_lossy());
        let copied = session
            .batch_execute(&format!("COPY (SELECT WHERE false) TO {path}"))
            .await;
        copied.map_err(|e| fault(doing, &e))
    }
}
