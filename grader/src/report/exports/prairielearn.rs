//! `results.json` of a PrairieLearn external grader (documentation, "External grading", grading result).

use serde_json::{Value, json};

use super::case::{cases, said};
use crate::model::{Doing, Fault, Report};
use crate::report::terminal;
use crate::report::text::{cut, one_line, visible};

/// How long the text of one test may be, characters.
const LONG: usize = 20_000;

/// The report as a grading result: `score` is the share of the possible points, 0 to 1.
///
/// # Errors
/// Only if the serialiser fails, which is ours.
pub fn render(report: &Report) -> Result<String, Fault> {
    let tests: Vec<Value> = cases(report)
        .into_iter()
        .filter_map(|case| {
            let record = case.record;
            Some(json!({
                "name": record.id.as_str(),
                "description": one_line(&record.summary),
                "points": case.earned,
                // What the instructor waived costs nothing, and is told all the same.
                "max_points": case.possible.or(record.overridden.is_some().then_some(0))?,
                "message": said(record),
                "output": match record.verdict.findings() {
                    [] => String::new(),
                    _ => cut(&visible(&terminal::findings(record, 100)), LONG),
                },
            }))
        })
        .collect();
    let score = report.score;
    let result = json!({
        // A fault of ours is no grade, and takes no attempt.
        "gradable": report.verdict != "fault",
        "score": f64::from(score.earned) / f64::from(score.possible.max(1)),
        "message": cut(&one_line(report.first.as_deref().unwrap_or("nothing to fix")), 1_000),
        "output": format!("{} of {} points", score.earned, score.possible),
        "tests": tests,
    });
    let text = serde_json::to_string_pretty(&result).doing("writing the PrairieLearn result")?;
    Ok(text + "\n")
}
