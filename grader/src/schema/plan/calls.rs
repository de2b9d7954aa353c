//! The calls that plant the things, in an order that works.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::schema::domain::{Domain, Maker, Origin};
use crate::schema::facts::Facts;

/// One call of the API.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Makes a thing with its parts.
    Make {
        /// The number of the thing.
        thing: usize,
        /// The numbers of the things that come about with it, or are named by it, in its body.
        parts: Vec<usize>,
        /// The facts of the thing and its parts as they are sent: a fact that is changed later begins otherwise.
        first: Vec<(usize, usize, Value)>,
    },
    /// Gives a fact another value.
    Change {
        /// The number of the thing.
        thing: usize,
        /// The number of the fact.
        fact: usize,
        /// Its new value.
        to: Value,
    },
}

/// What a fact must be when a thing is made: the thing with the fact, the fact, its value.
type Must = BTreeMap<(usize, usize), Value>;

/// Calls for all things; each stands after what it needs, and facts that snapshots are taken of are moved in
/// between as seldom as that order allows.
pub(super) fn calls(domain: &Domain, facts: &Facts) -> Vec<Call> {
    let mut waiting: Vec<Unit> = units(domain, facts);
    // What a thing's fact shall be when it is made: what the first snapshot of it shows.
    let (mut now, mut made) = (Must::new(), BTreeSet::new());
    let mut calls = Vec::new();
    while !waiting.is_empty() {
        let ready = |u: &Unit| u.needs.iter().all(|n| made.contains(n));
        let moves = |u: &Unit| {
            u.must
                .iter()
                .filter(|(k, v)| now.get(*k) != Some(v))
                .count()
        };
        let all = waiting.iter().enumerate();
        let next = all
            .filter(|(_, u)| ready(u))
            .min_by_key(|(n, u)| (moves(u), *n));
        // A circle of references cannot be planted at all; it is left out and the certificate says so.
        let Some((at, _)) = next else { break };
        let unit = waiting.remove(at);
        for (place, value) in &unit.must {
            move_to(&mut calls, &mut now, *place, value);
        }
        let members = std::iter::once(unit.thing).chain(unit.parts.iter().copied());
        for thing in members.clone() {
            for (fact, value) in facts.things[thing].facts.iter().enumerate() {
                now.entry((thing, fact)).or_insert_with(|| {
                    let first = waiting.iter().find_map(|u| u.must.get(&(thing, fact)));
                    first.or(value.as_ref()).cloned().unwrap_or_default()
                });
            }
            made.insert(thing);
        }
        let differs = |thing: usize, fact: usize| {
            now.get(&(thing, fact)) != facts.things[thing].facts[fact].as_ref()
        };
        let first = members.flat_map(|t| (0..facts.things[t].facts.len()).map(move |f| (t, f)));
        let first = first
            .filter(|(t, f)| differs(*t, *f))
            .filter_map(|(t, f)| Some((t, f, now.get(&(t, f))?.clone())))
            .collect();
        calls.push(Call::Make {
            thing: unit.thing,
            parts: unit.parts,
            first,
        });
    }
    // In the end everything is as it was wanted.
    for ((thing, fact), _) in now.clone() {
        if let Some(wanted) = &facts.things[thing].facts[fact] {
            move_to(&mut calls, &mut now, (thing, fact), wanted);
        }
    }
    calls
}

fn move_to(calls: &mut Vec<Call>, now: &mut Must, (thing, fact): (usize, usize), to: &Value) {
    if now.get(&(thing, fact)) == Some(to) {
        return;
    }
    now.insert((thing, fact), to.clone());
    calls.push(Call::Change {
        thing,
        fact,
        to: to.clone(),
    });
}

/// What one call makes, what must be there before, and what facts must be.
struct Unit {
    thing: usize,
    parts: Vec<usize>,
    needs: BTreeSet<usize>,
    must: Must,
}

fn units(domain: &Domain, facts: &Facts) -> Vec<Unit> {
    let maker = |n: usize| domain.kinds[facts.things[n].kind].maker;
    let all = 0..facts.things.len();
    let unit = |thing: usize| {
        let part = |n: &usize| match maker(*n) {
            Maker::Part { up: Some(up), .. } => facts.things[*n].refs[up] == Some(thing),
            Maker::Part { of, up: None } => {
                of == facts.things[thing].kind && facts.things[thing].refs.contains(&Some(*n))
            }
            _ => false,
        };
        let parts: Vec<usize> = (0..facts.things.len()).filter(part).collect();
        let mut needs: BTreeSet<usize> = BTreeSet::new();
        let mut must = Must::new();
        for member in std::iter::once(thing).chain(parts.iter().copied()) {
            needs.extend(facts.things[member].refs.iter().flatten());
            must.extend(snapshots(domain, facts, member));
        }
        needs.retain(|n| *n != thing && !parts.contains(n));
        Unit {
            thing,
            parts,
            needs,
            must,
        }
    };
    all.filter(|n| maker(*n) == Maker::Call).map(unit).collect()
}

/// The facts that a thing takes its snapshots of, and what they must be.
fn snapshots(domain: &Domain, facts: &Facts, thing: usize) -> Must {
    let it = &facts.things[thing];
    let of = |(n, said): (usize, &crate::schema::domain::Said)| {
        let Origin::Snapshot { path, fact } = &said.origin else {
            return None;
        };
        let step = |at: Option<usize>, s: &usize| facts.things[at?].refs.get(*s).copied().flatten();
        let source = path.iter().fold(Some(thing), step)?;
        Some(((source, *fact), it.facts[n].clone()?))
    };
    let said = domain.kinds[it.kind].facts.iter().enumerate();
    said.filter_map(of).collect()
}
