//! Autolab (documentation, "Formatted feedback"): a line of semantic feedback, then a last line with the scores,
//! one problem a stage.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::case::{Case, cases, said};
use crate::model::{Doing, Fault, Report, Verdict};
use crate::report::text::PARTIAL;

/// The report as two lines of JSON.
///
/// # Errors
/// Only if the serialiser fails, which is ours.
pub fn render(report: &Report) -> Result<String, Fault> {
    let mut stages: IndexMap<&str, Vec<Case<'_>>> = IndexMap::new();
    // What was skipped costs nothing, and would be shown as failed. What was waived is told with its reason.
    let asked = |case: &Case<'_>| match case.record.verdict {
        Verdict::Skipped { .. } => case.possible.is_some() || case.record.overridden.is_some(),
        _ => true,
    };
    for case in cases(report).into_iter().filter(asked) {
        stages
            .entry(case.record.stage.as_str())
            .or_default()
            .push(case);
    }
    let mut named: Vec<&str> = stages.keys().copied().collect();
    let mut feedback = Map::new();
    feedback.insert("_presentation".to_owned(), "semantic".into());
    if report.partial {
        named.insert(0, "partial");
        let test = json!({ "the whole run": { "passed": false, "hint": PARTIAL } });
        feedback.insert("partial".to_owned(), test);
    }
    feedback.insert("stages".to_owned(), named.into());
    for (stage, cases) in &stages {
        feedback.insert((*stage).to_owned(), cases.iter().map(test).collect());
    }
    let feedback = Value::Object(feedback);
    let sum = |cases: &[Case<'_>]| cases.iter().map(|c| c.earned).sum::<u32>();
    let scores: Map<String, Value> = stages
        .iter()
        .map(|(stage, cases)| ((*stage).to_owned(), sum(cases).into()))
        .collect();
    let line = |value: &Value| serde_json::to_string(value).doing("writing the Autolab feedback");
    Ok(format!(
        "{}\n{}\n",
        line(&feedback)?,
        line(&json!({ "scores": scores }))?
    ))
}

/// One test by its check's id.
fn test(case: &Case<'_>) -> (String, Value) {
    let record = case.record;
    let waived = record.overridden.is_some() && case.possible.is_none();
    let result = match record.verdict.passed() || waived {
        true if record.overridden.is_none() => json!({ "passed": true }),
        passed => json!({ "passed": passed, "hint": said(record) }),
    };
    (case.record.id.to_string(), result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn two_lines_each_stage_with_its_tests_and_a_score_for_each() {
        for report in [sample::mixed(), sample::hostile(), sample::cut_short()] {
            let text = render(&report).unwrap();
            let lines: Vec<Value> = text
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            let [feedback, scores] = lines.as_slice() else {
                panic!("{text}")
            };
            assert_eq!(feedback["_presentation"], "semantic");
            let mut stages = feedback["stages"].as_array().unwrap().clone();
            for stage in &stages {
                let tests = feedback[stage.as_str().unwrap()].as_object().unwrap();
                assert!(tests.values().all(|test| test["passed"].is_boolean()));
                assert!(
                    tests
                        .values()
                        .all(|t| t["passed"] == true || t["hint"].is_string())
                );
            }
            stages.retain(|stage| stage != "partial");
            assert!(!stages.is_empty() && (report.partial || !stages.contains(&"schema".into())));
            let scored = scores["scores"].as_object().unwrap().keys();
            let scored: Vec<Value> = scored.map(|stage| stage.as_str().into()).collect();
            assert_eq!(stages, scored);
        }
    }
}
