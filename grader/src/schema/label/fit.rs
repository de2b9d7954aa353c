//! The largest labelling of a table's columns such that every row is a row of a view.

use std::collections::HashMap;

use super::known::{Known, Sign};
use super::spell::Spelling;
use crate::schema::domain::View;
use crate::schema::facts::{Facts, Row};

/// Assignments tried before the best one so far is taken.
const MOST_TRIES: usize = 4000;

/// The rows of a view that a row of a table may be, as bits.
pub(super) type Bits = Vec<u64>;

/// A view with its rows.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) view: View,
    pub(super) rows: Vec<Row>,
    /// By attribute and spelling: for each sign the rows that have it.
    index: Vec<Vec<HashMap<Sign, Bits>>>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) attribute: usize,
    pub(super) spelling: usize,
}

/// A labelling.
#[derive(Debug, Clone, Default)]
pub(super) struct Fit {
    /// By column.
    pub(super) chosen: Vec<Option<Choice>>,
    /// By row of the table: the rows of the view that it may be.
    pub(super) rows: Vec<Bits>,
    /// Labels whose values hardly stand there by chance.
    pub(super) telling: usize,
    /// Steps along references to what the telling ones hold.
    pub(super) steps: usize,
}

impl Fit {
    /// Whether no two rows may be the same row of the view.
    pub(super) fn is_own(&self, mine: &[bool]) -> bool {
        let mut taken: Bits = Vec::new();
        for (bits, _) in self.rows.iter().zip(mine).filter(|(_, mine)| **mine) {
            taken.resize(bits.len(), 0);
            for (taken, bits) in taken.iter_mut().zip(bits) {
                if *taken & bits != 0 {
                    return false;
                }
                *taken |= bits;
            }
        }
        true
    }
}

impl Seen {
    pub(super) fn new(view: View, facts: &Facts, known: &Known) -> Self {
        let rows = facts.rows(&view);
        let words = rows.len().div_ceil(64);
        let index = (0..view.attrs.len()).map(|a| {
            let by = |spelling: usize| {
                let mut map: HashMap<Sign, Bits> = HashMap::new();
                if !view.attrs[a].visible {
                    return map;
                }
                for (n, row) in rows.iter().enumerate() {
                    if let Some(sign) = known.now(&view, row, a, spelling) {
                        let bits = map.entry(sign).or_insert_with(|| vec![0; words]);
                        bits[n / 64] |= 1 << (n % 64);
                    }
                }
                map
            };
            (0..Spelling::ALL.len()).map(by).collect()
        });
        let index = index.collect();
        Self { view, rows, index }
    }

    /// The rows of the view that have one of these signs there.
    fn having(&self, choice: Choice, signs: &[Sign]) -> Option<Bits> {
        let map = &self.index[choice.attribute][choice.spelling];
        let mut all = signs.iter().filter_map(|s| map.get(s));
        let first = all.next()?.clone();
        Some(all.fold(first, |a, b| a.iter().zip(b).map(|(a, b)| a | b).collect()))
    }

    /// What a column may hold: every cell is a value of it. A value that may stand anywhere must come in two sorts.
    fn choices(&self, known: &Known, column: &[Option<Vec<Sign>>]) -> Vec<Choice> {
        let mut found: Vec<Choice> = Vec::new();
        for attribute in 0..self.view.attrs.len() {
            for spelling in 0..Spelling::ALL.len() {
                let choice = Choice {
                    attribute,
                    spelling,
                };
                let map = &self.index[attribute][spelling];
                if map.is_empty() || found.iter().any(|f| f.attribute == attribute) {
                    continue;
                }
                let mut values: Vec<Sign> = Vec::new();
                let fits = column.iter().flatten().all(|signs| {
                    let here = signs.iter().find(|s| map.contains_key(s));
                    values.extend(here);
                    here.is_some()
                });
                values.sort_unstable();
                values.dedup();
                let telling = values.iter().any(|v| known.is_telling(*v));
                if fits && (telling || values.len() > 1) && !values.is_empty() {
                    found.push(choice);
                }
            }
        }
        found.sort_by_key(|c| (self.view.attrs[c.attribute].spot.path.len(), c.attribute));
        found
    }

