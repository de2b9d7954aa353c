//! Autolab (documentation, "Formatted feedback"): a line of semantic feedback, then a last line with the scores,
//! one problem a stage.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::case::{Case, cases, said};
use crate::model::{Doing, Fault, Report};

/// The report as two lines of JSON.
///
/// # Errors
/// Only if the serialiser fails, which is ours.
pub fn render(report: &Report) -> Result<String, Fault> {
    let mut stages: IndexMap<&str, Vec<Case<'_>>> = IndexMap::new();
    for case in cases(report) {
        stages
            .entry(case.record.stage.as_str())
            .or_default()
            .push(case);
    }
    let results: serde_json::Map<String, Value> = stages
        .iter()
        .map(|(stage, cases)| ((*stage).to_owned(), cases.iter().map(test).collect()))
        .collect();
    let feedback = json!({
        "_presentation": "semantic",
        "stages": stages.keys().collect::<Vec<_>>(),
        "test results": results,
    });
    let sum = |cases: &[Case<'_>]| cases.iter().map(|c| c.earned).sum::<u32>();
    let scores: serde_json::Map<String, Value> = stages
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
    let result = match case.record.verdict.passed() {
        true => json!({ "passed": true }),
        false => json!({ "passed": false, "hint": said(case.record) }),
    };
    (case.record.id.to_string(), result)
}
