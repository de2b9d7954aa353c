//! A database with much in it: every row that was planted, many times over.
//!
//! The little world that was planted through the API is copied whole, inside the database, as the service's own
//! role: every key and every value becomes another one, equal values equal ones, so that the copies refer to
//! each other and never to what was planted. What is asked about planted things has the same answer as before,
//! and only what it costs may change. Values, foreign keys, unique sets and checks stay valid: each way of changing
//! a column is tried in a transaction that is taken back, and given up where the database refuses.

mod how;
mod ties;
mod trial;

use std::collections::BTreeSet;

use super::{Editor, Ran};
use crate::model::Fault;
use crate::probe::catalog::{Catalog, Table};
use crate::runtime::postgres::ident;

use how::How;
use ties::Ties;

/// How long a lock may be waited for: in a quiet world nobody should hold one.
const PATIENCE: &str = "SET LOCAL lock_timeout = '2s'";

/// Different values looked at to see what a column holds.
const LOOK: usize = 300;

/// The rows that are copied, and how.
pub struct Copies {
    editor: Editor,
    tables: Vec<Copied>,
    /// How the columns with each number are changed.
    ways: Vec<How>,
    /// Copies made so far.
    made: u32,
}

/// A table whose rows are copied.
struct Copied {
    table: Table,
    /// The temporary table that keeps the planted rows.
    seed: String,
    /// Its columns that can be set, in order, and the number of what each is tied to.
    columns: Vec<(String, usize)>,
    rows: u64,
    /// Whether its rows can be copied at all.
    left_out: bool,
}

/// How many rows a table has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// `schema.table`.
    pub table: String,
    /// Its rows, as far as they were planted or copied.
    pub rows: u64,
    /// Whether rows of it were copied.
    pub grows: bool,
}

