//! What a statement has to read, as the planner's best plan reads it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Editor, Ran};
use crate::model::{Fault, Statement};
use crate::probe::catalog::{Catalog, Table};
use crate::probe::plan::Node;
use crate::runtime::postgres::{ident, literal};

/// How the planner is held, from free to narrow. On a small table it reads everything whatever indexes there are;
/// told not to, it shows what the indexes are good for. The last leaves it only loops over index lookups.
const HOLDS: [&[&str]; 3] = [
    &[],
    &["enable_seqscan"],
    &["enable_seqscan", "enable_hashjoin", "enable_mergejoin"],
];

/// Our name for the statement that is looked at.
const NAME: &str = "grader_looks";

/// The plan that read the fewest rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// The rows it read from tables.
    pub rows: f64,
    /// The plan, with counts.
    pub plan: Node,
}

impl Editor {
    /// Runs a statement of the service again with the values it had, held in several ways, and gives the plan that
    /// read the fewest rows. Names that are not qualified are looked for in every schema of the catalog when the role's own
    /// path finds nothing; `before` is done first (an index that might help). Everything is taken back. None where the
    /// statement cannot be run again: several in one text, a refusal, a type that nobody knows.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn best_plan(
        &self,
        statement: &Statement,
        catalog: &Catalog,
        before: &[String],
    ) -> Result<Option<Best>, Fault> {
        let sql = statement.sql.trim().trim_end_matches(';');
        // A second statement in the text could end our transaction, and what it should take back would stay.
        if sql.contains(';') {
            return Ok(None);
        }
        let rows = self.rows_of_tables().await?;
        let mut schemas: Vec<String> = catalog.tables.iter().map(|t| t.schema.clone()).collect();
        schemas.sort();
        schemas.dedup();
        for schemas in [&[], schemas.as_slice()] {
            let plans = self.in_one(statement, sql, schemas, before).await?;
            let of = |t: &Table| rows.get(&t.to_string()).copied().unwrap_or_default();
            let counted = plans.into_iter().map(|mut plan| {
                plan.count_walks(catalog, &of);
                let rows = plan.rows_read();
                Best { rows, plan }
            });
            let best = counted.min_by(|a, b| a.rows.total_cmp(&b.rows));
            if best.is_some() {
                return Ok(best);
            }
        }
        Ok(None)
    }

    /// Rows of each table when it was last analyzed, by `schema.table`.
    async fn rows_of_tables(&self) -> Result<BTreeMap<String, f64>, Fault> {
        let sql = "SELECT n.nspname || '.' || c.relname, c.reltuples FROM pg_catalog.pg_class c \
                   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.reltuples > 0";
        let Ran::Done { rows, .. } = self.run(sql).await? else {
            return Ok(BTreeMap::new());
        };
        let pair = |row: Vec<Option<String>>| {
            let mut cells = row.into_iter().flatten();
            Some((cells.next()?, cells.next()?.parse().ok()?))
        };
        Ok(rows.into_iter().filter_map(pair).collect())
    }

    async fn in_one(
        &self,
        statement: &Statement,
        sql: &str,
        schemas: &[String],
        before: &[String],
    ) -> Result<Vec<Node>, Fault> {
        self.run("BEGIN").await?;
        let plans = self.look(statement, sql, schemas, before).await;
        self.run("ROLLBACK").await?;
        // What was prepared outlives the transaction; where nothing was, the refusal means nothing.
        self.run(&format!("DEALLOCATE {NAME}")).await?;
        plans
    }

    async fn look(
        &self,
        statement: &Statement,
        sql: &str,
        schemas: &[String],
        before: &[String],
    ) -> Result<Vec<Node>, Fault> {
        // Values that the log does not tell (PostgreSQL 15 and before, of what foreign keys ask) are NULL; only a plan
        // made for any value then does what the right one would have it do.
        let known = statement.parameters.len() >= placeholders(sql);
        let mode = if known { "custom" } else { "generic" };
        let mut first = vec![format!("SET LOCAL plan_cache_mode = force_{mode}_plan")];
        if !schemas.is_empty() {
            let path: Vec<_> = schemas.iter().map(|s| ident(s)).collect();
            first.push(format!("SET LOCAL search_path = {}", path.join(", ")));
        }
        first.extend(before.iter().cloned());
        first.push(format!("PREPARE {NAME} AS {sql}"));
        for sql in first {
            if self.run(&sql).await?.refused().is_some() {
                return Ok(Vec::new());
            }
        }
        let mut plans = Vec::new();
        for hold in HOLDS {
            plans.extend(self.held(statement, hold).await?);
        }
        Ok(plans)
    }

    async fn held(&self, statement: &Statement, hold: &[&str]) -> Result<Option<Node>, Fault> {
        self.run("SAVEPOINT held").await?;
        // Loops over whole tables, where nothing better is left, may take for ever; another plan has then read less.
        self.run("SET LOCAL statement_timeout = '5s'").await?;
        for setting in hold {
            self.run(&format!("SET LOCAL {setting} = off")).await?;
        }
        let explain = format!(
            "EXPLAIN (ANALYZE, VERBOSE, TIMING off, FORMAT JSON) EXECUTE {NAME}{}",
            values(&statement.parameters, placeholders(&statement.sql))
        );
        let ran = self.run(&explain).await?;
        self.run("ROLLBACK TO SAVEPOINT held").await?;
        let Ran::Done { rows, .. } = ran else {
            return Ok(None);
        };
        // The answer comes in lines.
        let lines: Vec<String> = rows.into_iter().flatten().flatten().collect();
        let document: Option<Value> = serde_json::from_str(&lines.join("\n")).ok();
        Ok(document.as_ref().and_then(Node::parse))
    }
}

/// The highest number of a placeholder in a text. One in quotes counts too: the statement is then refused, and says
/// nothing.
fn placeholders(sql: &str) -> usize {
    let after = sql.split('$').skip(1);
    let number = |rest: &str| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest[..digits].parse().ok()
    };
    after.filter_map(number).max().unwrap_or(0)
}

/// The values of a statement, as text that becomes whatever type stands there; NULL where none is known.
fn values(parameters: &[Option<String>], count: usize) -> String {
    let count = count.max(parameters.len());
    if count == 0 {
        return String::new();
    }
    let value = |n: usize| match parameters.get(n) {
        Some(Some(value)) => literal(value),
        _ => "NULL".to_owned(),
    };
    let all: Vec<_> = (0..count).map(value).collect();
    format!("({})", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_null() {
        let sql = "SELECT 1 FROM ONLY x WHERE $1 OPERATOR(pg_catalog.=) a AND $2 = b";
        assert_eq!(placeholders(sql), 2);
        assert_eq!(values(&[], placeholders(sql)), "(NULL, NULL)");
        assert_eq!(
            values(&[Some("it's".to_owned()), None], 2),
            "('it''s', NULL)"
        );
        assert_eq!(placeholders("SELECT $$text$$, 'US$5'"), 5);
        assert_eq!(values(&[], 0), "");
    }
}
