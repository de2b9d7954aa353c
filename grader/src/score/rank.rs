//! What matters most: causes before consequences, `must` before the rest, then severity, then the order
//! in which a learner meets the checks.

use std::cmp::Reverse;

use crate::model::{CheckId, Record, Verdict, Waiting};

/// The places in `records` of what a learner can act on, most important first: failures, then what
/// could not be judged.
pub fn by_importance(records: &[Record], waiting: &[Waiting], must: &[CheckId]) -> Vec<usize> {
    let mut places: Vec<(_, usize)> = records
        .iter()
        .enumerate()
        .filter_map(|(place, r)| {
            let class = match r.verdict {
                Verdict::Fail { .. } => 0,
                Verdict::Inconclusive { .. } => 1,
                _ => return None,
            };
            let cause = waiting.iter().any(|w| w.root == r.id);
            let must = must.contains(&r.id);
            Some(((class, !cause, !must, Reverse(r.severity)), place))
        })
        .collect();
    places.sort();
    places.into_iter().map(|(_, place)| place).collect()
}

/// One sentence on what to fix first; none when there is nothing to fix.
pub fn first(records: &[Record], waiting: &[Waiting], must: &[CheckId]) -> Option<String> {
    let place = by_importance(records, waiting, must).into_iter().next()?;
    let record = records.get(place)?;
    let id = &record.id;
    let held_up = match waiting.iter().find(|w| w.root == *id) {
        Some(Waiting { checks: 1, .. }) => " (1 check waits for it)".to_owned(),
        Some(w) => format!(" ({} checks wait for it)", w.checks),
        None => String::new(),
    };
    Some(match &record.verdict {
        Verdict::Inconclusive { control } => {
            format!("{id} could not be judged{held_up}: {control}; see `grader explain {id}`")
        }
        _ => {
            let saw = record
                .verdict
                .findings()
                .first()
                .map_or(&record.summary, |f| &f.saw);
            format!("{id}{held_up}: {saw}; see `grader explain {id}`")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::roots;
    use super::super::tests::{blocked, fail, pass, record};
    use super::*;
    use crate::model::Severity::{Critical, High, Low};

    fn order(records: &[Record], must: &[&str]) -> Vec<String> {
        let must: Vec<CheckId> = must.iter().map(|id| CheckId::from(*id)).collect();
        by_importance(records, &roots::waiting(records), &must)
            .into_iter()
            .map(|place| records[place].id.to_string())
            .collect()
    }

    #[test]
    fn causes_then_must_then_severity_then_order() {
        let records = [
            record(
                "boot.doubt",
                Critical,
                Verdict::Inconclusive {
                    control: "429".into(),
                },
            ),
            record("boot.low", Low, fail("boot.low")),
            record("boot.low2", Low, fail("boot.low2")),
            record("boot.critical", Critical, fail("boot.critical")),
            record("boot.must", Low, fail("boot.must")),
            record("boot.cause", Low, fail("boot.cause")),
            record("auth.waits", High, blocked(&["boot.cause"])),
            record("auth.fine", High, pass()),
        ];
        let expected = [
            "boot.cause",
            "boot.must",
            "boot.critical",
            "boot.low",
            "boot.low2",
            "boot.doubt",
        ];
        assert_eq!(order(&records, &["boot.must"]), expected);
    }

    #[test]
    fn the_sentence_names_the_check_what_was_seen_and_where_to_read_on() {
        let records = [
            record("boot.cause", Low, fail("boot.cause")),
            record("auth.waits", High, blocked(&["boot.cause"])),
        ];
        let first = first(&records, &roots::waiting(&records), &[]).unwrap();
        assert_eq!(
            first,
            "boot.cause (1 check waits for it): boot.cause was seen; see `grader explain boot.cause`"
        );
    }

    #[test]
    fn nothing_wrong_nothing_first() {
        assert_eq!(first(&[record("boot.a", Low, pass())], &[], &[]), None);
    }
}