impl Copies {
    /// Looks at all rows that are there now, and finds out how each table's can be copied up to `most` times. `words`
    /// are the words of closed lists, in lower case. The reason where they cannot be.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn of(
        editor: Editor,
        catalog: &Catalog,
        words: &BTreeSet<String>,
        most: u32,
    ) -> Result<Result<Self, String>, Fault> {
        let mut copies = Self {
            editor,
            tables: Vec::new(),
            ways: Vec::new(),
            made: 0,
        };
        let ordered = ties::in_order(catalog);
        for (number, table) in ordered.into_iter().enumerate() {
            if let Err(why) = copies.keep(table, number).await? {
                return Ok(Err(why));
            }
        }
        let ties = Ties::of(copies.tables.iter().map(|t| &t.table));
        for copied in &mut copies.tables {
            let columns = copied.table.columns.iter();
            let set = columns.filter(|c| c.generated.is_none());
            copied.columns = set
                .map(|c| (c.name.clone(), ties.number(&copied.table, &c.name)))
                .collect();
        }
        let ways = copies.first_ways(&ties, words).await?;
        copies.try_out(ways, most).await
    }

    /// Remembers the rows of a table.
    async fn keep(&mut self, table: &Table, number: usize) -> Result<Result<(), String>, Fault> {
        let seed = format!("grader_seed_{number}");
        let name = qualified(table);
        let sql = format!("CREATE TEMPORARY TABLE {seed} AS SELECT * FROM {name}");
        match self.editor.run(&sql).await? {
            Ran::Refused(refused) => {
                Ok(Err(format!("{table} cannot be read: {}", refused.message)))
            }
            Ran::Done { affected: 0, .. } => Ok(Ok(())),
            Ran::Done { affected, .. } => {
                self.tables.push(Copied {
                    table: table.clone(),
                    seed,
                    columns: Vec::new(),
                    rows: affected,
                    left_out: false,
                });
                Ok(Ok(()))
            }
        }
    }

    /// The first choice for everything that is tied together.
    async fn first_ways(&self, ties: &Ties, words: &BTreeSet<String>) -> Result<Vec<How>, Fault> {
        let mut values: Vec<(String, Vec<String>)> = vec![Default::default(); ties.count()];
        for copied in &self.tables {
            for (column, tie) in &copied.columns {
                let Some(known) = copied.table.column(column) else {
                    continue;
                };
                let (base, all) = &mut values[*tie];
                if base.is_empty() {
                    base.clone_from(&known.base_type);
                }
                let sql = format!(
                    "SELECT DISTINCT {0}::pg_catalog.text FROM {1} WHERE {0} IS NOT NULL LIMIT {LOOK}",
                    ident(column),
                    copied.seed
                );
                let text = known.base_type.starts_with("char")
                    || ["text", "citext"].contains(&known.base_type.as_str());
                if text && let Ran::Done { rows, .. } = self.editor.run(&sql).await? {
                    all.extend(rows.into_iter().flatten().flatten());
                }
            }
        }
        let first = |(base, all): &(String, Vec<String>)| How::of(base, all, words);
        Ok(values.iter().map(first).collect())
    }

    /// Makes copies until there are so many of each row, and lets the planner count them. The reason where the
    /// database refuses.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn grow_to(&mut self, copies: u32) -> Result<Result<(), String>, Fault> {
        if copies <= self.made {
            return Ok(Ok(()));
        }
        let mut statements = vec![PATIENCE.to_owned()];
        let mut after = Vec::new();
        for copied in self.tables.iter().filter(|t| !t.left_out) {
            for (schema, name) in &copied.table.leaves {
                let leaf = format!("{}.{}", ident(schema), ident(name));
                for trigger in self.editor.awake(&copied.table, &leaf).await? {
                    let trigger = ident(&trigger);
                    statements.push(format!("ALTER TABLE {leaf} DISABLE TRIGGER {trigger}"));
                    after.push(format!("ALTER TABLE {leaf} ENABLE TRIGGER {trigger}"));
                }
            }
        }
        statements.push("SET CONSTRAINTS ALL DEFERRED".to_owned());
        let ways = self.ways();
        for copied in self.tables.iter().filter(|t| !t.left_out) {
            statements.push(copied.insert(&ways, self.made + 1, copies));
        }
        statements.push("SET CONSTRAINTS ALL IMMEDIATE".to_owned());
        statements.extend(after);
        if let Err(why) = self.all_or_nothing(&statements).await? {
            return Ok(Err(why));
        }
        self.made = copies;
        for copied in &self.tables {
            self.editor
                .run(&format!("ANALYZE {}", qualified(&copied.table)))
                .await?;
        }
        Ok(Ok(()))
    }

    async fn all_or_nothing(&self, statements: &[String]) -> Result<Result<(), String>, Fault> {
        self.editor.run("BEGIN").await?;
        for sql in statements {
            if let Some(refused) = self.editor.run(sql).await?.refused() {
                let why = format!("rows could not be copied: {}", refused.message);
                self.editor.run("ROLLBACK").await?;
                return Ok(Err(why));
            }
        }
        let ran = self.editor.run("COMMIT").await?;
        let why = |r: &super::SqlError| format!("rows could not be copied: {}", r.message);
        Ok(ran.refused().map_or(Ok(()), |r| Err(why(r))))
    }

    /// What stands in the tables now.
    pub fn filled(&self) -> Vec<Filled> {
        let filled = |t: &Copied| Filled {
            table: t.table.to_string(),
            rows: if t.left_out {
                t.rows
            } else {
                t.rows * u64::from(self.made + 1)
            },
            grows: !t.left_out,
        };
        self.tables.iter().map(filled).collect()
    }

    /// The rows of the largest table that was planted.
    pub fn largest(&self) -> u64 {
        self.tables.iter().map(|t| t.rows).max().unwrap_or_default()
    }

    /// The session that does it, for more of the same kind.
    pub fn editor(&self) -> &Editor {
        &self.editor
    }
}

fn qualified(table: &Table) -> String {
    format!("{}.{}", ident(&table.schema), ident(&table.name))
}
