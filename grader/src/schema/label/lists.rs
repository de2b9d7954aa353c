//! Several values in one cell, one set in several columns, and facts as rows of names and values.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Column, Many};
use super::fit::{Fit, Seen, ones};
use super::known::{Known, Sign};
use super::labelled::Labelled;
use crate::schema::domain::{Domain, What};

/// Different names in a column of names.
const MOST_NAMES: usize = 24;

/// A column whose cells hold several values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The column, or a member of the documents in it.
    pub name: String,
    /// The number of the table's column.
    pub column: usize,
    /// The kind of things that stand in the cells.
    pub kind: usize,
    /// What each element tells of such a thing.
    pub members: Vec<Member>,
    /// A row with two or more.
    pub row: usize,
}

/// A member of the elements of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name; empty where the element is a plain value.
    pub name: String,
    /// The attribute, in the view of the list's kind.
    pub attribute: usize,
}

/// Columns that hold values of a set whose things refer to the row's: side by side, or one value chosen out of the
/// set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The columns.
    pub names: Vec<String>,
    /// The kind of things whose values they are.
    pub kind: usize,
    /// The attribute, in the view of that kind.
    pub attribute: usize,
    /// The row in which most of them are filled.
    pub row: usize,
}

/// A column of names and a column of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eav {
    /// The column that says which fact it is.
    pub names: String,
    /// The column that holds the values.
    pub values: String,
    /// For each name the kind and the fact.
    pub facts: BTreeMap<String, (usize, usize)>,
    /// Two rows with different facts.
    pub rows: (usize, usize),
}

pub(super) struct Desk<'a> {
    pub(super) domain: &'a Domain,
    pub(super) views: &'a [Seen],
    pub(super) known: &'a Known,
}

