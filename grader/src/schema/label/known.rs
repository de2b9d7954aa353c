//! Everything planted as numbers, so that cells are compared by looking them up.

use std::collections::HashMap;

use serde_json::Value;

use super::spell::{Spelling, forms, is_telling};
use crate::schema::domain::{View, What};
use crate::schema::facts::{Facts, Row};

/// A number for a form of a value.
pub(super) type Sign = u32;

/// The forms of all planted values, and for each thing the signs of its key and facts.
pub(super) struct Known {
    signs: HashMap<String, Sign>,
    telling: Vec<bool>,
    /// Whether it is a number: those come about by reckoning too.
    numbers: Vec<bool>,
    things: Vec<Signed>,
}

struct Signed {
    key: Option<Sign>,
    /// By fact and spelling.
    now: Vec<[Option<Sign>; Spelling::ALL.len()]>,
    past: Vec<Vec<[Option<Sign>; Spelling::ALL.len()]>>,
}

impl Known {
    pub(super) fn new(facts: &Facts) -> Self {
        let mut known = Self {
            signs: HashMap::new(),
            telling: Vec::new(),
            numbers: Vec::new(),
            things: Vec::new(),
        };
        for thing in &facts.things {
            let key = thing.key.as_ref().map(|key| {
                let forms = forms(key);
                // The first form of a key is its number, if it is one.
                known.sign(forms.into_iter().next().unwrap_or_default())
            });
            let mut now = Vec::new();
            for fact in &thing.facts {
                now.push(
                    fact.as_ref()
                        .map_or_else(Default::default, |v| known.spelled(v)),
                );
            }
            let mut past = Vec::new();
            for old in &thing.past {
                past.push(old.iter().map(|v| known.spelled(v)).collect());
            }
            known.things.push(Signed { key, now, past });
        }
        known
    }

    fn spelled(&mut self, value: &Value) -> [Option<Sign>; Spelling::ALL.len()] {
        Spelling::ALL.map(|s| s.of(value).map(|form| self.sign(form)))
    }

    fn sign(&mut self, form: String) -> Sign {
        let next = self.telling.len() as Sign;
        let (telling, numbers) = (&mut self.telling, &mut self.numbers);
        *self.signs.entry(form).or_insert_with_key(|form| {
            telling.push(is_telling(form));
            numbers.push(form.starts_with('n'));
            next
        })
    }

    /// The signs of a cell; none where nothing planted is written like that.
    pub(super) fn of_cell(&self, cell: &str) -> Vec<Sign> {
        let all = forms(cell);
        all.iter()
            .filter_map(|f| self.signs.get(f))
            .copied()
            .collect()
    }

    pub(super) fn is_telling(&self, sign: Sign) -> bool {
        self.telling[sign as usize]
    }

    pub(super) fn is_number(&self, sign: Sign) -> bool {
        self.numbers[sign as usize]
    }

    /// The sign of an attribute in a row of a view.
    pub(super) fn now(
        &self,
        view: &View,
        row: &Row,
        attribute: usize,
        spelling: usize,
    ) -> Option<Sign> {
        let thing = &self.things[row.holders[attribute]?];
        match view.attrs[attribute].spot.what {
            What::Itself => thing.key.filter(|_| spelling == 0),
            What::Fact(n) => thing.now.get(n)?[spelling],
        }
    }

    /// The signs of what the attribute was before.
    pub(super) fn past(
        &self,
        view: &View,
        row: &Row,
        attribute: usize,
        spelling: usize,
    ) -> Vec<Sign> {
        let What::Fact(n) = view.attrs[attribute].spot.what else {
            return Vec::new();
        };
        let Some(thing) = row.holders[attribute].map(|t| &self.things[t]) else {
            return Vec::new();
        };
        let past = thing.past.get(n).into_iter().flatten();
        past.filter_map(|p| p[spelling]).collect()
    }
}
