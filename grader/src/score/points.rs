//! Points and counts.

use std::collections::BTreeMap;

use super::roots;
use crate::model::{CheckId, Record, Score, Totals, Verdict};

/// Gives each record its points: what the pack says, else what its severity is worth.
pub fn price(records: &mut [Record], overrides: &BTreeMap<CheckId, u32>) {
    for record in records {
        record.points = overrides
            .get(&record.id)
            .copied()
            .unwrap_or_else(|| record.severity.points());
    }
}

/// Whether the check's points are possible in this run. What was skipped and what we broke is left out, but not what a
/// run that was cut short had still to ask.
/// A check that waits counts as what it waits for does: our fault costs nothing further down either.
pub fn counts(record: &Record, records: &[Record]) -> bool {
    match &record.verdict {
        Verdict::Pass { .. } | Verdict::Fail { .. } | Verdict::Inconclusive { .. } => true,
        // Half a run earns no whole mark.
        Verdict::Skipped { .. } => record.verdict.is_cut_short(),
        Verdict::Broken { .. } => false,
        Verdict::Blocked { .. } => {
            let causes = roots::of(record, records);
            causes.is_empty()
                || causes
                    .iter()
                    .any(|id| match records.iter().find(|r| r.id == **id) {
                        // What waits for a verdict that the instructor changed was never judged.
                        Some(Record {
                            verdict,
                            overridden,
                            ..
                        }) => match verdict {
                            Verdict::Skipped { .. } | Verdict::Broken { .. } => false,
                            Verdict::Pass { .. } => overridden.is_none(),
                            _ => true,
                        },
                        None => true,
                    })
        }
    }
}

/// The points of the records that count here; of all of them, it is the one total.
pub(super) fn score(records: &[Record], here: impl Fn(&Record) -> bool) -> Score {
    let here: Vec<&Record> = records.iter().filter(|r| here(r)).collect();
    let sum =
        |keep: &dyn Fn(&Record) -> bool| here.iter().filter(|r| keep(r)).map(|r| r.points).sum();
    Score {
        earned: sum(&|r| r.verdict.passed()),
        possible: sum(&|r| counts(r, records)),
    }
}

/// Whether the score is at least this share of what is possible. Nothing possible reaches nothing.
pub(super) fn reaches(score: Score, share: f64) -> bool {
    // Shares are written as decimals: 0.7 of 10 points is 7, whatever its binary fraction is.
    let tolerance = 1e-9;
    score.possible > 0 && f64::from(score.earned) + tolerance >= share * f64::from(score.possible)
}

/// Verdicts counted.
pub(super) fn totals(records: &[Record]) -> Totals {
    let mut totals = Totals::default();
    for record in records {
        *match record.verdict {
            Verdict::Pass { .. } => &mut totals.pass,
            Verdict::Fail { .. } => &mut totals.fail,
            Verdict::Blocked { .. } => &mut totals.blocked,
            Verdict::Skipped { .. } => &mut totals.skipped,
            Verdict::Inconclusive { .. } => &mut totals.inconclusive,
            Verdict::Broken { .. } => &mut totals.broken,
        } += 1;
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::super::tests::{blocked, fail, pass, record};
    use super::*;
    use crate::model::Severity::{Critical, High, Low, Medium};

    #[test]
    fn each_verdict_counts_as_the_law_says() {
        let records = [
            record("boot.a", Critical, pass()),
            record("boot.b", High, fail("boot.b")),
            record("boot.c", Medium, blocked(&["boot.b"])),
            record(
                "boot.d",
                Medium,
                Verdict::Skipped {
                    why: "not asked".into(),
                },
            ),
            record(
                "boot.e",
                Low,
                Verdict::Inconclusive {
                    control: "429".into(),
                },
            ),
            record(
                "boot.f",
                High,
                Verdict::Broken {
                    fault: "disk".into(),
                },
            ),
        ];
        assert_eq!(
            score(&records, |_| true),
            Score {
                earned: 8,
                possible: 8 + 5 + 3 + 1
            }
        );
        let totals = totals(&records);
        assert_eq!((totals.pass, totals.fail, totals.blocked), (1, 1, 1));
        assert_eq!(
            (totals.skipped, totals.inconclusive, totals.broken),
            (1, 1, 1)
        );
    }

    #[test]
    fn what_waits_for_our_fault_costs_nothing() {
        let records = [
            record(
                "boot.a",
                High,
                Verdict::Broken {
                    fault: "disk".into(),
                },
            ),
            record("boot.b", High, blocked(&["boot.a"])),
            record("boot.c", High, blocked(&["boot.b"])),
            record("boot.d", Low, fail("boot.d")),
            record("boot.e", Low, blocked(&["boot.a", "boot.d"])),
        ];
        assert_eq!(
            score(&records, |_| true),
            Score {
                earned: 0,
                possible: 1 + 1
            }
        );
    }

    #[test]
    fn a_pack_sets_points_and_severity_the_rest() {
        let mut records = [
            record("boot.a", Low, pass()),
            record("boot.b", High, pass()),
        ];
        price(
            &mut records,
            &BTreeMap::from([(CheckId::from("boot.a"), 40)]),
        );
        assert_eq!((records[0].points, records[1].points), (40, 5));
    }

    #[test]
    fn a_share_is_a_decimal() {
        assert!(reaches(
            Score {
                earned: 3,
                possible: 30
            },
            0.1
        ));
        assert!(reaches(
            Score {
                earned: 17,
                possible: 20
            },
            0.85
        ));
        assert!(!reaches(
            Score {
                earned: 16,
                possible: 20
            },
            0.85
        ));
        assert!(!reaches(
            Score {
                earned: 0,
                possible: 0
            },
            0.0
        ));
    }
}
