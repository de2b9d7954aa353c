//! Which beliefs the failures speak of: what a mentor talks about.

use crate::model::{CheckId, Misconception, Record, Verdict};
use crate::pack::Belief;

/// How many pieces of evidence a belief is shown with.
const PIECES: usize = 3;

/// The beliefs that a failed check speaks of, the one with most failures first; ties in the order of the curriculum.
pub(super) fn of(records: &[Record], beliefs: &[Belief]) -> Vec<Misconception> {
    let mut found: Vec<Misconception> = beliefs
        .iter()
        .filter_map(|belief| one(records, belief))
        .collect();
    found.sort_by_key(|m| std::cmp::Reverse(m.checks.len()));
    found
}

fn one(records: &[Record], belief: &Belief) -> Option<Misconception> {
    let failed = records.iter().filter(|record| {
        matches!(record.verdict, Verdict::Fail { .. }) && belief.checks.contains(&record.id)
    });
    let failed: Vec<&Record> = failed.collect();
    let first = |record: &&Record| Some(record.verdict.findings().first()?.saw.clone());
    let checks: Vec<CheckId> = failed.iter().map(|record| record.id.clone()).collect();
    (!checks.is_empty()).then(|| Misconception {
        id: belief.id.clone(),
        title: belief.title.clone(),
        instead: belief.instead.clone(),
        ask: belief.ask.clone(),
        evidence: failed.iter().filter_map(first).take(PIECES).collect(),
        checks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Draft, Finding, Severity, Stage};

    fn record(id: &str, fails: bool) -> Record {
        let draft = Draft {
            saw: format!("{id} was seen"),
            ..Draft::default()
        };
        let verdict = match fails {
            true => Verdict::Fail {
                findings: vec![Finding::from_draft(id, 1, draft)],
            },
            false => Verdict::Pass { advice: vec![] },
        };
        Record {
            id: id.into(),
            stage: Stage::Endpoints,
            summary: String::new(),
            concept: String::new(),
            severity: Severity::High,
            points: 5,
            verdict,
            kept_back: None,
            overridden: None,
            seconds: 0.0,
        }
    }

    fn belief(id: &str, checks: &[&str]) -> Belief {
        Belief {
            id: id.into(),
            title: String::new(),
            instead: String::new(),
            ask: String::new(),
            checks: checks.iter().map(|&c| c.into()).collect(),
        }
    }

    #[test]
    fn what_failed_most_comes_first_with_its_evidence() {
        let records = [record("a", true), record("b", true), record("c", false)];
        let beliefs = [
            belief("one", &["a", "c"]),
            belief("none", &["c", "d"]),
            belief("two", &["a", "b"]),
        ];
        let found = of(&records, &beliefs);
        let ids: Vec<&str> = found.iter().map(|m| m.id.as_str()).collect();
        assert_eq!(ids, ["two", "one"]);
        assert_eq!(found[0].evidence, ["a was seen", "b was seen"]);
        assert_eq!(found[1].checks, [CheckId::from("a")]);
    }
}
