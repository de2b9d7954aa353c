//! Which columns must change alike: those that foreign keys tie together.

use std::collections::BTreeMap;

use crate::probe::catalog::{Catalog, Table};

/// Each column's number; columns that refer to each other have one number.
pub(super) struct Ties {
    numbers: BTreeMap<(String, String), usize>,
    count: usize,
}

impl Ties {
    /// The ties between these tables.
    pub(super) fn of<'t>(tables: impl Iterator<Item = &'t Table> + Clone) -> Self {
        let mut numbers = BTreeMap::new();
        for table in tables.clone() {
            for column in &table.columns {
                let next = numbers.len();
                numbers.insert((table.to_string(), column.name.clone()), next);
            }
        }
        for table in tables {
            for key in &table.foreign_keys {
                let other = format!("{}.{}", key.references.0, key.references.1);
                for (own, referred) in key.columns.iter().zip(&key.referenced) {
                    let one = numbers.get(&(table.to_string(), own.clone())).copied();
                    let two = numbers.get(&(other.clone(), referred.clone())).copied();
                    if let (Some(one), Some(two)) = (one, two) {
                        numbers
                            .values_mut()
                            .filter(|n| **n == one)
                            .for_each(|n| *n = two);
                    }
                }
            }
        }
        let count = numbers.values().max().map_or(0, |n| n + 1);
        Self { numbers, count }
    }

    /// How many numbers there may be.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The number of a column.
    pub(super) fn number(&self, table: &Table, column: &str) -> usize {
        let key = (table.to_string(), column.to_owned());
        self.numbers.get(&key).copied().unwrap_or_default()
    }
}

/// The tables that hold facts, each after those it refers to, as far as they make no circle.
pub(super) fn in_order(catalog: &Catalog) -> Vec<&Table> {
    let mut left: Vec<&Table> = catalog
        .tables
        .iter()
        .filter(|t| !t.is_bookkeeping())
        .collect();
    let mut order: Vec<&Table> = Vec::new();
    while !left.is_empty() {
        let waits = |table: &&Table| {
            table.foreign_keys.iter().any(|key| {
                let (schema, name) = &key.references;
                let other = |t: &Table| t.schema == *schema && t.name == *name;
                !other(table) && left.iter().any(|t| other(t))
            })
        };
        // In a circle somebody must be first.
        let at = left.iter().position(|t| !waits(t)).unwrap_or_default();
        order.push(left.remove(at));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::catalog::{Action, Column, ForeignKey};

    fn table(name: &str, columns: &[&str], refers: &[(&str, &str)]) -> Table {
        let key = |(own, other): &(&str, &str)| ForeignKey {
            name: format!("{name}_{own}"),
            columns: vec![(*own).to_owned()],
            references: ("public".to_owned(), (*other).to_owned()),
            referenced: vec!["id".to_owned()],
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
            deferrable: false,
            valid: true,
        };
        Table {
            schema: "public".to_owned(),
            name: name.to_owned(),
            columns: columns
                .iter()
                .map(|c| Column {
                    name: (*c).to_owned(),
                    ..Column::default()
                })
                .collect(),
            foreign_keys: refers.iter().map(key).collect(),
            ..Table::default()
        }
    }

    #[test]
    fn what_refers_comes_later_and_changes_alike() {
        let event = table(
            "event",
            &["id", "venue_id", "parent"],
            &[("venue_id", "venue"), ("parent", "event")],
        );
        let venue = table("venue", &["id", "name"], &[]);
        let catalog = Catalog {
            tables: vec![event.clone(), venue.clone()],
            ..Catalog::default()
        };
        let order: Vec<_> = in_order(&catalog).iter().map(|t| t.name.as_str()).collect();
        assert_eq!(order, ["venue", "event"]);
        let ties = Ties::of([&event, &venue].into_iter());
        assert_eq!(ties.number(&event, "venue_id"), ties.number(&venue, "id"));
        assert_eq!(ties.number(&event, "parent"), ties.number(&event, "id"));
        assert_ne!(ties.number(&event, "id"), ties.number(&venue, "id"));
        assert_ne!(ties.number(&venue, "name"), ties.number(&venue, "id"));
    }
}
