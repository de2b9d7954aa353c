//! `results.json` of a PrairieLearn external grader (documentation, "External grading", grading result).

use serde_json::{Value, json};

use super::case::{cases, first, said};
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
        // A fault of ours is no grade, and takes no attempt. Nor does a run that was cut short.
        "gradable": report.verdict != "fault" && !report.partial,
        "score": f64::from(score.earned) / f64::from(score.possible.max(1)),
        "message": first(report),
        "output": format!("{} of {} points", score.earned, score.possible),
        "tests": tests,
    });
    let text = serde_json::to_string_pretty(&result).doing("writing the PrairieLearn result")?;
    Ok(text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_result_has_the_documented_members_and_a_share_for_its_score() {
        for report in [
            sample::mixed(),
            sample::green(),
            sample::hostile(),
            sample::cut_short(),
        ] {
            let result: Value = serde_json::from_str(&render(&report).unwrap()).unwrap();
            let share = result["score"].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&share));
            assert!(result["message"].is_string() && result["output"].is_string());
            for test in result["tests"].as_array().unwrap() {
                assert!(
                    ["name", "description", "message", "output"]
                        .iter()
                        .all(|m| test[m].is_string())
                );
                assert!(test["points"].as_u64().unwrap() <= test["max_points"].as_u64().unwrap());
            }
        }
        let gradable = |report: &Report| {
            let result: Value = serde_json::from_str(&render(report).unwrap()).unwrap();
            result["gradable"].as_bool().unwrap()
        };
        assert!(gradable(&sample::green()));
        assert!(!gradable(&sample::mixed()), "a fault of ours");
        assert!(!gradable(&sample::cut_short()));
    }
}
