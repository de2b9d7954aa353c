//! `results.json` of Gradescope's autograder (documentation, "Output format"): one test a check, and no score at
//! the top, which would take the place of their sum.

use serde_json::{Map, Value, json};

use super::case::{cases, said};
use crate::model::{Doing, Fault, Report, Verdict};
use crate::report::markdown;
use crate::report::text::{cut, one_line};

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
    let first = report.first.as_deref().unwrap_or("nothing to fix");
    let results = json!({
        "tests": tests.collect::<Vec<_>>(),
        "output": markdown::plain(&cut(&one_line(&format!("Fix first: {first}")), 1_000)),
        "output_format": "md",
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
