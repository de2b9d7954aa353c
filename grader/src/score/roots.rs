//! Root causes: if login is broken, what stands on it waits for login and for nothing else.

use std::collections::BTreeSet;

use super::points;
use crate::model::{CheckId, Record, Stage, Verdict, Waiting};

/// What a blocked check waits for in the end. Follows blocked checks to checks that are not blocked;
/// a check that was not planned is a root too. Empty for checks that are not blocked.
pub(super) fn of<'a>(record: &'a Record, records: &'a [Record]) -> BTreeSet<&'a CheckId> {
    let mut roots = BTreeSet::new();
    let mut seen = BTreeSet::from([&record.id]);
    let mut open: Vec<&CheckId> = blockers(record).iter().collect();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        match records.iter().find(|r| r.id == *id) {
            Some(r) if matches!(r.verdict, Verdict::Blocked { .. }) => open.extend(blockers(r)),
            Some(r) if r.verdict.passed() && r.overridden.is_none() => {}
            _ => {
                roots.insert(id);
            }
        }
    }
    roots
}

fn blockers(record: &Record) -> &[CheckId] {
    match &record.verdict {
        Verdict::Blocked { by } => by,
        _ => &[],
    }
}

/// Blocked checks folded by root cause, in the order in which a learner meets the causes. A check with
/// several causes is counted once, under the first, so that the sums are those of the whole run.
pub(super) fn waiting(records: &[Record]) -> Vec<Waiting> {
    let place = |id: &CheckId| {
        records
            .iter()
            .position(|r| r.id == *id)
            .unwrap_or(usize::MAX)
    };
    let mut folded: Vec<Waiting> = Vec::new();
    for record in records {
        let Some(root) = of(record, records).into_iter().min_by_key(|id| place(id)) else {
            continue;
        };
        let points = if points::counts(record, records) {
            record.points
        } else {
            0
        };
        match folded.iter_mut().find(|w| w.root == *root) {
            Some(w) => {
                w.checks += 1;
                w.points += points;
            }
            None => folded.push(Waiting {
                root: root.clone(),
                stage: stage_of(root, records).unwrap_or(record.stage),
                checks: 1,
                points,
            }),
        }
    }
    folded.sort_by_key(|w| place(&w.root));
    folded
}

fn stage_of(id: &CheckId, records: &[Record]) -> Option<Stage> {
    let planned = records.iter().find(|r| r.id == *id).map(|r| r.stage);
    planned.or_else(|| id.as_str().split('.').next().and_then(Stage::parse))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{blocked, fail, pass, record};
    use super::*;
    use crate::model::Severity::{High, Low};

    #[test]
    fn a_chain_is_folded_to_its_root() {
        let records = [
            record("boot.a", High, fail("boot.a")),
            record("endpoints.b", High, blocked(&["boot.a"])),
            record("auth.c", Low, blocked(&["endpoints.b", "endpoints.d"])),
            record("endpoints.d", Low, pass()),
        ];
        let waiting = waiting(&records);
        let [only] = waiting.as_slice() else {
            panic!("{waiting:?}")
        };
        assert_eq!((only.root.as_str(), only.stage), ("boot.a", Stage::Boot));
        assert_eq!((only.checks, only.points), (2, 6));
    }

    #[test]
    fn a_check_with_two_causes_is_counted_once() {
        let records = [
            record("boot.a", High, fail("boot.a")),
            record("boot.b", High, fail("boot.b")),
            record("auth.c", Low, blocked(&["boot.b", "boot.a"])),
        ];
        let waiting = waiting(&records);
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].root.as_str(), "boot.a");
    }

    #[test]
    fn a_check_left_out_of_the_run_is_a_root_and_a_circle_ends() {
        let records = [
            record("auth.c", Low, blocked(&["boot.absent"])),
            record("auth.d", Low, blocked(&["auth.e"])),
            record("auth.e", Low, blocked(&["auth.d"])),
        ];
        let waiting = waiting(&records);
        assert_eq!(waiting.len(), 1);
        assert_eq!(
            (waiting[0].root.as_str(), waiting[0].stage),
            ("boot.absent", Stage::Boot)
        );
    }
}
