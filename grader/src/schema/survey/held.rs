//! The columns of the learner's tables, each with what it holds.

use super::Survey;
use crate::model::Evidence;
use crate::probe::catalog::{Column, ForeignKey, Table};
use crate::probe::sql::Rows;
use crate::schema::domain::{Origin, What};
use crate::schema::judge::Why;
use crate::schema::label::{Label, Spelling};

/// Rows that one piece of evidence shows.
const SHOWN: usize = 2;

/// A column that holds one fact or one key.
#[derive(Debug, Clone, Copy)]
pub struct Held<'s> {
    /// Its table.
    pub table: &'s Table,
    /// The column.
    pub column: &'s Column,
    /// The kind of things that the table's rows are.
    pub root: usize,
    /// The way from there to the thing whose fact it is, by the numbers of references; empty for the rows' own.
    pub path: &'s [usize],
    /// The kind of that thing.
    pub kind: usize,
    /// The fact, or the thing's own key.
    pub what: What,
    /// How it is written.
    pub spelling: Spelling,
    /// Its values, by row.
    pub cells: &'s [Option<String>],
    /// The rows of the table that are ours.
    pub ours: &'s [Vec<usize>],
}

impl Survey {
    /// The columns of tables that somebody reads and whose rows are all things of one kind. Members of documents, and
    /// columns of histories and of what is only written, are not among them.
    pub fn held(&self) -> Vec<Held<'_>> {
        let mut all = Vec::new();
        for labelled in &self.labels.tables {
            let stored = &self.stored[labelled.table];
            let Some(view) = self.labels.view(labelled) else {
                continue;
            };
            let name = stored.table.to_string();
            let exempt = |h: &crate::schema::judge::Honest| {
                h.table == name && matches!(h.why, Why::OnlyWritten | Why::History)
            };
            let aside = self.judgement.honest.iter().any(exempt);
            if aside || !stored.read || labelled.part.is_some() || view.roots.len() != 1 {
                continue;
            }
            for label in &labelled.labels {
                let Some(column) = self.column(labelled.table, label) else {
                    continue;
                };
                let attr = &view.attrs[label.attribute];
                all.push(Held {
                    table: &stored.table,
                    column,
                    root: view.roots[0],
                    path: &attr.spot.path,
                    kind: attr.kind,
                    what: attr.spot.what,
                    spelling: label.spelling,
                    cells: &label.cells,
                    ours: &labelled.rows,
                });
            }
        }
        all
    }

    fn column(&self, table: usize, label: &Label) -> Option<&Column> {
        let stored = &self.stored[table];
        let name = stored.rows.columns.get(label.column)?;
        stored.table.column(name).filter(|_| label.name == *name)
    }

    /// The column that the one at this place of a foreign key refers to.
    pub fn referred(&self, key: &ForeignKey, at: usize) -> Option<&Column> {
        let (schema, table) = &key.references;
        let table = self.catalog.table(schema, table)?;
        table.column(key.referenced.get(at)?)
    }

    /// Whether a column holds what identifies a thing: the key that the API shows, one that only the database knows,
    /// or a fact that is a key alone.
    pub fn identifies(&self, held: &Held<'_>) -> bool {
        let kind = &self.labels.domain.kinds[held.kind];
        match held.what {
            What::Itself => true,
            What::Fact(n) => {
                let alone = |key: &Vec<crate::schema::domain::Member>| {
                    *key == [crate::schema::domain::Member::Fact(n)]
                };
                kind.facts[n].origin == Origin::Hidden || kind.keys.iter().any(alone)
            }
        }
    }

    /// These columns of a table in its first rows that are ours, as evidence.
    pub fn rows_of(&self, held: &Held<'_>, columns: &[String], says: &str) -> Evidence {
        let stored = self.stored.iter().find(|s| s.table == *held.table);
        let Some(stored) = stored else {
            return Evidence::Note {
                says: says.to_owned(),
            };
        };
        let all = &stored.rows.columns;
        let at: Vec<usize> = columns
            .iter()
            .filter_map(|c| all.iter().position(|a| a == c))
            .collect();
        let ours = held.ours.iter().zip(&stored.rows.rows);
        let ours = ours.filter(|(may, _)| !may.is_empty()).take(SHOWN);
        let cells = |row: &Vec<Option<String>>| at.iter().map(|n| row[*n].clone()).collect();
        let rows = Rows {
            table: held.table.to_string(),
            columns: at.iter().map(|n| all[*n].clone()).collect(),
            rows: ours.map(|(_, row)| cells(row)).collect(),
            cut: false,
        };
        rows.evidence(says)
    }

    /// What a column holds, in the domain's words: `event.title`, `the venue of an event`.
    pub fn called(&self, held: &Held<'_>) -> String {
        let kinds = &self.labels.domain.kinds;
        let own = &kinds[held.root].name;
        let last = held.path.iter().fold((held.root, None), |(kind, _), step| {
            let reference = &kinds[kind].refs[*step];
            (reference.kind, Some(&reference.role))
        });
        let of = last.1.map_or_else(|| own.clone(), String::clone);
        match held.what {
            What::Fact(n) if kinds[held.kind].facts[n].origin != Origin::Hidden => {
                format!("{of}.{}", kinds[held.kind].facts[n].name)
            }
            _ if held.path.is_empty() => format!("the key of {own}"),
            _ => format!("the {of} of {own}"),
        }
    }
}
