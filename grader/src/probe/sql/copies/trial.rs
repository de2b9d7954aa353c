//! Trying out which changes of values the database takes.

use super::how::How;
use super::{Copied, Copies, PATIENCE, qualified};
use crate::model::Fault;
use crate::probe::catalog::Table;
use crate::probe::sql::SqlError;
use crate::runtime::postgres::ident;

/// No database wants more turns than this: each takes one way of one column back.
const TURNS: usize = 300;

impl Copies {
    /// Gives up what the database refuses until it refuses nothing.
    pub(super) async fn try_out(
        mut self,
        ways: Vec<How>,
        most: u32,
    ) -> Result<Result<Self, String>, Fault> {
        self.ways = ways;
        for _ in 0..TURNS {
            let Some((at, refused)) = self.attempt(&self.ways, most).await? else {
                if self.tables.iter().all(|t| t.left_out) {
                    return Ok(Err("no table's rows can be copied".to_owned()));
                }
                return Ok(Ok(self));
            };
            self.give_way(at, &refused, most).await?;
        }
        Ok(Err(
            "no way of copying rows was found that the database takes".to_owned(),
        ))
    }

    /// Copies some rows and takes it back: the table that refused, and why. The first two copies tell what collides.
    async fn attempt(&self, ways: &[How], most: u32) -> Result<Option<(usize, SqlError)>, Fault> {
        self.editor.run("BEGIN").await?;
        self.editor.run(PATIENCE).await?;
        let mut refused = None;
        for (at, copied) in self.tables.iter().enumerate().filter(|(_, t)| !t.left_out) {
            self.editor.run("SET CONSTRAINTS ALL DEFERRED").await?;
            for (schema, name) in &copied.table.leaves {
                let leaf = format!("{}.{}", ident(schema), ident(name));
                self.editor
                    .run(&format!("ALTER TABLE {leaf} DISABLE TRIGGER USER"))
                    .await?;
            }
            for n in [1, 2, most] {
                let ran = self.editor.run(&copied.insert(ways, n, n)).await?;
                refused = refused.or_else(|| ran.refused().cloned().map(|e| (at, e)));
            }
            if refused.is_some() {
                break;
            }
        }
        if refused.is_none() {
            let ran = self.editor.run("SET CONSTRAINTS ALL IMMEDIATE").await?;
            if let Some(error) = ran.refused().cloned() {
                let of = |t: &Copied| error.table.as_ref() == Some(&t.table.name);
                let at = self.tables.iter().position(of).unwrap_or_default();
                refused = Some((at, error));
            }
        }
        self.editor.run("ROLLBACK").await?;
        Ok(refused)
    }

    async fn give_way(&mut self, at: usize, refused: &SqlError, most: u32) -> Result<(), Fault> {
        let copied = &self.tables[at];
        // Equal keys, or what is referred to is not there: another way of the same columns would not help.
        if matches!(refused.sqlstate.as_str(), "23505" | "23P01" | "23503") {
            self.leave_out(at);
            return Ok(());
        }
        let mut blamed: Vec<usize> = blamed(&copied.table, refused)
            .iter()
            .filter_map(|column| copied.tie(column))
            .filter(|tie| self.ways[*tie] != How::Same)
            .collect();
        if blamed.is_empty() {
            blamed.extend(self.culprit(at, most).await?);
        }
        if blamed.is_empty() {
            self.leave_out(at);
        }
        for tie in blamed {
            self.ways[tie] = self.ways[tie].next();
        }
        Ok(())
    }

    /// The column whose next way makes the table go on, where the refusal does not name one; else the first that has
    /// another way. Keys come last.
    async fn culprit(&self, at: usize, most: u32) -> Result<Option<usize>, Fault> {
        let copied = &self.tables[at];
        let mut ties: Vec<usize> = copied.columns.iter().map(|(_, tie)| *tie).collect();
        ties.sort_by_key(|tie| copied.keys().contains(tie));
        ties.retain(|tie| self.ways[*tie] != How::Same);
        for tie in &ties {
            let mut ways = self.ways.clone();
            ways[*tie] = ways[*tie].next();
            let next = self.attempt(&ways, most).await?;
            if next.is_none_or(|(other, _)| other > at) {
                return Ok(Some(*tie));
            }
        }
        Ok(ties.first().copied())
    }

    /// Rows of this table are not copied: what refers to them goes on referring to those that are there.
    fn leave_out(&mut self, at: usize) {
        self.tables[at].left_out = true;
        for tie in self.tables[at].keys() {
            self.ways[tie] = How::Same;
        }
    }

    pub(super) fn ways(&self) -> Vec<How> {
        self.ways.clone()
    }
}

impl Copied {
    fn tie(&self, column: &str) -> Option<usize> {
        let found = self.columns.iter().find(|(name, _)| name == column);
        found.map(|(_, tie)| *tie)
    }

    /// What its keys are tied to.
    fn keys(&self) -> Vec<usize> {
        let table = &self.table;
        let keys = table.primary_key.iter().chain(&table.uniques);
        let columns = keys.flat_map(|k| &k.columns);
        columns.filter_map(|c| self.tie(c)).collect()
    }

    /// The statement that makes the copies with these numbers.
    pub(super) fn insert(&self, ways: &[How], from: u32, to: u32) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| ident(name)).collect();
        let value = |(name, tie): &(String, usize)| ways[*tie].expression(&ident(name));
        let values: Vec<_> = self.columns.iter().map(value).collect();
        format!(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} s \
             CROSS JOIN pg_catalog.generate_series({from}, {to}) k(n)",
            qualified(&self.table),
            names.join(", "),
            values.join(", "),
            self.seed
        )
    }
}

/// The columns that a refusal speaks of.
fn blamed(table: &Table, refused: &SqlError) -> Vec<String> {
    if let Some(column) = &refused.column {
        return vec![column.clone()];
    }
    let named = |name: &str| refused.constraint.as_deref() == Some(name);
    let check = table.checks.iter().find(|c| named(&c.name));
    check.map(|c| c.columns.clone()).unwrap_or_default()
}
