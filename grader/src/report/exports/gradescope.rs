//! `results.json` of Gradescope's autograder (documentation, "Output format"): one test a check, and no score at
//! the top, which would take the place of their sum.

use serde_json::{Map, Value, json};

use super::case::{cases, first, said};
use crate::model::{Doing, Fault, Report, Verdict};
use crate::report::markdown;
use crate::report::text::one_line;

/// How long the text of one test may be, bytes.
const LONG: usize = 20_000;

/// The report as `results.json`.
///
/// # Errors
/// Only if the serialiser fails, which is ours.
pub fn render(report: &Report) -> Result<String, Fault> {
    let tests = cases(report).into_iter().map(|case| {
        let record = case.record;
        let mut test = Map::new();
        let mut put = |name: &str, value: Value| test.insert(name.to_owned(), value);
        put("name", record.id.as_str().into());
        put(
            "number",
            format!("{}.{}", record.stage as u8 + 1, case.number).into(),
        );
        put(
            "tags",
            json!([
                record.stage.as_str(),
                record.severity.as_str(),
                record.concept
            ]),
        );
        put("visibility", "visible".into());
        if let Some(possible) = case.possible {
            put("score", case.earned.into());
            put("max_score", possible.into());
            put(
                "status",
                if record.verdict.passed() {
                    "passed"
                } else {
                    "failed"
                }
                .into(),
            );
        }
        let text = match record.verdict {
            Verdict::Fail { .. } => markdown::check(record, LONG),
            _ => markdown::plain(&said(record)),
        };
        put("output", text.into());
        put("output_format", "md".into());
        Value::Object(test)
    });
    let results = json!({
        "output": markdown::plain(&first(report)),
        "output_format": "md",
        "tests": tests.collect::<Vec<_>>(),
        "execution_time": report.seconds,
        "extra_data": {
            "grader": report.grader,
            "project": report.pack.id,
            "pack": report.pack.digest,
            "submission": report.submission.digest,
            "commit": report.submission.commit.as_deref().map(one_line),
            "seed": report.seed,
            "verdict": report.verdict,
            "attempt": report.progress.map(|p| p.attempt),
        },
    });
    let text = serde_json::to_string_pretty(&results).doing("writing the Gradescope results")?;
    Ok(text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn results_keep_to_the_documented_members_and_values() {
        let known = [
            "name",
            "number",
            "tags",
            "visibility",
            "score",
            "max_score",
            "status",
            "output",
            "output_format",
        ];
        for report in [
            sample::mixed(),
            sample::green(),
            sample::hostile(),
            sample::cut_short(),
        ] {
            let results: Value = serde_json::from_str(&render(&report).unwrap()).unwrap();
            assert!(
                results["score"].is_null(),
                "it would take the place of the sum"
            );
            assert!(results["execution_time"].is_number());
            assert_eq!(results["output_format"], "md");
            let tests = results["tests"].as_array().unwrap();
            assert_eq!(tests.len(), report.checks.len());
            for test in tests {
                let members = test.as_object().unwrap();
                assert!(
                    members.keys().all(|m| known.contains(&m.as_str())),
                    "{test}"
                );
                // The total is hidden as soon as one test is.
                assert_eq!(test["visibility"], "visible");
                if let Some(max) = test.get("max_score") {
                    assert!(test["score"].as_u64().unwrap() <= max.as_u64().unwrap());
                    assert!(["passed", "failed"].contains(&test["status"].as_str().unwrap()));
                } else {
                    assert!(test.get("score").is_none() && test.get("status").is_none());
                }
            }
        }
    }
}
