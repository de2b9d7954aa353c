//! Bodies made from contracts: valid by the contract, different each time, the same for the same seed.

use std::collections::HashSet;

use grader::{
    pack::{Contract, Pack},
    probe::sample::{self, Optional},
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::{all, load, op};

const CHOICES: [Optional; 3] = [Optional::All, Optional::Omitted, Optional::Some];

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

#[track_caller]
fn valid(contract: &Contract, id: &str, body: &Value) {
    let wrong = contract.validate_body(op(contract, id), body);
    assert!(wrong.is_empty(), "{id}: {body}\n{wrong:#?}");
}

fn every_operation(mut judge: impl FnMut(&Pack, &str)) {
    for name in all() {
        let pack = load(&name);
        for op in pack.contract.operations.iter().filter(|o| o.body.is_some()) {
            judge(&pack, op.id.as_str());
        }
    }
}

#[test]
fn every_body_is_valid_whatever_the_seed_and_the_choice() {
    every_operation(|pack, id| {
        for seed in 0..60 {
            for choice in CHOICES {
                let body = sample::request(
                    &pack.contract,
                    op(&pack.contract, id),
                    choice,
                    &mut rng(seed),
                );
                valid(&pack.contract, id, &body);
            }
        }
    });
}

#[test]
fn the_same_seed_gives_the_same_body_and_another_seed_another() {
    every_operation(|pack, id| {
        let draw = |seed| {
            sample::request(
                &pack.contract,
                op(&pack.contract, id),
                Optional::All,
                &mut rng(seed),
            )
        };
        assert_eq!(draw(7), draw(7));
        // A body of one flag or a few words has few values; everything else differs.
        let different: HashSet<String> = (0..20).map(|seed| draw(seed).to_string()).collect();
        let free = draw(0).to_string().contains("zq7");
        assert!(!free || different.len() == 20, "{id}: {different:#?}");
    });
}

#[test]
fn free_texts_carry_a_token_that_survives() {
    let pack = load("2-catalogue");
    let venue = pack.entity("venue").unwrap();
    let create = op(&pack.contract, "createVenue");
    for seed in 0..50 {
        let sample = sample::body(&pack.contract, create, venue, &mut rng(seed));
        for fact in ["name", "city"] {
            let text = sample.facts[fact].as_str().unwrap();
            let token = text.split(' ').next_back().unwrap();
            assert!(token.starts_with("zq7") && token.len() == 10, "{text}");
            let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            assert!(token.chars().all(safe), "{token}");
        }
        assert_eq!(sample.facts["country"].as_str().unwrap().len(), 2);
        assert_eq!(sample.body["name"], sample.facts["name"]);
    }
}

#[test]
fn slugs_and_names_in_paths_carry_it_too() {
    let pack = load("follow");
    let profile = pack.entity("profile").unwrap();
    let sample = sample::body(
        &pack.contract,
        op(&pack.contract, "createProfile"),
        profile,
        &mut rng(1),
    );
    assert!(
        sample.facts["username"].as_str().unwrap().contains("zq7"),
        "{sample:?}"
    );
    let pack = load("no-reply");
    let label = pack.entity("label").unwrap();
    let sample = sample::body(
        &pack.contract,
        op(&pack.contract, "putLabel"),
        label,
        &mut rng(1),
    );
    let name = sample.facts["name"].as_str().unwrap();
    assert!(
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase()),
        "{name}"
    );
    assert!(sample.body.get("name").is_none(), "it stands in the path");
}

#[test]
fn a_change_is_another_valid_value() {
    for name in all() {
        let pack = load(&name);
        for entity in pack.entities.values() {
            for fact in entity.sent() {
                let mut rng = rng(3);
                let old = sample::value(&pack.contract, &fact.schema, &fact.name, &mut rng);
                let new = sample::change(&pack.contract, fact, &old, &mut rng);
                assert!(
                    pack.contract.accepts(&fact.schema, &new),
                    "{name} {}: {new}",
                    fact.name
                );
                assert_ne!(old, new, "{name} {}", fact.name);
            }
        }
    }
}

#[test]
fn every_keyword_is_kept() {
    let pack = load("keywords");
    for seed in 0..300 {
        for choice in CHOICES {
            let body = sample::request(
                &pack.contract,
                op(&pack.contract, "make"),
                choice,
                &mut rng(seed),
            );
            valid(&pack.contract, "make", &body);
        }
    }
}
