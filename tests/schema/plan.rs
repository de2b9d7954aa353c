//! The seeding plan: whole, small, the same for a seed.

use std::time::Instant;

use grader::schema::domain::{Domain, View};
use grader::schema::plan::Plan;
use grader::schema::theory::Set;

use super::shop;

#[test]
fn nothing_survives_but_what_is_declared() {
    let pack = shop();
    let domain = Domain::of(&pack);
    for seed in 0..5 {
        let begun = Instant::now();
        let plan = Plan::of(&pack, seed);
        println!("{seed}: {:?} in {:?}", plan.size(), begun.elapsed());
        for m in &plan.certificate.missing {
            let view = View::of(&domain, m.kind);
            let names: Vec<_> = m.agree.iter().map(|a| view.name(&domain, a)).collect();
            println!("   missing {}: {names:?}", domain.kinds[m.kind].name);
        }
        assert!(plan.certificate.is_whole());
        // Beyond the certificate: every set of up to three attributes, tried against the facts themselves.
        for kind in 0..domain.kinds.len() {
            let view = View::of(&domain, kind);
            for attribute in 0..view.attrs.len() {
                for from in few(view.attrs.len(), 3) {
                    let follows = view.theory.implies(from, Set::one(attribute));
                    let refuted = plan.certificate.refutes(kind, from, attribute);
                    assert_eq!(follows, refuted.is_none());
                }
            }
        }
    }
}

/// All sets of at most so many of the first attributes.
fn few(of: usize, most: usize) -> Vec<Set> {
    let mut sets = vec![Set::EMPTY];
    for _ in 0..most {
        let more = sets.iter().flat_map(|s| (0..of).map(|a| s.with(a)));
        let mut all: Vec<Set> = more.chain(sets.iter().copied()).collect();
        all.sort();
        all.dedup();
        sets = all;
    }
    sets
}
