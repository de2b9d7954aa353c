//! Recall and precision in one rule: all that is expected fails, and nothing else does.

use std::collections::BTreeSet;
use std::fmt;

use super::Fixture;
use super::manners::bad_manners;
use crate::model::{CheckId, Record, Report, Verdict};

/// One check whose verdict is not what the fixture says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// The check.
    pub check: String,
    /// What was wanted and what came.
    pub says: String,
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.check, self.says)
    }
}

/// Compares a report with what the fixture says. Every check in `expect` must fail; every other one must
/// pass, be skipped, or be blocked by a check in `expect` or `also`; those in `also` may do as they like,
/// save break.
pub fn judge(fixture: &Fixture, report: &Report) -> Vec<Deviation> {
    let mut deviations = Vec::new();
    let planned: BTreeSet<&str> = report.checks.iter().map(|c| c.id.as_str()).collect();
    for id in fixture
        .expect
        .iter()
        .filter(|id| !planned.contains(id.as_str()))
    {
        deviations.push(Deviation {
            check: id.clone(),
            says: "was not asked at all".into(),
        });
    }
    for record in &report.checks {
        if let Some(says) = deviation(fixture, report, record) {
            deviations.push(Deviation {
                check: record.id.to_string(),
                says,
            });
        }
    }
    for (check, says) in bad_manners(report) {
        deviations.push(Deviation { check, says });
    }
    for fault in &report.faults {
        deviations.push(Deviation {
            check: "the grader".into(),
            says: fault.clone(),
        });
    }
    deviations
}

fn deviation(fixture: &Fixture, report: &Report, record: &Record) -> Option<String> {
    let expected = fixture.expect.contains(record.id.as_str());
    let allowed = fixture.also.contains(record.id.as_str());
    match &record.verdict {
        Verdict::Broken { fault } => Some(format!("broke: {fault}")),
        Verdict::Fail { .. } if expected || allowed => None,
        Verdict::Fail { findings } => {
            let saw: Vec<_> = findings
                .iter()
                .map(|f| format!("{}: {}", f.subject, f.saw))
                .collect();
            Some(format!("accused a right answer: {}", saw.join("; ")))
        }
        other if expected => Some(format!("should fail, was {}", name_with_reason(other))),
        Verdict::Inconclusive { .. } if !allowed => Some(name_with_reason(&record.verdict)),
        Verdict::Blocked { by } => {
            let known = by.iter().all(|id| rooted(fixture, report, id));
            (!known && !allowed).then(|| name_with_reason(&record.verdict))
        }
        _ => None,
    }
}

/// Whether a blocking check is one that this fixture says may fail, directly or through what blocks it.
fn rooted(fixture: &Fixture, report: &Report, id: &CheckId) -> bool {
    if fixture.expect.contains(id.as_str()) || fixture.also.contains(id.as_str()) {
        return true;
    }
    let blocked = report
        .checks
        .iter()
        .find(|c| c.id == *id)
        .map(|c| &c.verdict);
    match blocked {
        Some(Verdict::Blocked { by }) => by.iter().all(|id| rooted(fixture, report, id)),
        _ => false,
    }
}

fn name_with_reason(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Blocked { by } => {
            let by: Vec<_> = by.iter().map(CheckId::as_str).collect();
            format!("blocked by {}", by.join(", "))
        }
        Verdict::Inconclusive { control } => format!("inconclusive: {control}"),
        Verdict::Skipped { why } => format!("skipped: {why}"),
        other => other.name().to_owned(),
    }
}
