//! Disclosure: what a project keeps back is taken out of the records, so that no output can tell it.
//!
//! A check whose findings are kept back is still counted, and says so in one sentence.

use jiff::civil::Date;

use super::findings;
use crate::model::{CheckId, Finding, KeptBack, Record, Report, Shows, Verdict};
use crate::pack::{Disclosure, Later, Since};
use crate::score;

/// What is kept back on a day at an attempt; none where everything is told.
pub(super) fn policy(rules: &Disclosure, attempt: Option<u32>, day: Date) -> Option<KeptBack> {
    let (shows, more) = rules.on(attempt, day);
    let what = match shows {
        Shows::Everything => return None,
        Shows::Findings => "what a finding rests on is kept back",
        Shows::Titles => "what was found is kept back",
        Shows::FirstFailure => "what was found is kept back for all but the failure to mend first",
    };
    Some(KeptBack {
        shows,
        says: format!("{what}{}", until(more)),
    })
}

fn until(more: Option<Later>) -> String {
    match more.map(|rule| rule.since) {
        Some(Since::Attempt(n)) => format!(" until attempt {n}"),
        Some(Since::Day(day)) => format!(" until {day}"),
        None => String::new(),
    }
}

/// Takes out of a report what is kept back. `must` are the checks that its gate asks for.
pub(super) fn apply(report: &mut Report, policy: KeptBack, must: &[CheckId]) {
    let first = score::by_importance(&report.checks, &report.waiting, must);
    let first = first.first().and_then(|&at| report.checks.get(at));
    let first = first.map(|record| record.id.clone());
    for record in &mut report.checks {
        match policy.shows {
            Shows::Everything => {}
            Shows::Findings => verdicts(record).for_each(|verdict| {
                findings(verdict).iter_mut().for_each(bare);
            }),
            Shows::FirstFailure if Some(&record.id) == first.as_ref() => {}
            Shows::FirstFailure | Shows::Titles => seal(record, &policy.says),
        }
    }
    match policy.shows {
        Shows::Everything => {}
        // The cures say what to do, and not where it is wrong.
        Shows::Findings => report.picture.iter_mut().for_each(|p| p.cures.clear()),
        Shows::FirstFailure | Shows::Titles => {
            report.picture = None;
            report
                .misconceptions
                .iter_mut()
                .for_each(|m| m.evidence.clear());
        }
    }
    report.first = score::first(&report.checks, &report.waiting, must);
    report.kept_back = Some(policy);
}

/// Leaves of a finding what is wrong, and where.
fn bare(finding: &mut Finding) {
    finding.expected.clear();
    finding.actual.clear();
    finding.note = None;
    finding.evidence.clear();
}

fn seal(record: &mut Record, says: &str) {
    let mut sealed = false;
    for verdict in verdicts(record) {
        match verdict {
            Verdict::Fail { findings } => {
                findings.clear();
                sealed = true;
            }
            Verdict::Pass { advice } => advice.clear(),
            _ => {}
        }
    }
    if sealed {
        record.kept_back = Some(says.to_owned());
    }
}

/// The verdict, and the one before it where an instructor has changed it.
fn verdicts(record: &mut Record) -> impl Iterator<Item = &mut Verdict> {
    let was = record.overridden.as_mut().map(|changed| &mut changed.was);
    std::iter::once(&mut record.verdict).chain(was)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_sentence_says_until_when() {
        let later = |since| Disclosure {
            shows: Shows::Titles,
            later: vec![Later {
                since,
                shows: Shows::Everything,
            }],
        };
        let says =
            |rules: &Disclosure| policy(rules, Some(1), date(2027, 2, 1)).map(|kept| kept.says);
        let attempt = says(&later(Since::Attempt(3)));
        assert_eq!(
            attempt.as_deref(),
            Some("what was found is kept back until attempt 3")
        );
        let day = says(&later(Since::Day(date(2027, 3, 1))));
        assert_eq!(
            day.as_deref(),
            Some("what was found is kept back until 2027-03-01")
        );
        let open = says(&later(Since::Day(date(2027, 1, 1))));
        assert_eq!(open, None);
    }
}
