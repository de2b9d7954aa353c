//! What separates an honest copy from a fact kept twice.

use super::Desk;
use crate::schema::domain::{Attr, What};
use crate::schema::label::Label;

/// Why a copy is honest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// No request that reads looks at the table: an audit log, an outbox, stored replies.
    OnlyWritten,
    /// The project declares that it may be copied there.
    Declared,
    /// The rows are versions, each with the time from which it held.
    History,
    /// The column is a part of a foreign key of several columns, which keeps the copy true.
    ForeignKey,
    /// The column says in which partition a row stands.
    Partition,
    /// The column is what row security goes by.
    RowSecurity,
    /// It is another key of the same thing.
    OtherKey,
}

impl Desk<'_> {
    /// Why the copy in a column is honest; none when it is not.
    pub(super) fn excuse(&self, label: &Label, attr: &Attr) -> Option<Why> {
        if !self.policies {
            return None;
        }
        let table = &self.of.table;
        let name = &self.of.rows.columns[label.column];
        let held = |columns: &[String]| columns.contains(name);
        let roots = self.labels.view(self.labelled).map(|v| v.roots.clone());
        let mut roots = roots.into_iter().flatten();
        if roots.any(|root| self.labels.domain.may_copy(root, attr.kind, attr.spot.what)) {
            return Some(Why::Declared);
        }
        let composite = |f: &&crate::probe::catalog::ForeignKey| f.columns.len() > 1 && f.valid;
        if table
            .foreign_keys
            .iter()
            .filter(composite)
            .any(|f| held(&f.columns))
        {
            return Some(Why::ForeignKey);
        }
        let key = table.primary_key.as_ref();
        if table.partitioned && key.is_some_and(|k| held(&k.columns)) {
            return Some(Why::Partition);
        }
        let thing = attr.spot.what == What::Itself || self.is_hidden(attr);
        if table.row_security && thing {
            return Some(Why::RowSecurity);
        }
        self.is_history().then_some(Why::History)
    }

    /// Whether an attribute is a key that the API does not show.
    pub(super) fn is_hidden(&self, attr: &Attr) -> bool {
        let fact = |n: usize| &self.labels.domain.kinds[attr.kind].facts[n];
        let hidden = crate::schema::domain::Origin::Hidden;
        matches!(attr.spot.what, What::Fact(n) if fact(n).origin == hidden)
    }

    /// Whether rows are versions of things: an instant that is no fact of ours tells them apart.
    fn is_history(&self) -> bool {
        let table = &self.of.table;
        let labelled = |name: &String| {
            let names = self.labelled.labels.iter();
            let mut names = names.map(|l| &self.of.rows.columns[l.column]);
            names.any(|n| n == name)
        };
        let time = |name: &String| {
            let base = table
                .column(name)
                .map(|c| c.base_type.as_str())
                .unwrap_or_default();
            let is = |t: &str| base.starts_with(t);
            !labelled(name)
                && ["timestamp", "date", "tstzrange", "tsrange", "daterange"]
                    .into_iter()
                    .any(is)
        };
        let keys = table.primary_key.iter().chain(&table.uniques);
        let versioned = keys
            .filter(|k| k.columns.iter().any(time))
            .any(|k| k.columns.iter().any(labelled));
        let aged = self.labelled.labels.iter().any(|l| l.aged);
        versioned || aged && self.is_repeated() && self.of.rows.columns.iter().any(time)
    }

    /// Whether a thing of the table's own kind has several rows.
    fn is_repeated(&self) -> bool {
        let rows = self.labelled.rows.iter().filter(|r| r.len() == 1);
        let mut seen: Vec<usize> = rows.map(|r| r[0]).collect();
        seen.sort_unstable();
        seen.windows(2).any(|w| w[0] == w[1])
    }
}
