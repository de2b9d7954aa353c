//! The observer: reads base tables and evaluates nothing of a learner's.

use std::pin::pin;

use futures::StreamExt;
use tokio_postgres::error::SqlState;

use super::copy::Decoder;
use super::find::{Hit, Search, Token};
use crate::model::{Evidence, Fault};
use crate::probe::catalog::{Catalog, Table};
use crate::runtime::postgres::{Database, Session, fault, ident};

/// Rows kept of one table.
const MAX_ROWS: usize = 50_000;
/// Bytes of cells kept of one table.
const MAX_BYTES: usize = 16 << 20;

/// A session that can only read, with the rights to read every table.
///
/// It reads by `COPY table (columns) TO STDOUT`. That is not planned, so no index expression, check or view is
/// looked at; it takes columns and not expressions, so no cast is; it does not ask policies, because the login
/// bypasses them and `row_security` is off (then Postgres raises an error where it would have to ask). What it
/// does call is the output function of each column's type. Those of enums, domains, ranges, composites and
/// arrays are Postgres's own; a new base type with functions of its own takes a superuser or C code, which a
/// learner has neither of.
pub struct Observer {
    session: Session,
}

/// Rows of one table, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// `schema.table`.
    pub table: String,
    /// Column names, in the order of the cells.
    pub columns: Vec<String>,
    /// Values as Postgres prints them (dates ISO, times in UTC, bytes as hex); NULL as none. In no particular order.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there were more than we keep.
    pub cut: bool,
}

impl Rows {
    /// The rows as evidence, with what they show.
    pub fn evidence(&self, says: impl Into<String>) -> Evidence {
        let columns: Vec<_> = self.columns.iter().map(|c| ident(c)).collect();
        Evidence::Rows {
            says: says.into(),
            table: self.table.clone(),
            columns: self.columns.clone(),
            rows: self.rows.clone(),
            sql: format!("SELECT {} FROM {}", columns.join(", "), self.table),
        }
    }
}

impl Observer {
    /// Logs in to a database.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn connect(database: &Database) -> Result<Self, Fault> {
        let session = database.observe().await?;
        Ok(Self { session })
    }

    /// What is declared in the database, as it is now.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn catalog(&self) -> Result<Catalog, Fault> {
        Catalog::read(&self.session).await
    }

    /// The learner's base tables, by schema and name. A partitioned table stands once, for all its partitions.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn tables(&self) -> Result<Vec<Table>, Fault> {
        Ok(self.catalog().await?.tables)
    }

    /// The values of these columns, all rows up to a limit. Generated columns hold no facts of their own and are
    /// left out, as are columns the table does not have. No columns named: all of them. A table that is gone has
    /// no rows.
    ///
    /// # Errors
    /// When the server cannot be reached, or the table stays locked for 10 s.
    pub async fn rows(&self, table: &Table, columns: &[&str]) -> Result<Rows, Fault> {
        let columns = stored(table, columns);
        let (mut rows, mut bytes, mut cut) = (Vec::new(), 0, false);
        self.each_row(table, &columns, |row| {
            bytes += row.iter().flatten().map(|c| c.len() + 24).sum::<usize>();
            cut = rows.len() >= MAX_ROWS || bytes > MAX_BYTES;
            if !cut {
                rows.push(row);
            }
            !cut
        })
        .await?;
        let table = table.to_string();
        Ok(Rows {
            table,
            columns,
            rows,
            cut,
        })
    }

    /// How many rows a table has: all of them, counted one by one.
    ///
    /// # Errors
    /// As for [`Observer::rows`].
    pub async fn count(&self, table: &Table) -> Result<u64, Fault> {
        let first: Vec<_> = stored(table, &[]).into_iter().take(1).collect();
        let mut count = 0;
        self.each_row(table, &first, |_| {
            count += 1;
            true
        })
        .await?;
        Ok(count)
    }

    /// The cells of all base tables in which one of these tokens occurs. Every row of every table is read, so
    /// an empty answer means that no cell has it; of each token at most 1,000 hits are kept.
    ///
    /// # Errors
    /// As for [`Observer::rows`].
    pub async fn find(&self, tokens: &[Token]) -> Result<Vec<Hit>, Fault> {
        let mut search = Search::new(tokens);
        for table in self.tables().await? {
            let columns = stored(&table, &[]);
            self.each_row(&table, &columns, |row| search.look(&table, &columns, row))
                .await?;
        }
        Ok(search.hits())
    }

    async fn each_row(
        &self,
        table: &Table,
        columns: &[String],
        mut each: impl FnMut(Vec<Option<String>>) -> bool,
    ) -> Result<(), Fault> {
        let names: Vec<_> = columns.iter().map(|c| ident(c)).collect();
        let list = if names.is_empty() {
            String::new()
        } else {
            format!(" ({})", names.join(", "))
        };
        for (schema, name) in &table.leaves {
            let sql = format!("COPY {}.{}{list} TO STDOUT", ident(schema), ident(name));
            match self.copy(&sql, &mut each).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(e) if gone(&e) => {}
                Err(e) => return Err(fault(format!("reading {table}"), &e)),
            }
        }
        Ok(())
    }

    /// Whether `each` wanted all.
    async fn copy(
        &self,
        sql: &str,
        each: &mut impl FnMut(Vec<Option<String>>) -> bool,
    ) -> Result<bool, tokio_postgres::Error> {
        let mut stream = pin!(self.session.copy_out(sql).await?);
        let mut decoder = Decoder::default();
        let mut more = true;
        // Read to the end even when nothing more is wanted: the session is used again.
        while let Some(bytes) = stream.next().await {
            let bytes = bytes?;
            more = more && decoder.feed(&bytes, &mut *each);
        }
        Ok(more)
    }
}

/// The named columns that `COPY` can read; all of them when none is named.
fn stored(table: &Table, wanted: &[&str]) -> Vec<String> {
    let columns = table.columns.iter().filter(|c| c.generated.is_none());
    let columns = columns.filter(|c| wanted.is_empty() || wanted.contains(&c.name.as_str()));
    columns.map(|c| c.name.clone()).collect()
}

/// The service changed its schema between our look at the catalog and our reading.
fn gone(error: &tokio_postgres::Error) -> bool {
    let gone = [
        SqlState::UNDEFINED_TABLE,
        SqlState::INVALID_SCHEMA_NAME,
        SqlState::UNDEFINED_COLUMN,
    ];
    error.code().is_some_and(|c| gone.contains(c))
}
