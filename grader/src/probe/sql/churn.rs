//! Moving rows about in their table without changing them.

use super::{Editor, Ran};
use crate::model::Fault;
use crate::probe::catalog::Table;
use crate::runtime::postgres::{ident, literal};

/// How long a lock may be waited for: in a quiet world nobody should hold one.
const PATIENCE: &str = "SET LOCAL lock_timeout = '2s'";

/// Old versions of rows stay where they are as long as somebody may still see them, so new ones must go to other
/// pages, and into the indexes. Without that an update that changes no index leaves the index's order as it was.
const HOLD: [&str; 2] = [
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SELECT FROM pg_catalog.pg_class LIMIT 1",
];

impl Editor {
    /// Keeps all versions of rows from now on, until the session ends.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn hold_versions(&self) -> Result<(), Fault> {
        for sql in HOLD {
            self.run(sql).await?;
        }
        Ok(())
    }

    /// Updates about every other row of a table to the values that it has: PostgreSQL then keeps a new version of it
    /// in another place, and a query that does not say its order finds rows in another one. Triggers rest
    /// meanwhile, so nothing else happens. `turn` chooses the rows. The answer of the first statement that was refused, else
    /// of the last update; none for a table without a column that can be set.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn churn(&self, table: &Table, turn: usize) -> Result<Option<Ran>, Fault> {
        let Some(column) = settable(table) else {
            return Ok(None);
        };
        let mut statements = vec![PATIENCE.to_owned()];
        let column = ident(column);
        let mut after = Vec::new();
        for (schema, name) in &table.leaves {
            let leaf = format!("{}.{}", ident(schema), ident(name));
            for trigger in self.awake(table, &leaf).await? {
                let trigger = ident(&trigger);
                statements.push(format!("ALTER TABLE {leaf} DISABLE TRIGGER {trigger}"));
                after.push(format!("ALTER TABLE {leaf} ENABLE TRIGGER {trigger}"));
            }
            statements.push(format!(
                "UPDATE {leaf} SET {column} = {column} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {leaf} \
                 WHERE pg_catalog.md5(ctid::pg_catalog.text || '/{turn}') < '8'))"
            ));
        }
        self.run("BEGIN").await?;
        let mut last = None;
        for sql in statements.iter().chain(&after) {
            let ran = self.run(sql).await?;
            if ran.refused().is_some() {
                self.run("ROLLBACK").await?;
                return Ok(Some(ran));
            }
            if sql.starts_with("UPDATE") {
                last = Some(ran);
            }
        }
        let committed = self.run("COMMIT").await?;
        Ok(if committed.refused().is_some() {
            Some(committed)
        } else {
            last
        })
    }

    /// The triggers of a table that fire in an ordinary session; others stay as they are.
    pub(super) async fn awake(&self, table: &Table, leaf: &str) -> Result<Vec<String>, Fault> {
        if table.triggers.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT tgname FROM pg_catalog.pg_trigger WHERE tgrelid = {}::pg_catalog.regclass \
             AND NOT tgisinternal AND tgenabled = 'O' ORDER BY tgname",
            literal(leaf)
        );
        let rows = match self.run(&sql).await? {
            Ran::Done { rows, .. } => rows,
            Ran::Refused(_) => Vec::new(),
        };
        Ok(rows.into_iter().flatten().flatten().collect())
    }
}

/// A column that an update may name, one that is no key if there is one.
fn settable(table: &Table) -> Option<&str> {
    let free = |c: &&crate::probe::catalog::Column| c.generated.is_none() && !c.identity;
    let key = table.primary_key.as_ref();
    let in_key = |name: &String| key.is_some_and(|k| k.columns.contains(name));
    let mut columns: Vec<_> = table.columns.iter().filter(free).collect();
    columns.sort_by_key(|c| in_key(&c.name));
    columns.first().map(|c| c.name.as_str())
}
