//! The seeding plan: whole, small, the same for a seed.

use std::time::Instant;

use grader::pack::Pack;
use grader::schema::domain::{Domain, Kind, Member, View};
use grader::schema::plan::{Call, Plan};
use grader::schema::theory::Set;
use serde_json::Value;

use super::{project, shop};

#[test]
fn nothing_survives_but_what_is_declared() {
    // The calls that the prototype of the method needed for the shop, on average over five seeds: 44.
    for (pack, most) in [(shop(), 44), (project("2-catalogue"), 100)] {
        let domain = Domain::of(&pack);
        for seed in 0..5 {
            let begun = Instant::now();
            let plan = Plan::of(&pack, seed);
            println!(
                "{} {seed}: {:?} in {:?}",
                pack.project.id,
                plan.size(),
                begun.elapsed()
            );
            for m in &plan.certificate.missing {
                let view = View::of(&domain, m.kind);
                let names: Vec<_> = m.agree.iter().map(|a| view.name(&domain, a)).collect();
                println!("   missing {}: {names:?}", domain.kinds[m.kind].name);
            }
            assert!(plan.certificate.is_whole());
            assert!(plan.calls.len() <= most, "{} calls", plan.calls.len());
        }
    }
}

#[test]
fn the_certificate_refutes_what_does_not_follow_and_nothing_else() {
    let pack = shop();
    let (domain, plan) = (Domain::of(&pack), Plan::of(&pack, 0));
    for kind in 0..domain.kinds.len() {
        let view = View::of(&domain, kind);
        let rows = plan.facts.rows(&view);
        let row = |thing: usize| rows.iter().find(|r| r.roots == [thing]).unwrap();
        let value = |thing: usize, n: usize| {
            let own = row(thing).holders[n].map(Value::from);
            plan.facts.value(&view, row(thing), n).or(own)
        };
        for attribute in 0..view.attrs.len() {
            for from in few(view.attrs.len(), 3) {
                let follows = view.theory.implies(from, Set::one(attribute));
                let refuted = plan.certificate.refutes(kind, from, attribute);
                assert_eq!(follows, refuted.is_none());
                if let Some((a, b)) = refuted {
                    assert!(from.iter().all(|n| value(a, n) == value(b, n)));
                    assert_ne!(value(a, attribute), value(b, attribute));
                }
            }
        }
    }
}

#[test]
fn a_plan_can_be_carried_out() {
    for pack in [shop(), project("2-catalogue")] {
        let domain = Domain::of(&pack);
        for seed in 0..5 {
            carried_out(&pack, &domain, &Plan::of(&pack, seed));
        }
    }
}

/// Plays the calls as a service would: what is referred to is there, no key is taken, every value is allowed.
fn carried_out(pack: &Pack, domain: &Domain, plan: &Plan) {
    let mut now = plan.facts.clone();
    let mut there: Vec<usize> = Vec::new();
    for call in &plan.calls {
        match call {
            Call::Make {
                thing,
                parts,
                first,
            } => {
                for (t, f, value) in first {
                    now.things[*t].facts[*f] = Some(value.clone());
                }
                let along = |t: usize| t == *thing || parts.contains(&t);
                for t in std::iter::once(thing).chain(parts) {
                    let mut refs = now.things[*t].refs.iter().flatten();
                    assert!(refs.all(|r| there.contains(r) || along(*r)));
                    there.push(*t);
                }
            }
            Call::Change { thing, fact, to } => {
                assert!(there.contains(thing));
                assert!(domain.kinds[now.things[*thing].kind].facts[*fact].changes);
                now.things[*thing].facts[*fact] = Some(to.clone());
            }
        }
        there.sort_unstable();
        there.dedup();
        let mut keys: Vec<(usize, String)> = Vec::new();
        for t in &there {
            let thing = &now.things[*t];
            let kind = &domain.kinds[thing.kind];
            for (n, key) in kind.keys.iter().enumerate() {
                let part = |m: &Member| match m {
                    Member::Fact(f) => format!("{:?}", thing.facts[*f]),
                    Member::Ref(r) => format!("{:?}", thing.refs[*r]),
                };
                let parts: Vec<String> = key.iter().map(part).collect();
                keys.push((thing.kind * 100 + n, parts.join("|")));
            }
            for (f, value) in thing.facts.iter().enumerate() {
                assert!(accepted(pack, kind, f, value.as_ref().unwrap()));
            }
        }
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(all, keys.len(), "a key is taken");
    }
    assert_eq!(there.len(), plan.facts.things.len());
}

fn accepted(pack: &Pack, kind: &Kind, fact: usize, value: &Value) -> bool {
    let facts = pack.entity(&kind.name).map(|e| &e.facts);
    let facts = facts.unwrap_or_else(|| &pack.links[&kind.name].facts);
    pack.contract
        .accepts(&facts[&kind.facts[fact].name].schema, value)
}

#[test]
fn no_more_is_sold_than_there_is() {
    let pack = project("2-catalogue");
    let domain = Domain::of(&pack);
    let (line, sort) = (
        domain.kind("line").unwrap(),
        domain.kind("ticket_type").unwrap(),
    );
    let (count, stock) = (
        domain.kinds[line].fact("quantity").unwrap(),
        domain.kinds[sort].fact("quantity").unwrap(),
    );
    let of = domain.kinds[line].reference("ticket_type").unwrap();
    for seed in 0..5 {
        let facts = &Plan::of(&pack, seed).facts;
        for (n, it) in facts
            .things
            .iter()
            .enumerate()
            .filter(|(_, t)| t.kind == sort)
        {
            let lines = facts
                .things
                .iter()
                .filter(|t| t.kind == line && t.refs[of] == Some(n));
            let sold: i64 = lines
                .map(|l| l.facts[count].as_ref().unwrap().as_i64().unwrap())
                .sum();
            assert!(sold <= it.facts[stock].as_ref().unwrap().as_i64().unwrap());
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
