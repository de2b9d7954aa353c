//! Fourth normal form: independent sets multiplied with each other.

use std::collections::{BTreeMap, BTreeSet};

use super::{Desk, Flaw, Form, Proposal, words};
use crate::pack::Strictness;
use crate::schema::domain::View;
use crate::schema::label::Label;
use crate::schema::theory::Set;

type Values = Vec<Option<String>>;

/// The columns of a table by what they say: what has the sets, the one set, the other.
struct Sides<'a> {
    of: Vec<&'a Label>,
    ours: Vec<&'a Label>,
    theirs: Vec<&'a Label>,
}

/// The rows about one thing that has the sets.
#[derive(Default)]
struct Group {
    ours: BTreeSet<Values>,
    theirs: BTreeSet<Values>,
    pairs: BTreeSet<(Values, Values)>,
    rows: Vec<usize>,
}

impl Desk<'_> {
    /// A table about pairs out of two independent sets, in which each value of the one stands with each of the other.
    pub(super) fn fourth(&self) -> Option<Flaw> {
        let view = self.labels.view(self.labelled)?;
        view.shared?;
        let sides = self.sides(view)?;
        let groups = self.groups_of(&sides);
        let product = |g: &Group| g.pairs.len() == g.ours.len() * g.theirs.len();
        let shown = groups
            .iter()
            .find(|g| g.ours.len() > 1 && g.theirs.len() > 1)?;
        if !groups.iter().all(product) {
            return None;
        }
        let spare = |g: &Group| g.pairs.len() - g.ours.len().max(g.theirs.len());
        let named = |labels: &[&Label]| -> Vec<String> {
            let name = |l: &&Label| view.name(&self.labels.domain, l.attribute);
            labels.iter().map(name).collect()
        };
        let kind = |root: usize| self.labels.domain.kinds[view.roots[root]].name.clone();
        let table = |labels: &[&Label]| Proposal {
            exists: None,
            facts: named(&sides.of).into_iter().chain(named(labels)).collect(),
        };
        Some(Flaw {
            form: Form::Multiplied,
            weight: Strictness::Fail,
            about: format!("every {} with every {}", kind(0), kind(1)),
            facts: Vec::new(),
            table: self.of.table.to_string(),
            columns: names(&sides.theirs).chain(names(&sides.ours)).collect(),
            by: names(&sides.of).collect(),
            says: format!(
                "every {} stands with every {} of its {}, though they have nothing to do with each other",
                kind(0),
                kind(1),
                words::list(&named(&sides.of))
            ),
            witness: self.witness(&[], &shown.rows[..shown.rows.len().min(4)]),
            copies: groups.iter().map(spare).sum(),
            differ: false,
            cure: vec![table(&sides.ours), table(&sides.theirs)],
        })
    }

    fn sides(&self, view: &View) -> Option<Sides<'_>> {
        let held = self.labelled.attributes();
        let from = view.theory.mvds.first()?.from;
        // The table may know what has the sets by another key than the API's.
        let known = held | (view.theory.closure(held) & from);
        let (_, right) = view.theory.multiplied(known)?;
        let above: Set = view.theory.closure(from);
        let labels = self.labelled.labels.iter();
        let (theirs, rest): (Vec<_>, Vec<_>) = labels.partition(|l| right.has(l.attribute));
        let (of, ours) = rest.into_iter().partition(|l| above.has(l.attribute));
        Some(Sides { of, ours, theirs })
    }

    fn groups_of(&self, sides: &Sides<'_>) -> Vec<Group> {
        let values = |labels: &[&Label], row: usize| -> Values {
            labels.iter().map(|l| l.cells[row].clone()).collect()
        };
        let mut groups: BTreeMap<Values, Group> = BTreeMap::new();
        let rows = self.labelled.rows.iter().enumerate();
        for (row, _) in rows.filter(|(_, may)| !may.is_empty()) {
            let group = groups.entry(values(&sides.of, row)).or_default();
            let (a, b) = (values(&sides.ours, row), values(&sides.theirs, row));
            group.ours.insert(a.clone());
            group.theirs.insert(b.clone());
            group.pairs.insert((a, b));
            group.rows.push(row);
        }
        groups.into_values().collect()
    }
}

fn names(labels: &[&Label]) -> impl Iterator<Item = String> {
    labels.iter().map(|l| l.name.clone())
}
