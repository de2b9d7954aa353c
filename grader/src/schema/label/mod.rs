//! Which fact each column holds, told from the values in it.
//!
//! A table is about things of some kind when every row of it agrees, in all its labelled columns at once, with one
//! thing that we planted. Names play no part. Keys that the API does not show are found in the table of their own
//! things, and known from then on wherever they are referred to.

mod cells;
mod fit;
mod hidden;
mod known;
mod labelled;
mod lists;
mod parts;
mod spell;
mod table;

use std::collections::BTreeSet;

use super::domain::{Domain, View, What};
use super::facts::Facts;
use crate::probe::{catalog, sql};

pub use labelled::{Label, Labelled};
pub use lists::{Eav, Group, List, Member};
pub use spell::Spelling;

use fit::Seen;
use known::Known;

/// Rounds of looking for hidden keys: one that refers to another takes two.
const ROUNDS: usize = 4;

/// A base table as it was read.
#[derive(Debug, Clone)]
pub struct Stored {
    /// What is declared.
    pub table: catalog::Table,
    /// Its rows.
    pub rows: sql::Rows,
    /// Whether any request that only reads looks at it. What is only written is nobody's source of truth.
    pub read: bool,
}

/// What the tables hold.
#[derive(Debug)]
pub struct Labels {
    /// The domain with the hidden keys that were found.
    pub domain: Domain,
    /// The facts with the values of those keys.
    pub facts: Facts,
    /// The tables, in the order given; one that holds several kinds of things stands once for each.
    pub tables: Vec<Labelled>,
    views: Vec<Seen>,
}

impl Labels {
    /// Labels the columns of these tables. Facts need their things' keys.
    pub fn of(domain: &Domain, facts: &Facts, stored: &[Stored]) -> Self {
        let (mut domain, mut facts) = (domain.clone(), facts.clone());
        let contents: Vec<_> = stored.iter().map(cells::read).collect();
        let mut rounds = 0;
        loop {
            rounds += 1;
            let known = Known::new(&facts);
            let views = views(&domain, &facts, &known);
            let label = |(n, (plain, _)): (usize, &(Vec<cells::Column>, _))| {
                table::label(&views, &known, n, plain)
            };
            let mut tables: Vec<Labelled> = contents.iter().enumerate().flat_map(label).collect();
            let found = hidden::keys(&views, &tables, stored, &contents);
            if found.is_empty() || rounds == ROUNDS {
                let desk = lists::Desk {
                    domain: &domain,
                    views: &views,
                    known: &known,
                };
                for table in &mut tables {
                    let (plain, many) = &contents[table.table];
                    desk.look(table, plain, many);
                }
                return Self {
                    domain,
                    facts,
                    tables,
                    views,
                };
            }
            hidden::add(&mut domain, &mut facts, found);
        }
    }

    /// Every fact and key that some table holds, by kind: in a column, in a list, side by side or by name. Views and
    /// what is generated hold nothing of their own.
    pub fn held(&self) -> BTreeSet<(usize, What)> {
        let mut held = BTreeSet::new();
        for table in &self.tables {
            if let Some(view) = self.view(table) {
                let attrs = table.labels.iter().map(|l| &view.attrs[l.attribute]);
                held.extend(attrs.map(|a| (a.kind, a.spot.what)));
            }
            let members = table.lists.iter();
            let members = members.flat_map(|l| l.members.iter().map(|m| (l.kind, m.attribute)));
            let groups = table.groups.iter().map(|g| (g.kind, g.attribute));
            for (kind, attribute) in members.chain(groups) {
                let attr = self.view_of(kind).map(|v| &v.attrs[attribute]);
                held.extend(attr.map(|a| (a.kind, a.spot.what)));
            }
            let named = table.eav.iter().flat_map(|e| e.facts.values());
            held.extend(named.map(|(kind, fact)| (*kind, What::Fact(*fact))));
        }
        held
    }

    /// The view a labelled table is seen in.
    pub fn view(&self, table: &Labelled) -> Option<&View> {
        table.view.and_then(|v| self.views.get(v)).map(|s| &s.view)
    }

    /// The view of a kind's things.
    pub fn view_of(&self, kind: usize) -> Option<&View> {
        self.views.get(kind).map(|s| &s.view)
    }
}

/// A view for each kind, by its number, and one for each pair of independent sets.
fn views(domain: &Domain, facts: &Facts, known: &Known) -> Vec<Seen> {
    let single = (0..domain.kinds.len()).map(|k| View::of(domain, k));
    let joined = domain.independent.iter().flat_map(|apart| {
        let pairs =
            (0..apart.sets.len()).flat_map(|a| (a + 1..apart.sets.len()).map(move |b| (a, b)));
        pairs.map(|(a, b)| View::joined(domain, apart, a, b))
    });
    let all = single.chain(joined);
    all.map(|view| Seen::new(view, facts, known)).collect()
}
