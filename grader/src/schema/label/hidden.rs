//! Keys that the API does not show: found in the table of the things they number.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Stored;
use super::cells::{Column, Many};
use super::fit::Seen;
use super::labelled::Labelled;
use crate::probe::catalog::Table;
use crate::schema::domain::{Domain, Origin, Said, Spot, What};
use crate::schema::facts::Facts;
use crate::schema::theory::Set;

/// A key that was found.
pub(super) struct Hidden {
    /// The kind of things it numbers.
    kind: usize,
    /// What it stands for, seen from such a thing.
    stands_for: Vec<Spot>,
    /// Its column.
    name: String,
    /// By thing.
    values: BTreeMap<usize, String>,
}

/// The unlabelled keys of labelled tables.
pub(super) fn keys(
    views: &[Seen],
    tables: &[Labelled],
    stored: &[Stored],
    contents: &[(Vec<Column>, Vec<Many>)],
) -> Vec<Hidden> {
    let mut found = Vec::new();
    for labelled in tables.iter().filter(|t| stored[t.table].read) {
        let Some(seen) = labelled
            .view
            .map(|v| &views[v])
            .filter(|s| s.view.roots.len() == 1)
        else {
            continue;
        };
        let table = &stored[labelled.table].table;
        for column in &contents[labelled.table].0 {
            let known = labelled.labels.iter().any(|l| l.name == column.name);
            if !known && is_key(table, &column.name, stored) {
                found.extend(key(seen, labelled, column));
            }
        }
    }
    found
}

/// Whether a column is declared or made as something that tells rows apart. Instants are not: two tables share them
/// by accident.
fn is_key(table: &Table, name: &str, stored: &[Stored]) -> bool {
    let Some(column) = table.column(name) else {
        return false;
    };
    let fit = ["smallint", "integer", "bigint", "uuid", "text", "character"];
    let alone = |columns: &[String]| columns.len() == 1 && columns[0] == name;
    let generated = column.default.as_ref().is_some_and(|d| {
        ["nextval(", "uuid", "gen_random"]
            .iter()
            .any(|w| d.contains(w))
    });
    let pointed = |other: &Stored| {
        let here = (table.schema.clone(), table.name.clone());
        let all = other.table.foreign_keys.iter();
        all.clone()
            .any(|f| f.references == here && alone(&f.referenced))
    };
    fit.iter().any(|t| column.base_type.starts_with(t))
        && (table
            .primary_key
            .as_ref()
            .is_some_and(|k| alone(&k.columns))
            || table.uniques.iter().any(|k| alone(&k.columns))
            || column.identity
            || generated
            || column.base_type == "uuid"
            || stored.iter().any(pointed))
}

/// The key as one of the things at the end of what all labels have in common.
fn key(seen: &Seen, labelled: &Labelled, column: &Column) -> Option<Hidden> {
    let ours: Vec<usize> = (0..labelled.rows.len())
        .filter(|r| !labelled.rows[*r].is_empty())
        .collect();
    let values: Option<Vec<&String>> = ours.iter().map(|r| column.cells[*r].as_ref()).collect();
    let values = values?;
    let distinct: BTreeSet<&&String> = values.iter().collect();
    if ours.is_empty() || distinct.len() != values.len() {
        return None;
    }
    let held = labelled.attributes();
    let prefix = common(seen, held);
    let key = seen.view.theory.keys(held).into_iter().next()?;
    let kind = seen
        .view
        .number(0, &prefix, What::Itself)
        .map(|n| seen.view.attrs[n].kind)?;
    let itself = seen.view.number(0, &prefix, What::Itself)?;
    let mut things: BTreeMap<usize, String> = BTreeMap::new();
    for (row, value) in ours.iter().zip(values) {
        for v in &labelled.rows[*row] {
            let thing = seen.rows[*v].holders[itself]?;
            // Two rows about one thing: the column numbers something else, the versions of it for instance.
            if things
                .insert(thing, value.clone())
                .is_some_and(|old| old != *value)
            {
                return None;
            }
        }
    }
    let spot = |a: usize| {
        let spot = &seen.view.attrs[a].spot;
        let path = spot.path.get(prefix.len()..).unwrap_or_default().to_vec();
        let what = spot.what;
        Spot { path, what }
    };
    Some(Hidden {
        kind,
        stands_for: key.iter().map(spot).collect(),
        name: column.name.clone(),
        values: things,
    })
}

/// The way that all held attributes have in common.
fn common(seen: &Seen, held: Set) -> Vec<usize> {
    let mut paths = held.iter().map(|a| seen.view.attrs[a].spot.path.as_slice());
    let first = paths.next().unwrap_or_default();
    let shared = paths.fold(first, |a, b| {
        let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        &a[..same]
    });
    shared.to_vec()
}

/// Makes the keys facts of the things they number.
pub(super) fn add(domain: &mut Domain, facts: &mut Facts, found: Vec<Hidden>) {
    for hidden in found {
        let kind = &mut domain.kinds[hidden.kind];
        let number = kind.facts.len();
        kind.facts.push(Said {
            name: hidden.name,
            origin: Origin::Hidden,
            changes: false,
        });
        let own = vec![Spot {
            path: Vec::new(),
            what: What::Fact(number),
        }];
        kind.depends.push((hidden.stands_for.clone(), own.clone()));
        kind.depends.push((own, hidden.stands_for));
        for (n, thing) in facts.things.iter_mut().enumerate() {
            if thing.kind == hidden.kind {
                let value = hidden.values.get(&n);
                thing.facts.push(value.map(|v| as_value(v)));
                thing.past.push(Vec::new());
            }
        }
    }
}

fn as_value(text: &str) -> Value {
    match text.parse::<i64>() {
        Ok(n) => Value::from(n),
        Err(_) => Value::from(text),
    }
}
