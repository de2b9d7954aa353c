//! All rows of all tables, and what is different afterwards. For a quiet world: there it is one request's doing.

use std::collections::BTreeMap;

use super::note;
use crate::model::{Evidence, Fault};
use crate::probe::catalog::Table;
use crate::probe::sql::{Observer, Rows};

/// All rows at one moment, by table.
pub(crate) struct Tables(BTreeMap<String, (Table, Rows)>);

/// What is different in one table.
pub(crate) struct Difference {
    /// The table.
    pub(crate) table: Table,
    /// Rows that came; a changed row came and went.
    pub(crate) came: Rows,
    /// Rows that went.
    pub(crate) went: Rows,
}

impl Tables {
    /// Reads them.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(crate) async fn read(observer: &Observer) -> Result<Self, Fault> {
        let mut all = BTreeMap::new();
        for table in observer.tables().await? {
            let rows = observer.rows(&table, &[]).await?;
            all.insert(table.to_string(), (table, rows));
        }
        Ok(Self(all))
    }

    /// What is different now, by table. A table that came meanwhile is not compared.
    pub(crate) fn differ(&self, now: &Self) -> Vec<Difference> {
        let pair = |(name, (table, is)): (&String, &(Table, Rows))| {
            let (_, was) = self.0.get(name)?;
            let only = |a: &Rows, b: &Rows| Rows {
                rows: less(&a.rows, &b.rows),
                ..a.clone()
            };
            let difference = Difference {
                table: table.clone(),
                came: only(is, was),
                went: only(was, is),
            };
            (!difference.is_empty()).then_some(difference)
        };
        now.0.iter().filter_map(pair).collect()
    }
}

impl Difference {
    fn is_empty(&self) -> bool {
        self.came.rows.is_empty() && self.went.rows.is_empty()
    }

    /// In a few words, for a learner.
    pub(crate) fn told(&self) -> String {
        let (came, went) = (self.came.rows.len(), self.went.rows.len());
        let rows = |n: usize| {
            if n == 1 {
                "1 row".to_owned()
            } else {
                format!("{n} rows")
            }
        };
        match (came, went) {
            (came, 0) => format!("{} came to `{}`", rows(came), self.table),
            (0, went) => format!("{} went from `{}`", rows(went), self.table),
            (came, went) if came == went => format!("{} of `{}` changed", rows(came), self.table),
            (came, went) => format!("in `{}` {} came and {went} went", self.table, rows(came)),
        }
    }

    /// The rows that came, or that none did.
    pub(crate) fn evidence(&self, says: &str) -> Evidence {
        if self.came.rows.is_empty() {
            return note(self.told());
        }
        let mut rows = self.came.clone();
        rows.rows.truncate(4);
        rows.evidence(says)
    }
}

/// The rows of the first that the second does not have, as often as it does not.
fn less(a: &[Vec<Option<String>>], b: &[Vec<Option<String>>]) -> Vec<Vec<Option<String>>> {
    let mut counts: BTreeMap<&[Option<String>], usize> = BTreeMap::new();
    b.iter()
        .for_each(|row| *counts.entry(row).or_default() += 1);
    let mut left = Vec::new();
    for row in a {
        match counts.get_mut(row.as_slice()).filter(|n| **n > 0) {
            Some(count) => *count -= 1,
            None => left.push(row.clone()),
        }
    }
    left
}
