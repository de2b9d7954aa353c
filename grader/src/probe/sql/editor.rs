//! The editor: writes with the service's own rights, in its own name.

use futures::StreamExt;
use std::pin::pin;
use tokio_postgres::SimpleQueryMessage;

use crate::model::Fault;
use crate::runtime::postgres::{Database, Session, fault};

/// Rows kept of one statement's answer.
const MAX_ROWS: usize = 10_000;

/// A session of the service's own role. Whatever of a learner's code it sets off runs with the learner's rights.
pub struct Editor {
    session: Session,
}

/// What came of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// It was done.
    Done {
        /// Column names of the last answer with rows.
        columns: Vec<String>,
        /// Its rows as text, NULL as none; at most 10,000.
        rows: Vec<Vec<Option<String>>>,
        /// Rows written or read, as the last command tag says.
        affected: u64,
    },
    /// The database refused.
    Refused(SqlError),
}

/// A refusal of the database, as its fields say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    /// Five characters, for example `23503`.
    pub sqlstate: String,
    /// The server's message.
    pub message: String,
    /// The constraint that was broken, where one was.
    pub constraint: Option<String>,
    /// The table it happened in, where there is one.
    pub table: Option<String>,
    /// The column, where there is one.
    pub column: Option<String>,
}

impl Ran {
    /// The refusal, if it was refused.
    pub fn refused(&self) -> Option<&SqlError> {
        match self {
            Self::Refused(error) => Some(error),
            Self::Done { .. } => None,
        }
    }
}

impl Editor {
    /// Logs in to a database as the role that owns it.
    ///
    /// # Errors
    /// When the server cannot be reached or the role has no connection left.
    pub async fn connect(database: &Database) -> Result<Self, Fault> {
        let session = database.edit().await?;
        Ok(Self { session })
    }

    /// Runs SQL text, for good. A refusal is an answer, not an error.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn run(&self, sql: &str) -> Result<Ran, Fault> {
        match self.ran(sql).await {
            Ok(ran) => Ok(ran),
            Err(error) => match refusal(&error) {
                Some(refused) if !self.session.is_closed() => Ok(Ran::Refused(refused)),
                _ => Err(fault("running SQL as the service's role", &error)),
            },
        }
    }

    /// Runs statements in one transaction and takes all of it back. Stops at the first refusal, which is then the
    /// last answer. When none is refused, constraints that wait for the commit are asked at the end, as one
    /// answer more.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn try_and_undo(&self, statements: &[&str]) -> Result<Vec<Ran>, Fault> {
        self.run("BEGIN").await?;
        let mut answers = Vec::new();
        for sql in statements
            .iter()
            .copied()
            .chain(["SET CONSTRAINTS ALL IMMEDIATE"])
        {
            let answer = self.run(sql).await;
            let stop = !matches!(answer, Ok(Ran::Done { .. }));
            answers.push(answer);
            if stop {
                break;
            }
        }
        self.run("ROLLBACK").await?;
        answers.into_iter().collect()
    }

    /// The backend of this session, as `pg_locks` names it.
    pub fn pid(&self) -> i32 {
        self.session.pid()
    }

    async fn ran(&self, sql: &str) -> Result<Ran, tokio_postgres::Error> {
        let (mut columns, mut rows, mut affected) = (Vec::new(), Vec::new(), 0);
        let mut stream = pin!(self.session.simple_query_raw(sql).await?);
        while let Some(message) = stream.next().await {
            match message? {
                SimpleQueryMessage::RowDescription(names) => {
                    columns = names.iter().map(|c| c.name().to_owned()).collect();
                    rows.clear();
                }
                SimpleQueryMessage::Row(row) if rows.len() < MAX_ROWS => {
                    let cells = (0..row.len()).map(|i| row.get(i).map(str::to_owned));
                    rows.push(cells.collect());
                }
                SimpleQueryMessage::CommandComplete(count) => affected = count,
                _ => {}
            }
        }
        Ok(Ran::Done {
            columns,
            rows,
            affected,
        })
    }
}

fn refusal(error: &tokio_postgres::Error) -> Option<SqlError> {
    error.as_db_error().map(|db| SqlError {
        sqlstate: db.code().code().to_owned(),
        message: db.message().to_owned(),
        constraint: db.constraint().map(str::to_owned),
        table: db.table().map(str::to_owned),
        column: db.column().map(str::to_owned),
    })
}
