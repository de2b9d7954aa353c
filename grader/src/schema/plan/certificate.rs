//! The proof that nothing holds among the planted facts but what is declared.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::schema::domain::View;
use crate::schema::facts::{Facts, Numbered};
use crate::schema::theory::Set;

/// For every dependency that does not follow, two things that refute it.
///
/// The dependencies of a view that do not follow are those of subsets of a few largest sets
/// ([`Theory::largest`](crate::schema::theory::Theory::largest)); for each of these sets it names two things that
/// agree on all of it and on nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificate {
    /// What is shown, by kind.
    pub shown: Vec<Refuted>,
    /// What nothing planted shows: then a dependency of it may be an accident, and no verdict leans on it.
    pub missing: Vec<Unrefuted>,
}

/// Two things of a kind that agree on a set and on nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refuted {
    /// The number of the kind.
    pub kind: usize,
    /// Attributes of the kind's view.
    pub agree: Set,
    /// The numbers of the things.
    pub things: (usize, usize),
}

/// A set on which no two things agree and on nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrefuted {
    /// The number of the kind.
    pub kind: usize,
    /// Attributes of the kind's view.
    pub agree: Set,
}

/// Numbers that tell how much a plan asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Size {
    /// Calls of the API.
    pub calls: usize,
    /// Things planted.
    pub things: usize,
    /// Largest sets shown.
    pub shown: usize,
}

impl Certificate {
    /// Looks for the two things of each set. The views are those of the kinds, by their numbers.
    pub fn of(views: &[View], facts: &Facts) -> Self {
        let mut certificate = Self::default();
        for (kind, view) in views.iter().enumerate() {
            let pairs = pairs(view, facts);
            for agree in view.theory.largest() {
                match pairs.get(&agree).and_then(|p| p.first()) {
                    Some(things) => certificate.shown.push(Refuted {
                        kind,
                        agree,
                        things: *things,
                    }),
                    None => certificate.missing.push(Unrefuted { kind, agree }),
                }
            }
        }
        certificate
    }

    /// Whether every dependency that does not follow is refuted.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }

    /// Two things that agree on `from` and not on the attribute, all seen from a kind.
    pub fn refutes(&self, kind: usize, from: Set, attribute: usize) -> Option<(usize, usize)> {
        let shows =
            |r: &&Refuted| r.kind == kind && from.within(r.agree) && !r.agree.has(attribute);
        self.shown.iter().find(shows).map(|r| r.things)
    }
}

/// All pairs of things of a view's kind, by what they agree on.
pub(super) fn pairs(view: &View, facts: &Facts) -> HashMap<Set, Vec<(usize, usize)>> {
    let (rows, numbered) = (facts.rows(view), Numbered::new(facts));
    let mut pairs: HashMap<Set, Vec<(usize, usize)>> = HashMap::new();
    for (n, a) in rows.iter().enumerate() {
        for b in &rows[n + 1..] {
            let agree = numbered.agree(view, a, b);
            pairs
                .entry(agree)
                .or_default()
                .push((a.roots[0], b.roots[0]));
        }
    }
    pairs
}
