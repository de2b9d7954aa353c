//! Leaving out what nothing needs: a call that shows only what others show too.

use std::collections::{BTreeSet, HashMap};

use super::certificate::pairs;
use crate::schema::domain::{Domain, Maker, View};
use crate::schema::facts::{Facts, Thing};

/// The facts without the calls that add nothing to the certificate, and without what only those needed.
pub(super) fn prune(domain: &Domain, views: &[View], facts: &Facts) -> Facts {
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    // For each set that must be shown, the pairs that show it.
    let mut needed: Vec<Vec<(usize, usize)>> = Vec::new();
    for view in views {
        let mut found = pairs(view, facts);
        let sets = view.theory.largest();
        needed.extend(sets.iter().filter_map(|s| found.remove(s)));
    }
    for thing in (0..facts.things.len()).rev() {
        if gone.contains(&thing) || !is_call(domain, &facts.things[thing]) {
            continue;
        }
        let unit = unit(domain, facts, thing, &gone);
        let out = |t: usize| gone.contains(&t) || unit.contains(&t);
        let left = |t: &usize| !out(*t);
        let mut rest = (0..facts.things.len()).filter(left);
        let wanted = rest.any(|t| {
            facts.things[t]
                .refs
                .iter()
                .flatten()
                .any(|r| unit.contains(r))
        });
        let still = |all: &Vec<(usize, usize)>| all.iter().any(|(a, b)| !out(*a) && !out(*b));
        if !wanted && needed.iter().all(still) && keeps_sets(domain, facts, &out) {
            gone.extend(unit);
        }
    }
    without(facts, &gone)
}

fn is_call(domain: &Domain, thing: &Thing) -> bool {
    domain.kinds[thing.kind].maker == Maker::Call
}

/// What comes about by one call and by that alone: the thing, its parts, and what only it names.
fn unit(domain: &Domain, facts: &Facts, thing: usize, gone: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut unit = BTreeSet::from([thing]);
    for (n, other) in facts.things.iter().enumerate() {
        let Maker::Part { up, .. } = domain.kinds[other.kind].maker else {
            continue;
        };
        let part = match up {
            Some(up) => other.refs[up] == Some(thing),
            None => {
                let names = |t: &Thing| t.refs.contains(&Some(n));
                let all = facts.things.iter().enumerate();
                let mut naming = all.filter(|(m, t)| names(t) && !gone.contains(m));
                facts.things[thing].refs.contains(&Some(n)) && naming.all(|(m, _)| m == thing)
            }
        };
        if part {
            unit.insert(n);
        }
    }
    unit
}

/// Whether something still has two of each of its independent sets: else a product of them would not show.
fn keeps_sets(domain: &Domain, facts: &Facts, out: &impl Fn(usize) -> bool) -> bool {
    let mut count: HashMap<(usize, usize, usize), usize> = HashMap::new();
    for (_, thing) in facts.things.iter().enumerate().filter(|(n, _)| !out(*n)) {
        for (a, apart) in domain.independent.iter().enumerate() {
            for (s, (kind, up)) in apart.sets.iter().enumerate() {
                if thing.kind == *kind
                    && let Some(of) = thing.refs[*up]
                {
                    *count.entry((a, s, of)).or_default() += 1;
                }
            }
        }
    }
    domain.independent.iter().enumerate().all(|(a, apart)| {
        (0..facts.things.len()).any(|of| {
            let two = |s: usize| count.get(&(a, s, of)).is_some_and(|n| *n > 1);
            (0..apart.sets.len()).all(two)
        })
    })
}

fn without(facts: &Facts, gone: &BTreeSet<usize>) -> Facts {
    let kept: Vec<usize> = (0..facts.things.len())
        .filter(|n| !gone.contains(n))
        .collect();
    let moved: HashMap<usize, usize> = kept.iter().enumerate().map(|(n, old)| (*old, n)).collect();
    let thing = |old: &usize| {
        let mut thing = facts.things[*old].clone();
        for reference in &mut thing.refs {
            *reference = reference.and_then(|r| moved.get(&r).copied());
        }
        thing
    };
    Facts {
        things: kept.iter().map(thing).collect(),
    }
}
