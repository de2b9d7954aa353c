//! What the verdicts are worth: points, gates, what waits for what, and what to fix first. Pure.

mod points;
mod rank;
mod roots;

use std::collections::BTreeMap;

pub use points::price;
pub use rank::by_importance;

use crate::model::{CheckId, PackRef, Record, Score, TierStanding, Totals, Waiting};

/// What a pack asks for before the next tier opens.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gate {
    /// The share of the possible points, 0 to 1.
    pub share: f64,
    /// Checks that must pass whatever the share. One that was skipped has not passed.
    pub must: Vec<CheckId>,
}

/// How a pack weighs a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// Its gate.
    pub gate: Gate,
    /// Checks it gives other points than their severity would.
    pub points: BTreeMap<CheckId, u32>,
}

/// Where a run leaves the learner.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// `open`, `not-yet` or `fault`.
    pub verdict: String,
    /// The one total.
    pub score: Score,
    /// The tier's gate.
    pub tiers: Vec<TierStanding>,
    /// Verdicts counted.
    pub totals: Totals,
    /// Blocked checks by root cause, in the order a learner meets the causes.
    pub waiting: Vec<Waiting>,
    /// What to fix first, one sentence.
    pub first: Option<String>,
}

/// Judges a run. `records` stand in the order in which a learner meets them and already carry their
/// points ([`price`]); `complete` is false when the run left checks out, and `faulty` is true when
/// something of ours failed outside any check.
pub fn stand(
    records: &[Record],
    pack: &PackRef,
    gate: &Gate,
    complete: bool,
    faulty: bool,
) -> Standing {
    let score = points::score(records);
    let totals = points::totals(records);
    let missing: Vec<CheckId> = gate
        .must
        .iter()
        .filter(|id| !records.iter().any(|r| r.id == **id && r.verdict.passed()))
        .cloned()
        .collect();
    let open = complete && missing.is_empty() && points::reaches(score, gate.share);
    let verdict = if faulty || totals.broken > 0 {
        "fault"
    } else if open {
        "open"
    } else {
        "not-yet"
    };
    let waiting = roots::waiting(records);
    let first = rank::first(records, &waiting, &gate.must);
    let tier = TierStanding {
        tier: pack.tier,
        title: pack.title.clone(),
        score,
        share: gate.share,
        missing,
        open,
    };
    Standing {
        verdict: verdict.to_owned(),
        score,
        tiers: vec![tier],
        totals,
        waiting,
        first,
    }
}

/// Records for this room's tests.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Draft, Finding, Severity, Stage, Verdict};

    pub(super) fn record(id: &str, severity: Severity, verdict: Verdict) -> Record {
        Record {
            id: id.into(),
            stage: id.split('.').next().and_then(Stage::parse).unwrap(),
            summary: format!("{id} in one line"),
            concept: "http".into(),
            severity,
            points: severity.points(),
            verdict,
            seconds: 0.1,
        }
    }

    pub(super) fn fail(id: &str) -> Verdict {
        let saw = format!("{id} was seen");
        let draft = Draft {
            subject: "x".into(),
            saw,
            ..Draft::default()
        };
        Verdict::Fail {
            findings: vec![Finding::from_draft(id, 1, draft)],
        }
    }

    pub(super) fn pass() -> Verdict {
        Verdict::Pass { advice: vec![] }
    }

    pub(super) fn blocked(by: &[&str]) -> Verdict {
        Verdict::Blocked {
            by: by.iter().map(|id| CheckId::from(*id)).collect(),
        }
    }

    fn pack() -> PackRef {
        PackRef {
            id: "1-x".into(),
            title: "X".into(),
            tier: 1,
            digest: "00".into(),
        }
    }

    fn gate(share: f64, must: &[&str]) -> Gate {
        Gate {
            share,
            must: must.iter().map(|id| CheckId::from(*id)).collect(),
        }
    }

    #[test]
    fn a_gate_opens_by_share_and_must() {
        let records = [
            record("boot.a", Severity::Critical, pass()),
            record("boot.b", Severity::Low, fail("boot.b")),
        ];
        let stand = |gate: &Gate| stand(&records, &pack(), gate, true, false);
        assert_eq!(stand(&gate(0.8, &["boot.a"])).verdict, "open");
        assert_eq!(stand(&gate(0.9, &["boot.a"])).verdict, "not-yet");
        let closed = stand(&gate(0.8, &["boot.b", "boot.never-planned"]));
        assert_eq!(closed.verdict, "not-yet");
        assert_eq!(closed.tiers[0].missing.len(), 2);
    }

    #[test]
    fn a_part_of_a_run_opens_nothing_and_a_fault_is_told_apart() {
        let records = [record("boot.a", Severity::Low, pass())];
        let all = gate(0.5, &[]);
        assert_eq!(stand(&records, &pack(), &all, true, false).verdict, "open");
        let part = stand(&records, &pack(), &all, false, false);
        assert_eq!(
            (part.verdict.as_str(), part.tiers[0].open),
            ("not-yet", false)
        );
        assert_eq!(stand(&records, &pack(), &all, true, true).verdict, "fault");
        let broken = [record(
            "boot.a",
            Severity::Low,
            Verdict::Broken {
                fault: "disk".into(),
            },
        )];
        assert_eq!(stand(&broken, &pack(), &all, true, false).verdict, "fault");
    }

    #[test]
    fn a_run_that_judged_nothing_opens_nothing() {
        assert_eq!(
            stand(&[], &pack(), &gate(0.0, &[]), true, false).verdict,
            "not-yet"
        );
    }
}
