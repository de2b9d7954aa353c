//! Runs beside each other, again, and in part.

use std::time::Duration;

use grader::verify::{Fixture, discover, prepare};
use serde_json::Value;
use tempfile::TempDir;

use super::bench::{Grader, reference, root};
use crate::runtime::bench::open_folder;

/// The reference with one of the seeded flaws, in a folder of its own name.
fn flawed() -> (TempDir, std::path::PathBuf) {
    let all = discover(&root()).unwrap();
    let expects = |f: &&Fixture| f.expect.iter().eq(["endpoints.unknown-id-not-404"]);
    let fixture = all.iter().find(expects).unwrap();
    let into = open_folder();
    let folder = prepare(fixture, into.path()).unwrap();
    (into, folder)
}

/// The report without what another run may have otherwise: times, ports, and the order of its requests.
fn lasting(mut report: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for passing in [
                    "started", "seconds", "number", "parent", "base", "headers", "millis",
                ] {
                    members.remove(passing);
                }
                members.values_mut().for_each(strip);
            }
            Value::Array(all) => all.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut report);
    report
}

#[test]
fn two_graders_of_one_submission_leave_each_other_alone() {
    let start = || Grader::grade(&reference(), &[]).start();
    let (one, other) = (start(), start());
    let (one, other) = (one.end().exits(0), other.end().exits(0));
    assert_eq!(lasting(one.report()), lasting(other.report()));
}

#[test]
fn a_seed_asks_the_same_questions_and_another_finds_the_same() {
    let (_kept, folder) = flawed();
    let graded = |seed: &str| Grader::grade(&folder, &["--seed", seed]).run().exits(0);
    let (once, again, other) = (graded("7"), graded("7"), graded("8"));
    assert_eq!(
        lasting(once.report()),
        lasting(again.report()),
        "{once}{again}"
    );
    assert_eq!(once.verdicts(), other.verdicts(), "{once}{other}");
    let prints = |report: Value| -> Vec<Value> {
        let checks = report["checks"].as_array().unwrap().clone();
        let findings = checks
            .iter()
            .filter_map(|c| c["findings"].as_array())
            .flatten();
        findings.map(|f| f["fingerprint"].clone()).collect()
    };
    assert!(!prints(once.report()).is_empty(), "{once}");
    assert_eq!(
        prints(once.report()),
        prints(other.report()),
        "{once}{other}"
    );
}

#[test]
fn a_part_is_quick_and_settles_no_gate() {
    let ended = Grader::grade(&reference(), &["--only", "endpoints.unknown-id-not-404"])
        .run()
        .exits(0);
    let verdicts = ended.verdicts();
    assert!(
        verdicts.contains("endpoints.unknown-id-not-404: pass")
            && verdicts.contains("boot.never-answers: pass")
    );
    assert!(
        !verdicts.contains("endpoints.data-lost-on-restart"),
        "{ended}"
    );
    // Five seconds beside the service's own way up are promised; a busy machine may need more.
    assert!(ended.took < Duration::from_secs(15), "{ended}");
    let report = ended.report();
    assert_eq!(
        (&report["complete"], &report["tiers"][0]["open"]),
        (&false.into(), &false.into()),
        "{ended}"
    );
    ended
        .says(&["run without --only and --stage for the gate"])
        .never_says(&["gate is open", ": open"]);
}

#[test]
fn a_stage_is_a_part_too() {
    let ended = Grader::grade(&reference(), &["--stage", "boot"])
        .run()
        .exits(0);
    assert!(!ended.verdicts().contains("endpoints."), "{ended}");
    ended.says(&["not settled, because only a part was asked"]);
}

#[test]
fn a_part_that_fails_is_not_yet() {
    let (_kept, folder) = flawed();
    let ended = Grader::grade(&folder, &["--only", "endpoints.unknown-id-not-404"]).run();
    ended.fails_alone("endpoints.unknown-id-not-404", &["not settled"]);
}
