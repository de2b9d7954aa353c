//! What a statement has to read, as the planner's best plan reads it.

use serde_json::Value;

use super::{Editor, Ran};
use crate::model::{Fault, Statement};
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
    /// read the fewest rows. `schemas` are looked in for names that are not qualified when the role's own path finds
    /// nothing; `before` is done first (an index that might help). Everything is taken back. None where the statement cannot be
    /// run again: several in one text, a refusal, a type that nobody knows.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn best_plan(
        &self,
        statement: &Statement,
        schemas: &[String],
        before: &[String],
    ) -> Result<Option<Best>, Fault> {
        let sql = statement.sql.trim().trim_end_matches(';');
        // A second statement in the text could end our transaction, and what it should take back would stay.
        if sql.contains(';') {
            return Ok(None);
        }
        let own = self.in_one(statement, sql, &[], before).await?;
        if own.is_some() || schemas.is_empty() {
            return Ok(own);
        }
        self.in_one(statement, sql, schemas, before).await
    }

    async fn in_one(
        &self,
        statement: &Statement,
        sql: &str,
        schemas: &[String],
        before: &[String],
    ) -> Result<Option<Best>, Fault> {
        self.run("BEGIN").await?;
        let best = self.look(statement, sql, schemas, before).await;
        self.run("ROLLBACK").await?;
        // What was prepared outlives the transaction; where nothing was, the refusal means nothing.
        self.run(&format!("DEALLOCATE {NAME}")).await?;
        best
    }

    async fn look(
        &self,
        statement: &Statement,
        sql: &str,
        schemas: &[String],
        before: &[String],
    ) -> Result<Option<Best>, Fault> {
        let mut first = vec!["SET LOCAL plan_cache_mode = force_custom_plan".to_owned()];
        if !schemas.is_empty() {
            let path: Vec<_> = schemas.iter().map(|s| ident(s)).collect();
            first.push(format!("SET LOCAL search_path = {}", path.join(", ")));
        }
        first.extend(before.iter().cloned());
        first.push(format!("PREPARE {NAME} AS {sql}"));
        for sql in first {
            if self.run(&sql).await?.refused().is_some() {
                return Ok(None);
            }
        }
        let mut best: Option<Best> = None;
        for hold in HOLDS {
            let Some(plan) = self.held(statement, hold).await? else {
                continue;
            };
            let rows = plan.rows_read();
            if best.as_ref().is_none_or(|b| rows < b.rows) {
                best = Some(Best { rows, plan });
            }
        }
        Ok(best)
    }

    async fn held(&self, statement: &Statement, hold: &[&str]) -> Result<Option<Node>, Fault> {
        self.run("SAVEPOINT held").await?;
        for setting in hold {
            self.run(&format!("SET LOCAL {setting} = off")).await?;
        }
        let explain = format!(
            "EXPLAIN (ANALYZE, VERBOSE, TIMING off, FORMAT JSON) EXECUTE {NAME}{}",
            values(&statement.parameters)
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

/// The values of a statement, as text that becomes whatever type stands there.
fn values(parameters: &[Option<String>]) -> String {
    if parameters.is_empty() {
        return String::new();
    }
    let value = |v: &Option<String>| v.as_ref().map_or_else(|| "NULL".to_owned(), |v| literal(v));
    let all: Vec<_> = parameters.iter().map(value).collect();
    format!("({})", all.join(", "))
}
