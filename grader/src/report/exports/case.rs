//! A check as the systems of instructors count it.

use crate::model::{Record, Report, Verdict};
use crate::report::text::{PARTIAL, cut, one_line, overridden};
use crate::score;

/// How long a line may be, in characters.
pub(super) const LONG: usize = 400;

/// One check with the points it has here.
pub(super) struct Case<'r> {
    pub(super) record: &'r Record,
    /// From 1 within its stage.
    pub(super) number: usize,
    pub(super) earned: u32,
    /// None where the check costs nothing here: it was skipped, or the fault is ours.
    pub(super) possible: Option<u32>,
}

/// Every check in the report's order. Their points add up to its score.
pub(super) fn cases(report: &Report) -> Vec<Case<'_>> {
    let all = report.checks.iter().enumerate();
    all.map(|(at, record)| {
        let before = report.checks.iter().take(at);
        Case {
            record,
            number: before.filter(|r| r.stage == record.stage).count() + 1,
            earned: if record.verdict.passed() {
                record.points
            } else {
                0
            },
            possible: score::counts(record, &report.checks).then_some(record.points),
        }
    })
    .collect()
}

/// What a reader needs first, one line.
pub(super) fn first(report: &Report) -> String {
    let first = match &report.first {
        _ if report.partial => PARTIAL.to_owned(),
        Some(first) => format!("Fix first: {first}"),
        None => "nothing to fix".to_owned(),
    };
    cut(&one_line(&first), 1_000)
}

/// What came of it, one line.
pub(super) fn said(record: &Record) -> String {
    let text = match &record.verdict {
        Verdict::Pass { .. } => "passed".to_owned(),
        Verdict::Fail { findings } => match findings.as_slice() {
            [] => match &record.kept_back {
                Some(says) => format!("{} ({says})", record.summary),
                None => record.summary.clone(),
            },
            [one] => one.saw.clone(),
            [first, more @ ..] => format!("{} (and {} more)", first.saw, more.len()),
        },
        Verdict::Blocked { by } => {
            let by: Vec<&str> = by.iter().map(|id| id.as_str()).collect();
            format!("waits for {}", by.join(", "))
        }
        Verdict::Skipped { why } => format!("skipped: {why}"),
        Verdict::Inconclusive { control } => format!("not judged: {control}"),
        Verdict::Broken { fault } => format!("our fault: {fault}"),
    };
    let text = match &record.overridden {
        Some(changed) => format!("{text} ({})", overridden(changed)),
        None => text,
    };
    cut(&one_line(&text), LONG)
}
