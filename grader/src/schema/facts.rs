//! What we know because we planted it.

use std::collections::HashMap;

use serde_json::Value;

use super::domain::{Domain, Origin, View, What};
use super::theory::Set;

/// Everything planted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// The things, each after those it refers to.
    pub things: Vec<Thing>,
}

/// A thing that was planted, as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    /// The number of its kind.
    pub kind: usize,
    /// The key by which the API knows it, once it is known.
    pub key: Option<String>,
    /// Its facts, by their numbers.
    pub facts: Vec<Option<Value>>,
    /// What its facts were before they were changed, by their numbers.
    pub past: Vec<Vec<Value>>,
    /// What it refers to, by the numbers of references.
    pub refs: Vec<Option<usize>>,
}

/// One row of a view: for each attribute the thing at the end of its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The things it is seen from.
    pub roots: Vec<usize>,
    /// The thing whose key or fact each attribute is.
    pub holders: Vec<Option<usize>>,
}

impl Thing {
    /// Gives a fact another value, and remembers the old one.
    pub fn change(&mut self, fact: usize, value: Value) {
        let old = self.facts[fact].replace(value);
        if old != self.facts[fact] {
            self.past[fact].extend(old);
        }
    }
}

impl Facts {
    /// The rows of a view.
    pub fn rows(&self, view: &View) -> Vec<Row> {
        let of = |root: usize| {
            let kind = view.roots[root];
            let all = self.things.iter().enumerate();
            all.filter(move |(_, t)| t.kind == kind).map(|(n, _)| n)
        };
        let Some((first, second)) = view.shared else {
            return of(0).map(|n| self.row(view, vec![n])).collect();
        };
        let shared = |thing: usize, reference: usize| self.things[thing].refs[reference];
        let pairs = of(0).flat_map(|a| of(1).map(move |b| (a, b)));
        pairs
            .filter(|(a, b)| shared(*a, first).is_some() && shared(*a, first) == shared(*b, second))
            .map(|(a, b)| self.row(view, vec![a, b]))
            .collect()
    }

    /// Gives a thing that has just been made the copies that the service takes for it.
    pub(super) fn take_snapshots(&mut self, domain: &Domain, thing: usize) {
        let said = domain.kinds[self.things[thing].kind].facts.iter();
        for (n, said) in said.enumerate() {
            let Origin::Snapshot { path, fact } = &said.origin else {
                continue;
            };
            let step =
                |at: Option<usize>, s: &usize| self.things[at?].refs.get(*s).copied().flatten();
            let source = path.iter().fold(Some(thing), step);
            self.things[thing].facts[n] = source.and_then(|s| self.things[s].facts[*fact].clone());
        }
    }

    fn row(&self, view: &View, roots: Vec<usize>) -> Row {
        let end = |attr: &super::domain::Attr| {
            let path = attr.spot.path.iter();
            let root = roots.get(attr.root).copied();
            path.fold(root, |at, step| {
                self.things[at?].refs.get(*step).copied().flatten()
            })
        };
        let holders = view.attrs.iter().map(end).collect();
        Row { roots, holders }
    }

    /// The value of an attribute in a row; the thing's own key where the attribute is the thing itself.
    pub fn value(&self, view: &View, row: &Row, attribute: usize) -> Option<Value> {
        let thing = self.things.get(row.holders[attribute]?)?;
        match view.attrs[attribute].spot.what {
            What::Itself => thing.key.clone().map(Value::String),
            What::Fact(n) => thing.facts.get(n)?.clone(),
        }
    }

    /// How things are called in words, a fact that tells them apart where they have one: `venue "Harbour hall"`.
    pub fn name(&self, domain: &Domain, thing: usize) -> String {
        let Some(it) = self.things.get(thing) else {
            return String::new();
        };
        let kind = &domain.kinds[it.kind].name;
        match (&it.key, it.facts.iter().flatten().next()) {
            (Some(key), _) => format!("{kind} {key}"),
            (None, Some(fact)) => format!("{kind} {fact}"),
            (None, None) => kind.clone(),
        }
    }
}

/// The same facts as small numbers: equal numbers are equal values.
pub(super) struct Numbered {
    things: Vec<Vec<Option<u32>>>,
}

impl Numbered {
    pub(super) fn new(facts: &Facts) -> Self {
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut number = |value: &Value| {
            let next = known.len() as u32;
            *known.entry(value.to_string()).or_insert(next)
        };
        let mut of = |t: &Thing| {
            t.facts
                .iter()
                .map(|f| f.as_ref().map(&mut number))
                .collect()
        };
        let things = facts.things.iter().map(&mut of).collect();
        Self { things }
    }

    /// The attributes in which two rows agree. What is not there agrees with nothing.
    pub(super) fn agree(&self, view: &View, a: &Row, b: &Row) -> Set {
        let same = |n: &usize| {
            let (Some(x), Some(y)) = (a.holders[*n], b.holders[*n]) else {
                return false;
            };
            x == y
                || match view.attrs[*n].spot.what {
                    What::Itself => false,
                    What::Fact(f) => {
                        let (x, y) = (self.things[x].get(f), self.things[y].get(f));
                        x.copied().flatten().is_some() && x == y
                    }
                }
        };
        (0..view.attrs.len()).filter(same).collect()
    }
}
