//! What `autograding-grading-reporter` of GitHub Classroom reads from a step's output `result`: base64 of JSON. It
//! adds up `score` of all tests against `max_score`; a missing score would make the sum NaN. The table in its log
//! counts tests and not points, which no file can mend.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::case::{Case, LONG, cases, said};
use crate::model::{Doing, Fault, Report, Verdict};
use crate::report::text::{PARTIAL, cut};

/// The reporter takes it from its environment, where Linux allows 128 KiB a variable (`MAX_ARG_STRLEN`).
const ROOM: usize = 120 * 1024;

/// The report as one line of base64.
///
/// # Errors
/// Only if the serialiser fails, which is ours.
pub fn render(report: &Report) -> Result<String, Fault> {
    let mut text = String::new();
    // Words give way before the environment does.
    for long in [LONG, LONG / 4, LONG / 16, 0] {
        text = STANDARD.encode(written(report, long)?);
        if text.len() <= ROOM {
            break;
        }
    }
    Ok(text + "\n")
}

fn written(report: &Report, long: usize) -> Result<String, Fault> {
    let cases = cases(report).into_iter();
    let cases = cases.filter_map(|case| Some(test(&case, case.possible?, long)));
    let notice = report.partial.then(|| {
        json!({
            "name": "the whole run", "status": "error", "message": PARTIAL, "test_code": "", "filename": "",
            "line_no": 0, "execution_time": "0s", "score": 0,
        })
    });
    let status = match report.verdict.as_str() {
        _ if report.partial => "error",
        "open" => "pass",
        "not-yet" => "fail",
        _ => "error",
    };
    let result = json!({
        "version": 1,
        "status": status,
        "max_score": report.score.possible,
        "tests": notice.into_iter().chain(cases).collect::<Vec<_>>(),
    });
    serde_json::to_string(&result).doing("writing the result for GitHub Classroom")
}

fn test(case: &Case<'_>, possible: u32, long: usize) -> Value {
    let record = case.record;
    let status = match record.verdict {
        Verdict::Pass { .. } => "pass",
        _ => "fail",
    };
    json!({
        "name": cut(record.id.as_str(), LONG / 4),
        "status": status,
        "message": match record.verdict.passed() {
            true => String::new(),
            false => cut(&said(record), long),
        },
        "test_code": format!("grader grade --only {}", cut(record.id.as_str(), LONG / 4)),
        "filename": "",
        "line_no": 0,
        "execution_time": format!("{:.1}s", record.seconds),
        "score": case.earned,
        // The reporter does not read it; people do.
        "max_score": possible,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn read(report: &Report) -> Value {
        let text = render(report).unwrap();
        serde_json::from_slice(&STANDARD.decode(text.trim_end()).unwrap()).unwrap()
    }

    #[test]
    fn the_reporters_fields_are_there_and_its_sum_is_the_score() {
        for report in [sample::mixed(), sample::green(), sample::hostile()] {
            let result = read(&report);
            let tests = result["tests"].as_array().unwrap();
            let sum: u64 = tests.iter().map(|t| t["score"].as_u64().unwrap()).sum();
            assert_eq!(sum, u64::from(report.score.earned));
            assert_eq!(result["max_score"], report.score.possible);
            for test in tests {
                assert!(["pass", "fail"].contains(&test["status"].as_str().unwrap()));
                assert!(!test["name"].as_str().unwrap().is_empty());
                assert!(test["message"].is_string());
            }
        }
        assert_eq!(read(&sample::green())["status"], "pass");
        assert_eq!(read(&sample::mixed())["status"], "error");
    }

    #[test]
    fn a_flood_fits_into_a_variable() {
        assert!(render(&sample::flood(400)).unwrap().len() <= ROOM + 1);
        let tests = read(&sample::flood(400));
        assert_eq!(tests["tests"].as_array().unwrap().len(), 400);
    }
}