    /// The best labelling of these columns; cells are given by their signs, none for NULL. `mine`: whether a row
    /// has to fit.
    pub(super) fn fit(
        &self,
        known: &Known,
        columns: &[Vec<Option<Vec<Sign>>>],
        mine: &[bool],
    ) -> Fit {
        let rows = mine.len();
        let all = vec![u64::MAX; self.rows.len().div_ceil(64)];
        let mut open: Vec<(usize, Vec<Choice>, bool)> = columns
            .iter()
            .enumerate()
            .map(|(n, column)| {
                let own: Vec<_> = column
                    .iter()
                    .zip(mine)
                    .map(|(c, m)| c.clone().filter(|_| *m))
                    .collect();
                let telling = own.iter().flatten().flatten().any(|s| known.is_telling(*s));
                (n, self.choices(known, &own), telling)
            })
            .filter(|(_, choices, _)| !choices.is_empty())
            .collect();
        open.sort_by_key(|(n, choices, telling)| (!telling, choices.len(), *n));
        let mut search = Search {
            seen: self,
            columns,
            mine,
            open,
            best: Fit {
                chosen: vec![None; columns.len()],
                rows: vec![all.clone(); rows],
                ..Fit::default()
            },
            most: 0,
            tries: 0,
        };
        let start = Fit {
            chosen: vec![None; columns.len()],
            rows: vec![all; rows],
            ..Fit::default()
        };
        if !self.rows.is_empty() {
            search.go(0, &start, 0);
        }
        search.best
    }
}

struct Search<'a> {
    seen: &'a Seen,
    columns: &'a [Vec<Option<Vec<Sign>>>],
    mine: &'a [bool],
    open: Vec<(usize, Vec<Choice>, bool)>,
    best: Fit,
    most: usize,
    tries: usize,
}

impl Search<'_> {
    fn go(&mut self, at: usize, fit: &Fit, count: usize) {
        self.tries += 1;
        let Some((column, choices, telling)) = self.open.get(at).cloned() else {
            if count > self.most || self.most == 0 && count > 0 {
                self.most = count;
                self.best = fit.clone();
            }
            return;
        };
        // Not even with all that is left would it be better.
        if count + self.open.len() - at <= self.most || self.tries > MOST_TRIES {
            return;
        }
        for choice in choices {
            if let Some(mut next) = self.take(fit, column, choice) {
                let steps = self.seen.view.attrs[choice.attribute].spot.path.len();
                next.telling += usize::from(telling);
                next.steps += if telling { steps } else { 0 };
                self.go(at + 1, &next, count + 1);
            }
        }
        self.go(at + 1, fit, count);
    }

    /// The labelling with one more label; none where a row is then no row of the view.
    fn take(&self, fit: &Fit, column: usize, choice: Choice) -> Option<Fit> {
        let mut next = fit.clone();
        for (row, signs) in self.columns[column].iter().enumerate() {
            let (Some(signs), true) = (signs, self.mine[row]) else {
                continue;
            };
            let having = self.seen.having(choice, signs)?;
            let mut some = 0;
            for (bits, have) in next.rows[row].iter_mut().zip(&having) {
                *bits &= have;
                some |= *bits;
            }
            if some == 0 {
                return None;
            }
        }
        next.chosen[column] = Some(choice);
        Some(next)
    }
}

/// The numbers of the bits that are set, of so many.
pub(super) fn ones(bits: &Bits, count: usize) -> impl Iterator<Item = usize> {
    (0..count).filter(|n| bits.get(n / 64).is_some_and(|w| w & (1 << (n % 64)) != 0))
}
