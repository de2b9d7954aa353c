//! Cohorts for the tests of this room.

use crate::cohort::row::{Graded, Outcome, Row, Tier};
use crate::model::{
    Alone, CheckId, CheckIndex, CheckMeta, RuntimeKind, Severity, Stage, WorldKind,
};

/// A result with these verdicts, of ten points.
pub(crate) fn graded(earned: u32, verdicts: &[&str]) -> Outcome {
    let checks = verdicts.iter().enumerate();
    let checks = checks.map(|(n, verdict)| (id(n), (*verdict).to_owned()));
    let graded = Graded {
        project: "1-x".to_owned(),
        digest: format!("{earned}-{}", verdicts.join("")),
        complete: true,
        verdict: "not-yet".to_owned(),
        tiers: vec![Tier {
            tier: 1,
            earned,
            possible: 10,
            gate: "closed".to_owned(),
        }],
        first: Some("boot.a: it is wrong".to_owned()),
        checks: checks.collect(),
        overridden: 0,
    };
    Outcome::Graded { graded }
}

fn id(n: usize) -> CheckId {
    CheckId(format!("boot.check-{n}"))
}

/// So many submissions with so many checks, every seventh verdict a failure.
pub(crate) fn rows(submissions: usize, checks: usize) -> Vec<Row> {
    let one = |n: usize| {
        let verdicts: Vec<&str> = (0..checks)
            .map(|c| {
                if (n + c).is_multiple_of(7) {
                    "fail"
                } else {
                    "pass"
                }
            })
            .collect();
        let mut outcome = graded(u32::try_from(n % 10).unwrap(), &verdicts);
        if let Outcome::Graded { graded } = &mut outcome {
            graded.digest = n.to_string();
        }
        Row::new(
            &format!("learner-{n:03}"),
            &format!("learner-{n:03}"),
            outcome,
        )
    };
    (0..submissions).map(one).collect()
}

/// The checks that [`rows`] speaks of.
pub(crate) fn index(checks: usize) -> CheckIndex {
    let meta = |n| CheckMeta {
        id: id(n),
        stage: Stage::Boot,
        summary: "a flaw that a service can have".to_owned(),
        concept: "http".to_owned(),
        severity: Severity::High,
        needs: vec![],
        world: WorldKind::Main,
        alone: Alone::Shared,
        runtimes: vec![RuntimeKind::Local],
        refs: vec![],
        hints: vec![],
        docs: String::new(),
    };
    CheckIndex::new((0..checks).map(meta).collect())
}
