//! What the verdicts are worth: points, gates, what waits for what, and what to fix first. Pure.

mod points;
mod rank;
mod roots;

use std::collections::BTreeMap;

pub use points::{counts, price};
pub use rank::{by_importance, first};

use crate::model::{
    CheckId, PackRef, Record, Score, Stage, TierStanding, Totals, Verdict, Waiting,
};

/// What a pack asks for before the next tier opens.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gate {
    /// The share of the possible points, 0 to 1.
    pub share: f64,
    /// Checks that must pass whatever the share. One that was skipped, because it cannot be judged here, holds
    /// no gate shut.
    pub must: Vec<CheckId>,
    /// Whether a mentor has signed off; none where nobody has to.
    pub signed_off: Option<bool>,
}

/// How a pack weighs a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// Its gate.
    pub gate: Gate,
    /// Checks it gives other points than their severity would.
    pub points: BTreeMap<CheckId, u32>,
    /// The tiers before its own, the first one first: their gates must be open still.
    pub before: Vec<Lower>,
}

/// A tier that an earlier project opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Lower {
    /// Its number.
    pub tier: u32,
    /// The project's title.
    pub title: String,
    /// The stages its points come from: all that the project asked for.
    pub stages: Vec<Stage>,
    /// Its gate.
    pub gate: Gate,
}

/// Where a run leaves the learner.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// `open`, `not-yet` or `fault`. A run of a part is `open` when everything it asked was judged and none of
    /// it failed; the gate stays closed all the same.
    pub verdict: String,
    /// The one total.
    pub score: Score,
    /// The gates, that of the first tier first and that of the run's own last, whose score is the total.
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
/// something of ours failed outside any check. The gate of a tier opens when those before it are open too.
pub fn stand(
    records: &[Record],
    pack: &PackRef,
    rules: &Rules,
    complete: bool,
    faulty: bool,
) -> Standing {
    let (score, totals) = (points::score(records, |_| true), points::totals(records));
    let own = Lower {
        tier: pack.tier,
        title: pack.title.clone(),
        stages: Vec::new(),
        gate: rules.gate.clone(),
    };
    let lower = rules.before.iter();
    let mut tiers: Vec<TierStanding> = lower
        .map(|tier| tier.stand(records, complete, |r| tier.stages.contains(&r.stage)))
        .collect();
    let below = tiers.iter().all(|tier| tier.open);
    tiers.push(own.stand(records, complete && below, |_| true));
    let open = tiers.iter().all(|tier| tier.open);
    let verdict = if faulty || totals.broken > 0 {
        "fault"
    } else if open || (!complete && clean(totals)) {
        "open"
    } else {
        "not-yet"
    };
    let waiting = roots::waiting(records);
    let must: Vec<CheckId> = tiers.iter().flat_map(|t| t.missing.clone()).collect();
    let first = rank::first(records, &waiting, &must);
    Standing {
        verdict: verdict.to_owned(),
        score,
        tiers,
        totals,
        waiting,
        first,
    }
}

impl Lower {
    /// Where the learner stands in it, by the records that count here. `may` is whether it can open at all.
    fn stand(&self, records: &[Record], may: bool, here: impl Fn(&Record) -> bool) -> TierStanding {
        let gate = &self.gate;
        let score = points::score(records, here);
        let (unjudged, judged): (Vec<_>, Vec<_>) = gate.must.iter().cloned().partition(|id| {
            let skipped = |r: &Record| {
                matches!(r.verdict, Verdict::Skipped { .. }) && !r.verdict.is_cut_short()
            };
            records.iter().any(|r| r.id == *id && skipped(r))
        });
        let passed = |id: &CheckId| records.iter().any(|r| r.id == *id && r.verdict.passed());
        let missing: Vec<CheckId> = judged.into_iter().filter(|id| !passed(id)).collect();
        let signed = gate.signed_off != Some(false);
        TierStanding {
            tier: self.tier,
            title: self.title.clone(),
            score,
            share: gate.share,
            open: may && signed && missing.is_empty() && points::reaches(score, gate.share),
            missing,
            unjudged,
            signed_off: gate.signed_off,
        }
    }
}

/// Whether what was asked was judged and found in order. Where nothing was judged, nothing is in order.
fn clean(totals: Totals) -> bool {
    totals.pass > 0 && totals.fail + totals.inconclusive + totals.blocked == 0
}

