//! What is wrong with labelled tables, and what only looks wrong.
//!
//! Which dependencies hold is a matter of the domain; the rows give the witness and the count of copies. So no
//! accident of the data accuses anybody, and no finding is without its two rows.

mod copies;
mod first;
mod fourth;
mod policy;
mod words;

use super::label::{Labelled, Labels, Stored};
use crate::pack::Strictness;

pub use policy::Why;

/// All that is to be said about the tables.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judgement {
    /// What is wrong, worst first.
    pub flaws: Vec<Flaw>,
    /// Copies that are honest, and why.
    pub honest: Vec<Honest>,
    /// What could not be told, in words.
    pub unsure: Vec<String>,
}

/// Which rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// A cell holds several values of one set.
    List,
    /// A cell holds several things with facts of their own.
    Nested,
    /// Columns side by side hold values of one set.
    Repeating,
    /// Facts stand inside documents.
    Document,
    /// A fact depends on a part of the key (second normal form).
    Partial,
    /// A fact depends on something that is no key (third normal form).
    Transitive,
    /// A part of a key depends on something that is no key (Boyce-Codd normal form).
    BoyceCodd,
    /// Independent sets are multiplied with each other (fourth normal form).
    Multiplied,
    /// Names and values of facts stand in rows.
    NamesAndValues,
    /// One table holds several kinds of things.
    Mixed,
}

/// One thing that is wrong with a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Flaw {
    /// The rule that is broken.
    pub form: Form,
    /// How the project takes it: only where it may choose.
    pub weight: Strictness,
    /// What it is about, in the domain's words alone: the same however tables and columns are called.
    pub about: String,
    /// The facts that stand twice; empty where the flaw is another.
    pub facts: Vec<Copied>,
    /// `schema.table`.
    pub table: String,
    /// The columns that hold what should stand elsewhere.
    pub columns: Vec<String>,
    /// The columns that decide it; empty where nothing does.
    pub by: Vec<String>,
    /// What is wrong, in the domain's words, without a full stop.
    pub says: String,
    /// Two rows that show it (one where one cell does).
    pub witness: Witness,
    /// Rows that repeat what another row says already.
    pub copies: usize,
    /// Whether two copies differ: the anomaly has happened.
    pub differ: bool,
    /// The tables that would cure it.
    pub cure: Vec<Proposal>,
}

/// A fact that stands twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The kind in whose rows it stands.
    pub root: usize,
    /// The way from there to the thing whose fact it is, by the numbers of references.
    pub path: Vec<usize>,
    /// The kind of that thing.
    pub kind: usize,
    /// The number of the fact.
    pub fact: usize,
}

/// Rows of the learner's table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Witness {
    /// Column names.
    pub columns: Vec<String>,
    /// Their values.
    pub rows: Vec<Vec<Option<String>>>,
}

/// A table that a learner might make instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The table that holds it already, if there is one.
    pub exists: Option<String>,
    /// What it would hold, by the domain's names.
    pub facts: Vec<String>,
}

/// A copy that is honest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Honest {
    /// `schema.table`.
    pub table: String,
    /// The columns.
    pub columns: Vec<String>,
    /// Why nobody is to blame.
    pub why: Why,
}

/// How strictly to look. All of it, but for measuring what each policy is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policies(pub bool);

/// Judges labelled tables.
pub fn judge(labels: &Labels, stored: &[Stored], policies: Policies) -> Judgement {
    let mut judgement = Judgement::default();
    for labelled in &labels.tables {
        let desk = Desk {
            labels,
            stored,
            labelled,
            of: &stored[labelled.table],
            policies: policies.0,
        };
        desk.judge(&mut judgement);
    }
    mixed(labels, stored, &mut judgement);
    let flaws = &mut judgement.flaws;
    flaws.sort_by(|a, b| {
        (b.copies, a.form, &a.table, &a.columns).cmp(&(a.copies, b.form, &b.table, &b.columns))
    });
    judgement
}

/// One labelled table on the desk.
struct Desk<'a> {
    labels: &'a Labels,
    stored: &'a [Stored],
    labelled: &'a Labelled,
    of: &'a Stored,
    policies: bool,
}

impl Desk<'_> {
    fn judge(&self, judgement: &mut Judgement) {
        let name = self.of.table.to_string();
        let unread = self.policies && !self.of.read;
        let holds = !self.labelled.labels.is_empty() || !self.labelled.unclear.is_empty();
        if unread && holds {
            judgement.honest.push(Honest {
                table: name,
                columns: self
                    .labelled
                    .labels
                    .iter()
                    .map(|l| l.name.clone())
                    .collect(),
                why: Why::OnlyWritten,
            });
            return;
        }
        if self.of.rows.cut {
            judgement
                .unsure
                .push(format!("`{name}` has more rows than are read"));
        }
        // One column of values alone is a list to choose from: it says nothing about anything.
        let alone = self.labelled.labels.is_empty() && self.labelled.unclear.len() == 1;
        for column in self.labelled.unclear.iter().filter(|_| !alone) {
            let says = format!(
                "`{column}` of `{name}` holds planted values, but of which fact is not clear"
            );
            judgement.unsure.push(says);
        }
        judgement.flaws.extend(self.first());
        judgement.flaws.extend(self.fourth());
        self.copies(judgement);
    }

    /// Rows of the table as a witness: the named columns first.
    fn witness(&self, first: &[usize], rows: &[usize]) -> Witness {
        let all = 0..self.of.rows.columns.len();
        let rest = all.filter(|c| !first.contains(c));
        let order: Vec<usize> = first.iter().copied().chain(rest).collect();
        let row = |r: &usize| {
            order
                .iter()
                .map(|c| self.of.rows.rows[*r][*c].clone())
                .collect()
        };
        Witness {
            columns: order
                .iter()
                .map(|c| self.of.rows.columns[*c].clone())
                .collect(),
            rows: rows.iter().map(row).collect(),
        }
    }
}

/// Tables that hold several kinds of things.
fn mixed(labels: &Labels, stored: &[Stored], judgement: &mut Judgement) {
    for (n, of) in stored.iter().enumerate().filter(|(_, s)| s.read) {
        let parts: Vec<&Labelled> = labels
            .tables
            .iter()
            .filter(|t| t.table == n && t.part.is_some())
            .collect();
        if parts.len() < 2 {
            continue;
        }
        let name = |p: &&Labelled| {
            let view = labels.view(p)?;
            Some(labels.domain.kinds[*view.roots.first()?].name.clone())
        };
        let kinds: Vec<String> = parts.iter().filter_map(name).collect();
        let rows = parts.iter().filter_map(|p| p.part.as_ref()?.first());
        let rows = rows.map(|r| of.rows.rows[*r].clone()).take(2).collect();
        judgement.flaws.push(Flaw {
            form: Form::Mixed,
            weight: Strictness::Fail,
            about: format!("{} in one table", words::list(&kinds)),
            facts: Vec::new(),
            table: of.table.to_string(),
            columns: Vec::new(),
            by: Vec::new(),
            says: format!("`{}` holds {}", of.table, words::list(&kinds)),
            witness: Witness {
                columns: of.rows.columns.clone(),
                rows,
            },
            copies: 0,
            differ: false,
            cure: kinds
                .into_iter()
                .map(|k| Proposal {
                    exists: None,
                    facts: vec![k],
                })
                .collect(),
        });
    }
}
