//! Changes the verdicts of a run, and keeps what they were.

use super::{Override, Overrides};
use crate::model::{Draft, Finding, Overridden, OverridesRef, Record, Ruling, Verdict};

impl Overrides {
    /// Changes what is decided about this submission; a verdict that is so already is not changed. Gives what a report
    /// says of the file.
    pub(in crate::feedback) fn apply(
        &self,
        submission: &str,
        project: &str,
        records: &mut [Record],
    ) -> OverridesRef {
        let mut missed = Vec::new();
        for decided in self.of(submission) {
            match records.iter_mut().find(|r| r.id == decided.check) {
                Some(record) => change(record, decided),
                None => missed.push(decided.check.clone()),
            }
        }
        OverridesRef {
            digest: self.digest(submission),
            grader: self.pin.grader.clone(),
            pack: self.pin.packs.get(project).cloned(),
            missed,
        }
    }
}

fn change(record: &mut Record, decided: &Override) {
    let verdict = match (decided.to, &record.verdict) {
        (Ruling::Pass, Verdict::Pass { .. }) | (Ruling::Fail, Verdict::Fail { .. }) => return,
        (Ruling::Pass, _) => Verdict::Pass { advice: vec![] },
        (Ruling::Waived, _) => Verdict::Skipped {
            why: format!("waived by the instructor: {}", decided.reason),
        },
        (Ruling::Fail, _) => Verdict::Fail {
            findings: vec![finding(record, decided)],
        },
    };
    let was = std::mem::replace(&mut record.verdict, verdict);
    record.overridden = Some(Box::new(Overridden {
        to: decided.to,
        was,
        reason: decided.reason.clone(),
        by: decided.by.clone(),
    }));
}

/// What a learner reads of a check that the instructor failed.
fn finding(record: &Record, decided: &Override) -> Finding {
    let draft = Draft {
        subject: "the instructor's decision".to_owned(),
        saw: "the instructor counts this as failed".to_owned(),
        expected: format!("a service without this flaw: {}", record.summary),
        actual: decided.reason.clone(),
        ..Draft::default()
    };
    Finding::from_draft(record.id.as_str(), 1, draft)
}

#[cfg(test)]
mod tests {
    use crate::feedback::{Overrides, Redactor, Run, assemble};
    use crate::model::*;
    use crate::pack::Disclosure;
    use crate::score::{Gate, Rules};

    fn record(id: &str, verdict: Verdict) -> Record {
        Record {
            id: id.into(),
            stage: Stage::Boot,
            summary: "a flaw".to_owned(),
            concept: "http".to_owned(),
            severity: Severity::High,
            points: 0,
            verdict,
            seconds: 0.0,
            overridden: None,
            kept_back: None,
        }
    }

    fn fail(id: &str) -> Record {
        let draft = Draft {
            saw: "it is wrong".to_owned(),
            ..Draft::default()
        };
        let findings = vec![Finding::from_draft(id, 1, draft)];
        record(id, Verdict::Fail { findings })
    }

    /// Points earned and possible, the verdict, and the report, after these decisions.
    fn decided(records: Vec<Record>, decisions: &[(&str, &str)]) -> ((u32, u32), Report) {
        let tables = decisions.iter().map(|(check, verdict)| {
            format!(
                "[[override]]\nsubmission = \"ada\"\ncheck = \"{check}\"\nverdict = \"{verdict}\"\nreason = \"agreed\"\n"
            )
        });
        let index = crate::feedback::overrides::read::index();
        let overrides = Overrides::read("o.toml", &tables.collect::<String>(), &index).unwrap();
        let run = Run {
            pack: PackRef {
                id: "1-x".to_owned(),
                title: String::new(),
                tier: 1,
                digest: "d".to_owned(),
            },
            submission: SubmissionRef {
                name: "ada".to_owned(),
                digest: "1".to_owned(),
                commit: None,
                anchor: None,
                handed_in: None,
            },
            runtime: RuntimeRef {
                kind: RuntimeKind::Local,
                why: String::new(),
                postgres: None,
            },
            seed: 1,
            started: "2027-03-01T19:00:00Z".to_owned(),
            seconds: 0.0,
            complete: true,
            records,
            faults: vec![],
            picture: None,
            history: Some(crate::feedback::History::default()),
            pace: 2,
            overrides: Some(overrides),
            disclosure: Disclosure::default(),
            beliefs: vec![],
            partial: false,
        };
        let rules = Rules {
            gate: Gate {
                signed_off: None,
                share: 1.0,
                must: vec![],
            },
            ..Rules::default()
        };
        let redactor = Redactor::new("2027-03-01T19:00:00Z", &[]);
        let (report, history) = assemble(run, &rules, &index, &redactor);
        let found = history.unwrap().findings.len();
        let failed = |r: &&Record| {
            let was = r.overridden.as_ref().map_or(&r.verdict, |o| &o.was);
            matches!(was, Verdict::Fail { .. })
        };
        assert_eq!(
            found,
            report.checks.iter().filter(failed).count(),
            "the ledger has what was found"
        );
        ((report.score.earned, report.score.possible), report)
    }

    fn pass(id: &str) -> Record {
        record(id, Verdict::Pass { advice: vec![] })
    }

    #[test]
    fn a_decision_counts_and_what_was_before_is_kept() {
        let records = || vec![pass("boot.a"), fail("boot.b")];
        assert_eq!(decided(records(), &[]).0, (5, 10));
        let (points, report) = decided(records(), &[("boot.b", "waived")]);
        assert_eq!((points, report.verdict.as_str()), ((5, 5), "open"));
        let changed = report.checks[1].overridden.as_ref().unwrap();
        assert_eq!(
            (changed.to, changed.was.name(), changed.reason.as_str()),
            (Ruling::Waived, "fail", "agreed")
        );
        assert!(changed.was.findings()[0].saw.contains("wrong"));
        assert_eq!(decided(records(), &[("boot.b", "pass")]).0, (10, 10));
        let (points, report) = decided(records(), &[("boot.a", "fail"), ("boot.b", "fail")]);
        assert_eq!(points, (0, 10));
        assert!(
            report.checks[0].verdict.findings()[0]
                .actual
                .contains("agreed")
        );
        assert!(
            report.checks[1].overridden.is_none(),
            "it had failed already"
        );
    }

    #[test]
    fn our_fault_and_doubt_can_be_decided_and_a_miss_is_said() {
        let broken = record(
            "boot.a",
            Verdict::Broken {
                fault: "disk".to_owned(),
            },
        );
        let doubt = record(
            "boot.b",
            Verdict::Inconclusive {
                control: "429".to_owned(),
            },
        );
        let decisions = [("boot.a", "pass"), ("boot.b", "pass"), ("boot.c", "waived")];
        let (points, report) = decided(vec![broken, doubt], &decisions);
        assert_eq!((points, report.verdict.as_str()), ((10, 10), "open"));
        assert_eq!(report.overrides.unwrap().missed, [CheckId::from("boot.c")]);
    }

    #[test]
    fn what_waits_for_a_changed_verdict_costs_nothing() {
        let by = vec![CheckId::from("boot.b")];
        let waits = record("boot.c", Verdict::Blocked { by });
        let records = || vec![pass("boot.a"), fail("boot.b"), waits.clone()];
        assert_eq!(decided(records(), &[("boot.b", "pass")]).0, (10, 10));
        assert_eq!(decided(records(), &[("boot.b", "waived")]).0, (5, 5));
        assert_eq!(decided(records(), &[]).0, (5, 15));
    }
}
