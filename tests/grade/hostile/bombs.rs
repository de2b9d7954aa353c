//! Bombs at boot: each ends in a finding within its limit, and its neighbours notice nothing.

use std::time::Duration;

use super::super::bench::{Grader, reference};
use super::super::service::{arg, impatient};
use super::container;
use crate::docker::bench::engine;

/// What a service may take to come up here, in seconds.
const WITHIN: u32 = 20;
/// What the rest of a run may take on a machine that grades five at once: images, database, report, clearing up.
const REST: Duration = Duration::from_secs(90);

#[test]
fn bombs_end_in_a_finding_and_a_run_beside_them_gets_its_usual_verdicts() {
    if !engine() {
        return;
    }
    let usual = Grader::listings(&reference(), &["--runtime", "docker"])
        .run()
        .exits(0);
    let packs = impatient(WITHIN);
    let args = ["--runtime", "docker", "--packs", arg(&packs)];
    let bombs = ["fork-bomb", "memory-bomb", "log-bomb", "disk-filler"]
        .map(|name| (name, Grader::listings(&container(name), &args).start()));
    let beside = Grader::listings(&reference(), &["--runtime", "docker"])
        .run()
        .exits(0);
    assert_eq!(beside.verdicts(), usual.verdicts(), "{beside}");
    for (name, bomb) in bombs {
        let ended = bomb.end().fails_alone("boot.never-answers", &[]);
        let limit = Duration::from_secs(WITHIN.into()) + REST;
        assert!(ended.took < limit, "{name} took too long\n{ended}");
        if name == "memory-bomb" {
            ended.says(&["memory"]);
        }
    }
}