impl Desk<'_> {
    /// Adds to a labelled table what its columns hold that are no single facts.
    pub(super) fn look(&self, table: &mut Labelled, plain: &[Column], many: &[Many]) {
        table.lists = many
            .iter()
            .filter(|m| !table.labels.iter().any(|l| l.name == m.name))
            .filter_map(|m| self.list(table, m))
            .collect();
        table.groups = self.groups(table, plain);
        table.eav = self.eav(table, plain);
        let lists = table.lists.iter().map(|l| l.name.clone());
        let groups = table.groups.iter().flat_map(|g| g.names.clone());
        let eav = table.eav.iter().map(|e| e.values.clone());
        let explained: BTreeSet<String> = lists.chain(groups).chain(eav).collect();
        table.unclear.retain(|name| !explained.contains(name));
    }

    fn list(&self, table: &Labelled, many: &Many) -> Option<List> {
        let row = longest(&many.rows)?;
        let mut names: Vec<&String> = Vec::new();
        for (name, _) in many.rows.iter().flatten().flatten() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let whose: Vec<usize> = (0..many.rows.len())
            .flat_map(|r| many.rows[r].iter().map(move |_| r))
            .collect();
        let elements: Vec<&Vec<(String, String)>> = many.rows.iter().flatten().collect();
        let cell = |element: &&Vec<(String, String)>, name: &String| {
            let (_, text) = element.iter().find(|(n, _)| n == name)?;
            Some(self.known.of_cell(text))
        };
        let columns: Vec<Vec<Option<Vec<Sign>>>> = names
            .iter()
            .map(|n| elements.iter().map(|e| cell(e, n)).collect())
            .collect();
        let (kind, fit) = self.children(table, &columns, &whose)?;
        let chosen = fit.chosen.iter().zip(&names);
        let members = chosen.filter_map(|(c, name)| {
            let attribute = (*c)?.attribute;
            let name = (*name).clone();
            Some(Member { name, attribute })
        });
        Some(List {
            name: many.name.clone(),
            column: many.of,
            kind,
            members: members.collect(),
            row,
        })
    }

    /// The kind of which all these are things that belong to the row's own; `whose` says whose element each is.
    fn children(
        &self,
        table: &Labelled,
        columns: &[Vec<Option<Vec<Sign>>>],
        whose: &[usize],
    ) -> Option<(usize, Fit)> {
        let about = self.about(table);
        let all = vec![true; whose.len()];
        let mut best: Option<(usize, Fit, bool)> = None;
        for kind in 0..self.domain.kinds.len() {
            let seen = &self.views[kind];
            let fit = seen.fit(self.known, columns, &all);
            if fit.chosen.iter().all(Option::is_none) {
                continue;
            }
            let linked = about.is_some_and(|of| self.belong(table, of, seen, &fit, whose));
            // Words that stand nowhere by chance need no owner.
            if !linked
                && (about.is_some_and(|of| of != kind && self.domain.way(kind, of).is_some())
                    || fit.telling == 0)
            {
                continue;
            }
            if about == Some(kind) && !linked {
                continue;
            }
            let worth = |l: bool, f: &Fit| (l, f.telling, std::cmp::Reverse(f.steps));
            if best
                .as_ref()
                .is_none_or(|(_, f, l)| worth(linked, &fit) > worth(*l, f))
            {
                best = Some((kind, fit, linked));
            }
        }
        best.map(|(kind, fit, _)| (kind, fit))
    }

    /// The kind a table is about.
    fn about(&self, table: &Labelled) -> Option<usize> {
        let seen = &self.views[table.view?];
        (seen.view.roots.len() == 1).then(|| seen.view.roots[0])
    }

    /// Whether each element may be a thing that refers to the thing of its row.
    fn belong(&self, table: &Labelled, of: usize, seen: &Seen, fit: &Fit, whose: &[usize]) -> bool {
        let refs = &self.domain.kinds[seen.view.roots[0]].refs;
        let Some(up) = refs.iter().position(|r| r.kind == of) else {
            return false;
        };
        let Some(up) = seen.view.number(0, &[up], What::Itself) else {
            return false;
        };
        let Some(own) = table.view.map(|v| &self.views[v]) else {
            return false;
        };
        let owners = |row: usize| -> BTreeSet<usize> {
            let rows = table.rows[row].iter();
            rows.map(|v| own.rows[*v].roots[0]).collect()
        };
        whose.iter().enumerate().all(|(element, row)| {
            let owners = owners(*row);
            let mut may = ones(&fit.rows[element], seen.rows.len());
            may.any(|v| seen.rows[v].holders[up].is_some_and(|t| owners.contains(&t)))
        })
    }

    fn groups(&self, table: &Labelled, plain: &[Column]) -> Vec<Group> {
        let mut sets: BTreeMap<(usize, usize), Vec<&Column>> = BTreeMap::new();
        let open = plain.iter().filter(|c| table.unclear.contains(&c.name));
        for column in open {
            let rows: Vec<usize> = (0..column.cells.len())
                .filter(|r| column.cells[*r].is_some())
                .collect();
            let signs = rows
                .iter()
                .map(|r| column.cells[*r].as_ref().map(|c| self.known.of_cell(c)));
            let Some((kind, fit)) = self.children(table, &[signs.collect()], &rows) else {
                continue;
            };
            if let Some(choice) = fit.chosen[0].filter(|_| fit.telling > 0) {
                sets.entry((kind, choice.attribute))
                    .or_default()
                    .push(column);
            }
        }
        let group = |((kind, attribute), columns): (_, Vec<&Column>)| {
            let filled = |r: &usize| columns.iter().filter(|c| c.cells[*r].is_some()).count();
            let row = (0..columns[0].cells.len()).max_by_key(filled)?;
            Some(Group {
                names: columns.iter().map(|c| c.name.clone()).collect(),
                kind,
                attribute,
                row,
            })
        };
        sets.into_iter().filter_map(group).collect()
    }

    /// A column of names, and one of values that are different facts by those names.
    fn eav(&self, table: &Labelled, plain: &[Column]) -> Option<Eav> {
        let open = plain.iter().filter(|c| table.unclear.contains(&c.name));
        for values in open {
            let names = plain.iter().filter(|c| c.name != values.name);
            let names = names.filter(|c| !table.labels.iter().any(|l| l.name == c.name));
            for names in names {
                if let Some(found) = self.pairs(names, values) {
                    return Some(found);
                }
            }
        }
        None
    }

    fn pairs(&self, names: &Column, values: &Column) -> Option<Eav> {
        let mut by: BTreeMap<&String, Vec<usize>> = BTreeMap::new();
        for (row, name) in names.cells.iter().enumerate() {
            if let (Some(name), Some(_)) = (name, &values.cells[row]) {
                by.entry(name).or_default().push(row);
            }
        }
        if !(2..=MOST_NAMES).contains(&by.len()) || by.values().all(|rows| rows.len() < 2) {
            return None;
        }
        let fact = |rows: &Vec<usize>| {
            let cells = rows
                .iter()
                .map(|r| values.cells[*r].as_ref().map(|c| self.known.of_cell(c)));
            let column = vec![cells.collect::<Vec<_>>()];
            let mine = vec![true; rows.len()];
            (0..self.domain.kinds.len()).find_map(|kind| {
                let fit = self.views[kind].fit(self.known, &column, &mine);
                let attr = &self.views[kind].view.attrs[fit.chosen[0]?.attribute];
                match attr.spot.what {
                    What::Fact(n) if attr.spot.path.is_empty() && fit.telling > 0 => {
                        Some((kind, n))
                    }
                    _ => None,
                }
            })
        };
        let found: Vec<_> = by
            .iter()
            .filter_map(|(name, rows)| Some(((*name).clone(), fact(rows)?)))
            .collect();
        let first = found.first()?;
        let other = found
            .iter()
            .find(|(_, f)| f.0 == first.1.0 && f.1 != first.1.1)?;
        let rows = (*by.get(&first.0)?.first()?, *by.get(&other.0)?.first()?);
        Some(Eav {
            names: names.name.clone(),
            values: values.name.clone(),
            facts: found.iter().cloned().collect(),
            rows,
        })
    }
}

/// The row with the most different elements, if it has two.
fn longest(rows: &[Vec<Vec<(String, String)>>]) -> Option<usize> {
    let count = |r: &usize| rows[*r].iter().collect::<BTreeSet<_>>().len();
    (0..rows.len()).max_by_key(count).filter(|r| count(r) > 1)
}
