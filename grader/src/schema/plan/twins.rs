//! Things that agree with a first one in exactly what they should.

use std::collections::HashMap;

use serde_json::Value;

use super::values::Bank;
use crate::schema::domain::{Domain, Maker, Member, View, What};
use crate::schema::facts::{Facts, Thing};
use crate::schema::theory::Set;

/// Copies of one twin that are tried where a key is taken.
const MOST_COPIES: usize = 12;

/// The things wanted, as they shall be in the end.
pub(super) struct Twins<'p> {
    domain: &'p Domain,
    bank: Bank<'p>,
    pub(super) views: Vec<View>,
    pub(super) facts: Facts,
    bases: HashMap<usize, usize>,
    made: HashMap<(usize, Set, usize), usize>,
}

impl<'p> Twins<'p> {
    pub(super) fn new(domain: &'p Domain, bank: Bank<'p>) -> Self {
        let kinds = 0..domain.kinds.len();
        Self {
            domain,
            bank,
            views: kinds.map(|k| View::of(domain, k)).collect(),
            facts: Facts::default(),
            bases: HashMap::new(),
            made: HashMap::new(),
        }
    }

    /// The first thing of a kind: what all others of its kind are compared with.
    pub(super) fn base(&mut self, kind: usize) -> usize {
        if let Some(base) = self.bases.get(&kind) {
            return *base;
        }
        let refs = self.domain.kinds[kind].refs.clone();
        // A kind that refers to itself begins with one that refers to nothing.
        let refs = refs
            .iter()
            .map(|r| (r.kind != kind).then(|| self.base(r.kind)))
            .collect();
        let count = self.domain.kinds[kind].facts.len();
        let facts = (0..count).map(|f| self.bank.base(kind, f)).collect();
        let base = self.add(kind, facts, refs);
        self.bases.insert(kind, base);
        base
    }

    /// A thing that agrees with the first of its kind on this set and on nothing else.
    pub(super) fn twin(&mut self, kind: usize, agree: Set, copy: usize) -> usize {
        let base = self.base(kind);
        if self.views[kind]
            .number(0, &[], What::Itself)
            .is_none_or(|n| agree.has(n))
        {
            return base;
        }
        if let Some(made) = self.made.get(&(kind, agree, copy)) {
            return *made;
        }
        let (facts, refs) = self.unlike(kind, base, agree, copy);
        let twin = self.add(kind, facts, refs);
        self.made.insert((kind, agree, copy), twin);
        twin
    }

    /// Facts and references for a twin whose keys nothing else has.
    fn unlike(
        &mut self,
        kind: usize,
        base: usize,
        agree: Set,
        copy: usize,
    ) -> (Vec<Option<Value>>, Vec<Option<usize>>) {
        let mut last = (Vec::new(), Vec::new());
        for turn in copy..copy + MOST_COPIES {
            let facts = self.facts_for(kind, base, agree);
            let refs = self.refs_for(kind, base, agree, turn);
            let free = !self.is_taken(kind, &facts, &refs);
            last = (facts, refs);
            if free {
                break;
            }
        }
        last
    }

    fn facts_for(&mut self, kind: usize, base: usize, agree: Set) -> Vec<Option<Value>> {
        let old = self.facts.things[base].facts.clone();
        let mut fresh = |(f, old): (usize, Option<Value>)| {
            let number = self.views[kind].number(0, &[], What::Fact(f));
            if number.is_some_and(|n| agree.has(n)) {
                return old;
            }
            let not: Vec<Value> = old.iter().cloned().collect();
            self.bank.fresh(kind, f, &not).or(old)
        };
        old.into_iter().enumerate().map(&mut fresh).collect()
    }

    fn refs_for(
        &mut self,
        kind: usize,
        base: usize,
        agree: Set,
        copy: usize,
    ) -> Vec<Option<usize>> {
        let old = self.facts.things[base].refs.clone();
        let refs = self.domain.kinds[kind].refs.clone();
        let mut next = |(n, reference): (usize, &crate::schema::domain::Reference)| {
            let number = self.views[kind].number(0, &[n], What::Itself);
            if number.is_none_or(|a| agree.has(a)) {
                return old[n];
            }
            let inner = self.inner(kind, n, reference.kind, agree);
            Some(self.twin(reference.kind, inner, copy))
        };
        refs.iter().enumerate().map(&mut next).collect()
    }

    /// The part of a set that speaks of what a reference leads to, in the words of that kind's own view.
    fn inner(&self, kind: usize, reference: usize, to: usize, agree: Set) -> Set {
        let outer = &self.views[kind];
        let agrees = |n: &usize| {
            let spot = &self.views[to].attrs[*n].spot;
            let path = [&[reference], spot.path.as_slice()].concat();
            outer
                .number(0, &path, spot.what)
                .is_none_or(|a| agree.has(a))
        };
        (0..self.views[to].attrs.len()).filter(agrees).collect()
    }

    fn is_taken(&self, kind: usize, facts: &[Option<Value>], refs: &[Option<usize>]) -> bool {
        let mut others = self.facts.things.iter().filter(|t| t.kind == kind);
        others.any(|other| {
            let same = |m: &Member| match m {
                Member::Fact(n) => other.facts[*n] == facts[*n],
                Member::Ref(n) => other.refs[*n] == refs[*n],
            };
            let mut keys = self.domain.kinds[kind].keys.iter();
            keys.any(|key| key.iter().all(same))
        })
    }

    fn add(&mut self, kind: usize, facts: Vec<Option<Value>>, refs: Vec<Option<usize>>) -> usize {
        self.facts.things.push(Thing {
            kind,
            key: None,
            past: vec![Vec::new(); facts.len()],
            facts,
            refs,
        });
        self.facts.things.len() - 1
    }

    /// Adds what calls need to be whole: a whole for each part that only a whole brings about, and at least one part
    /// of each sort for each whole.
    pub(super) fn complete(&mut self) {
        for kind in 0..self.domain.kinds.len() {
            if let Maker::Part { of, up: None } = self.domain.kinds[kind].maker {
                self.brought(kind, of);
            }
        }
        for kind in 0..self.domain.kinds.len() {
            if let Maker::Part { of, up: Some(up) } = self.domain.kinds[kind].maker {
                self.filled(kind, of, up);
            }
        }
    }

    /// Things that come about when a whole first names them.
    fn brought(&mut self, part: usize, whole: usize) {
        let names = |r: &crate::schema::domain::Reference| r.kind == part;
        let Some(role) = self.domain.kinds[whole].refs.iter().position(names) else {
            return;
        };
        let base = self.base(whole);
        for thing in 0..self.facts.things.len() {
            let named = |t: &Thing| t.kind == whole && t.refs[role] == Some(thing);
            if self.facts.things[thing].kind != part || self.facts.things.iter().any(named) {
                continue;
            }
            let facts = self.facts_for(whole, base, Set::EMPTY);
            let mut refs = self.facts.things[base].refs.clone();
            refs[role] = Some(thing);
            self.add(whole, facts, refs);
        }
    }

    /// Wholes that have no part of this kind yet get one.
    fn filled(&mut self, part: usize, whole: usize, up: usize) {
        let base = self.base(part);
        for thing in 0..self.facts.things.len() {
            let has = |t: &Thing| t.kind == part && t.refs[up] == Some(thing);
            if self.facts.things[thing].kind != whole || self.facts.things.iter().any(has) {
                continue;
            }
            let facts = self.facts_for(part, base, Set::EMPTY);
            let mut refs = self.facts.things[base].refs.clone();
            refs[up] = Some(thing);
            self.add(part, facts, refs);
        }
    }
}
