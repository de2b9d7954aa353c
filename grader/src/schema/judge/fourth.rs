//! Fourth normal form: independent sets multiplied with each other.

use std::collections::{BTreeMap, BTreeSet};

use super::{Desk, Flaw, Form, Proposal, words};
use crate::pack::Strictness;
use crate::schema::label::Label;
use crate::schema::theory::Set;

impl Desk<'_> {
    pub(super) fn fourth(&self) -> Option<Flaw> {
        let view = self.labels.view(self.labelled)?;
        view.shared?;
        let held = self.labelled.attributes();
        // The table may know what has the sets by another key than the API's.
        let closed = held
            | (view.theory.closure(held)
                & view.theory.mvds.iter().fold(Set::EMPTY, |a, m| a | m.from));
        let (_, right) = view.theory.multiplied(closed)?;
        let side = |inside: bool| -> Vec<&Label> {
            self.labelled
                .labels
                .iter()
                .filter(|l| right.has(l.attribute) == inside)
                .collect()
        };
        let (theirs, rest) = (side(true), side(false));
        let from = view.theory.mvds.first()?.from;
        let (of, ours): (Vec<&Label>, Vec<&Label>) = rest
            .into_iter()
            .partition(|l| view.theory.closure(from).has(l.attribute));
        let key = |labels: &[&Label], row: usize| -> Vec<Option<String>> {
            labels.iter().map(|l| l.cells[row].clone()).collect()
        };
        type Values = Vec<Option<String>>;
        let mut groups: BTreeMap<
            Values,
            (
                BTreeSet<Values>,
                BTreeSet<Values>,
                BTreeSet<(Values, Values)>,
                Vec<usize>,
            ),
        > = BTreeMap::new();
        for row in (0..self.labelled.rows.len()).filter(|r| !self.labelled.rows[*r].is_empty()) {
            let group = groups.entry(key(&of, row)).or_default();
            let (a, b) = (key(&ours, row), key(&theirs, row));
            group.0.insert(a.clone());
            group.1.insert(b.clone());
            group.2.insert((a, b));
            group.3.push(row);
        }
        let product = groups
            .values()
            .all(|(a, b, pairs, _)| pairs.len() == a.len() * b.len());
        let two = groups
            .values()
            .find(|(a, b, ..)| a.len() > 1 && b.len() > 1)?;
        if !product {
            return None;
        }
        let copies = groups
            .values()
            .map(|(a, b, pairs, _)| pairs.len() - a.len().max(b.len()))
            .sum();
        let named = |labels: &[&Label]| -> Vec<String> {
            labels
                .iter()
                .map(|l| view.name(&self.labels.domain, l.attribute))
                .collect()
        };
        let names =
            |labels: &[&Label]| -> Vec<String> { labels.iter().map(|l| l.name.clone()).collect() };
        let kind = |root: usize| self.labels.domain.kinds[view.roots[root]].name.clone();
        let table = |labels: &[&Label]| Proposal {
            exists: None,
            facts: named(&of).into_iter().chain(named(labels)).collect(),
        };
        Some(Flaw {
            form: Form::Multiplied,
            weight: Strictness::Fail,
            table: self.of.table.to_string(),
            columns: names(&theirs).into_iter().chain(names(&ours)).collect(),
            by: names(&of),
            says: format!(
                "every {} stands with every {} of its {}, though they have nothing to do with each other",
                kind(0),
                kind(1),
                words::list(&named(&of))
            ),
            witness: self.witness(&[], &two.3[..two.3.len().min(4)]),
            copies,
            differ: false,
            cure: vec![table(&ours), table(&theirs)],
        })
    }
}