/// Records for this room's tests.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Draft, Finding, Severity, Stage};

    pub(super) fn record(id: &str, severity: Severity, verdict: Verdict) -> Record {
        Record {
            id: id.into(),
            stage: id.split('.').next().and_then(Stage::parse).unwrap(),
            summary: format!("{id} in one line"),
            concept: "http".into(),
            severity,
            points: severity.points(),
            verdict,
            kept_back: None,
            seconds: 0.1,
            overridden: None,
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

    fn gate(share: f64, must: &[&str]) -> Rules {
        let gate = Gate {
            share,
            must: must.iter().map(|id| CheckId::from(*id)).collect(),
            signed_off: None,
        };
        Rules {
            gate,
            ..Rules::default()
        }
    }

    #[test]
    fn a_lower_tier_must_stay_green() {
        let records = [
            record("boot.a", Severity::Critical, pass()),
            record("endpoints.b", Severity::Low, fail("endpoints.b")),
            record("auth.c", Severity::Critical, pass()),
        ];
        let lower = |tier, stages: &[Stage], share, must: &[&str]| Lower {
            tier,
            title: format!("tier {tier}"),
            stages: stages.to_vec(),
            gate: gate(share, must).gate,
        };
        let standing = |before: Vec<Lower>| {
            let rules = Rules {
                before,
                ..gate(0.9, &[])
            };
            let mut own = pack();
            own.tier = 3;
            stand(&records, &own, &rules, true, false)
        };
        let green = standing(vec![lower(1, &[Stage::Boot], 1.0, &["boot.a"])]);
        assert_eq!(green.verdict, "open");
        assert_eq!(green.tiers.len(), 2);
        assert_eq!(
            (green.tiers[0].score.earned, green.tiers[0].score.possible),
            (8, 8)
        );
        assert_eq!(green.tiers[1].score, green.score);
        let both = [Stage::Boot, Stage::Endpoints];
        let fallen = standing(vec![lower(1, &both, 0.95, &[])]);
        assert_eq!(
            fallen.verdict, "not-yet",
            "its own share is reached, that of tier 1 is not"
        );
        assert!(!fallen.tiers[0].open && !fallen.tiers[1].open);
        let missed = standing(vec![lower(1, &both, 0.5, &["endpoints.b"])]);
        assert_eq!(missed.tiers[0].missing, [CheckId::from("endpoints.b")]);
        assert_eq!(missed.verdict, "not-yet");
    }

    #[test]
    fn a_gate_opens_by_share_and_must() {
        let records = [
            record("boot.a", Severity::Critical, pass()),
            record("boot.b", Severity::Low, fail("boot.b")),
        ];
        let stand = |rules: &Rules| stand(&records, &pack(), rules, true, false);
        assert_eq!(stand(&gate(0.8, &["boot.a"])).verdict, "open");
        assert_eq!(stand(&gate(0.9, &["boot.a"])).verdict, "not-yet");
        let closed = stand(&gate(0.8, &["boot.b", "boot.never-planned"]));
        assert_eq!(closed.verdict, "not-yet");
        assert_eq!(closed.tiers[0].missing.len(), 2);
    }

    #[test]
    fn a_must_that_cannot_be_judged_here_is_named_and_holds_nothing_shut() {
        let skipped = Verdict::Skipped {
            why: "it runs already".into(),
        };
        let records = [
            record("boot.a", Severity::Critical, skipped),
            record("boot.b", Severity::Low, pass()),
        ];
        let standing = stand(&records, &pack(), &gate(0.8, &["boot.a"]), true, false);
        assert_eq!(standing.verdict, "open");
        assert!(standing.tiers[0].missing.is_empty());
        assert_eq!(standing.tiers[0].unjudged, [CheckId::from("boot.a")]);
    }

    #[test]
    fn a_part_is_in_order_when_all_of_it_is_and_opens_no_gate() {
        let part = |verdicts: Vec<Verdict>| {
            let records: Vec<Record> = verdicts
                .into_iter()
                .map(|v| record("boot.a", Severity::Low, v))
                .collect();
            let standing = stand(&records, &pack(), &gate(0.5, &["boot.b"]), false, false);
            assert!(!standing.tiers[0].open);
            standing.verdict
        };
        let skipped = || Verdict::Skipped {
            why: "not here".into(),
        };
        let doubt = Verdict::Inconclusive {
            control: "429".into(),
        };
        assert_eq!(part(vec![pass()]), "open");
        assert_eq!(part(vec![pass(), skipped()]), "open");
        assert_eq!(part(vec![skipped()]), "not-yet", "nothing was judged");
        assert_eq!(part(vec![pass(), fail("boot.a")]), "not-yet");
        assert_eq!(part(vec![pass(), doubt]), "not-yet");
        assert_eq!(part(vec![pass(), blocked(&["boot.c"])]), "not-yet");
    }

    #[test]
    fn half_a_run_earns_no_whole_mark() {
        let why = Verdict::CUT_SHORT.to_owned();
        let records = [
            record("boot.a", Severity::Low, pass()),
            record("boot.b", Severity::Critical, Verdict::Skipped { why }),
        ];
        let standing = stand(&records, &pack(), &gate(0.5, &["boot.b"]), false, false);
        assert_eq!((standing.score.earned, standing.score.possible), (1, 9));
        assert_eq!(standing.tiers[0].missing, [CheckId::from("boot.b")]);
        assert!(standing.tiers[0].unjudged.is_empty());
    }

    #[test]
    fn a_fault_is_told_apart() {
        let records = [record("boot.a", Severity::Low, pass())];
        let all = gate(0.5, &[]);
        assert_eq!(stand(&records, &pack(), &all, true, false).verdict, "open");
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
