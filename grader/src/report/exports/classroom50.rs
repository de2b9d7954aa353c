//! `result.json` of Classroom 50 (`classroom50/result/v1`; its wiki, "Advanced Autograding", contract). Who owns the
//! submission is stamped by its runner; what the runner told us is passed on.

use serde_json::{Value, json};

use super::case::{cases, said};
use crate::model::{Doing, Fault, HandedIn, Report};
use crate::report::text::{PARTIAL, cut, one_line};

/// Stands where nobody said: the collector refuses an empty text.
const UNKNOWN: &str = "unknown";

/// The report as `result.json`.
///
/// # Errors
/// Only if the serialiser fails, which is ours.
pub fn render(report: &Report) -> Result<String, Fault> {
    let tests = cases(report).into_iter().filter_map(|case| {
        Some(json!({
            "test-name": cut(&one_line(case.record.id.as_str()), 200),
            "passed": case.record.verdict.passed(),
            "score": case.earned,
            "max-score": case.possible?,
            "stage": case.record.stage.as_str(),
            "message": said(case.record),
        }))
    });
    let notice = report.partial.then(|| {
        json!({
            "test-name": "the whole run", "passed": false, "score": 0, "max-score": 0, "message": PARTIAL,
        })
    });
    let tests: Vec<Value> = notice.into_iter().chain(tests).collect();
    let told = |field: fn(&HandedIn) -> &str| match report.submission.handed_in.as_ref().map(field)
    {
        Some(text) if !text.trim().is_empty() => cut(&one_line(text), 1_000),
        _ => UNKNOWN.to_owned(),
    };
    let result = json!({
        "schema": "classroom50/result/v1",
        "classroom": told(|h| &h.classroom),
        "assignment": told(|h| &h.assignment),
        "submission": told(|h| &h.submission),
        "commit": told(|h| &h.commit),
        "release": told(|h| &h.release),
        "review": told(|h| &h.review),
        "datetime": report.started,
        "score": report.score.earned,
        "max-score": report.score.possible,
        "tests": tests,
    });
    let text = serde_json::to_string_pretty(&result).doing("writing the Classroom 50 result")?;
    Ok(text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    /// What the collector asks of a result before it counts it.
    fn collected(result: &Value) {
        assert_eq!(result["schema"], "classroom50/result/v1");
        for field in [
            "classroom",
            "assignment",
            "submission",
            "commit",
            "release",
            "review",
            "datetime",
        ] {
            assert!(
                result[field].as_str().is_some_and(|text| !text.is_empty()),
                "{field}"
            );
        }
        let at_most = |of: &Value| {
            let (score, max) = (
                of["score"].as_u64().unwrap(),
                of["max-score"].as_u64().unwrap(),
            );
            assert!(score <= max, "{of}");
            (score, max)
        };
        let tests = result["tests"].as_array().unwrap();
        let (mut score, mut max) = (0, 0);
        for test in tests {
            assert!(
                test["test-name"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty())
            );
            assert!(test["passed"].is_boolean());
            let one = at_most(test);
            (score, max) = (score + one.0, max + one.1);
        }
        assert_eq!(at_most(result), (score, max));
    }

    #[test]
    fn the_collector_takes_it() {
        for report in [
            sample::mixed(),
            sample::green(),
            sample::hostile(),
            sample::cut_short(),
        ] {
            collected(&serde_json::from_str(&render(&report).unwrap()).unwrap());
        }
    }

    #[test]
    fn what_the_runner_said_is_passed_on() {
        let mut report = sample::green();
        let said = |what: &str| what.to_owned();
        report.submission.handed_in = Some(HandedIn {
            classroom: said("backend"),
            assignment: said("1-listings"),
            submission: said("submit/2026-06-01T14-32-05Z-a1b2c3d"),
            commit: said("https://github.com/o/r/commit/a1b2c3d"),
            release: said("https://github.com/o/r/releases/tag/submit"),
            review: said("https://github.com/o/r/compare/a...b"),
        });
        let result: Value = serde_json::from_str(&render(&report).unwrap()).unwrap();
        assert_eq!(result["classroom"], "backend");
        assert_eq!(result["review"], "https://github.com/o/r/compare/a...b");
    }
}
