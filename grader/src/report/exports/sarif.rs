//! SARIF 2.1.0 for code scanning: a rule a check, a result a finding. A finding is about what a service does and not
//! about a line, so each is shown at the file that says how the service starts, line 1.

use serde_json::{Value, json};

use super::case::said;
use crate::model::{CheckId, Doing, Fault, Finding, Record, Report, Severity, Stage, Verdict};
use crate::report::text::{PARTIAL, cut, one_line, visible};
use crate::score;

/// GitHub shows 5,000 results of a run, the most important first.
const RESULTS: usize = 4_999;
/// How long a message may be, in characters.
const LONG: usize = 1_000;
/// Where a submission without a folder is shown: a service that was only named by its address has no file.
const NOWHERE: &str = "Procfile";

/// The report as a SARIF log of one run.
///
/// # Errors
/// Only if the serialiser fails, which is ours.
pub fn render(report: &Report) -> Result<String, Fault> {
    let must: Vec<CheckId> = report
        .tiers
        .iter()
        .flat_map(|t| t.missing.clone())
        .collect();
    let order = score::by_importance(&report.checks, &report.waiting, &must);
    let uri = path(report.submission.anchor.as_deref().unwrap_or(NOWHERE));
    let found = order
        .into_iter()
        .filter_map(|place| Some((place, report.checks.get(place)?)));
    let found = found.flat_map(|(place, record)| {
        let all = record.verdict.findings().iter();
        all.map(move |finding| (place, record, finding))
    });
    let mut results: Vec<Value> = found
        .map(|(place, record, finding)| result(place, record, finding, &uri))
        .collect();
    let left_out = results.len().saturating_sub(RESULTS);
    results.truncate(RESULTS);
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "invocations": [{
                "executionSuccessful": report.verdict != "fault" && !report.partial,
                "toolExecutionNotifications": notifications(report, left_out),
            }],
            "tool": { "driver": {
                "name": "grader",
                "semanticVersion": report.grader,
                "rules": report.checks.iter().map(rule).collect::<Vec<_>>(),
            }},
            "automationDetails": { "id": format!("grader/{}/", path(&report.pack.id)) },
            "results": results,
            "properties": {
                "verdict": report.verdict,
                "earned": report.score.earned,
                "possible": report.score.possible,
                "seed": report.seed,
                "pack": report.pack.digest,
                "submission": report.submission.digest,
                "commit": report.submission.commit.as_deref().map(one_line),
            },
        }],
    });
    let text = serde_json::to_string_pretty(&log).doing("writing the SARIF log")?;
    Ok(text + "\n")
}

fn rule(record: &Record) -> Value {
    let mut properties =
        json!({ "tags": [record.stage.as_str(), cut(&one_line(&record.concept), 100)] });
    if record.stage == Stage::Auth {
        // Code scanning sorts what is tagged so by this number (CVSS bands).
        properties["tags"] = json!(["security", record.stage.as_str()]);
        properties["security-severity"] = match record.severity {
            Severity::Critical => "9.5",
            Severity::High => "8.0",
            Severity::Medium => "5.5",
            Severity::Low => "2.0",
        }
        .into();
    }
    let id = cut(&one_line(record.id.as_str()), 200);
    json!({
        "id": id,
        "shortDescription": { "text": plain(&record.summary) },
        "fullDescription": { "text": plain(why(record).unwrap_or(&record.summary)) },
        "help": { "text": format!("grader explain {id}: what it looks at, why it matters, how to mend it") },
        "defaultConfiguration": { "level": level(record.severity) },
        "properties": properties,
    })
}

/// Why it matters: a report quotes it where the check failed.
fn why(record: &Record) -> Option<&str> {
    record.verdict.findings().first()?.why.as_deref()
}

fn result(place: usize, record: &Record, finding: &Finding, uri: &str) -> Value {
    let mut said = format!(
        "{}. Expected: {}. Was: {}.",
        finding.saw, finding.expected, finding.actual
    );
    if let Some(hint) = &finding.hint {
        said += &format!(" {hint}");
    }
    json!({
        "ruleId": cut(&one_line(record.id.as_str()), 200),
        "ruleIndex": place,
        "level": level(record.severity),
        "message": { "text": plain(&said) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri, "uriBaseId": "%SRCROOT%" },
            "region": { "startLine": 1 },
        }}],
        // All stand on one line: what GitHub would compute from it were the same for all.
        "partialFingerprints": {
            "primaryLocationLineHash": cut(&one_line(&finding.fingerprint), 100),
            "graderFinding/v1": cut(&one_line(&finding.fingerprint), 100),
        },
    })
}

/// What kept the run from judging everything.
fn notifications(report: &Report, left_out: usize) -> Vec<Value> {
    let note =
        |level: &str, text: &str| json!({ "level": level, "message": { "text": plain(text) } });
    let partial = report.partial.then(|| note("error", PARTIAL));
    let faults = report
        .faults
        .iter()
        .map(|fault| note("error", &format!("our fault: {fault}")));
    let unjudged = report
        .checks
        .iter()
        .filter_map(|record| match record.verdict {
            Verdict::Broken { .. } => {
                Some(note("error", &format!("{}: {}", record.id, said(record))))
            }
            Verdict::Inconclusive { .. } => {
                Some(note("note", &format!("{}: {}", record.id, said(record))))
            }
            _ => None,
        });
    let more = (left_out > 0).then(|| {
        note(
            "warning",
            &format!("{left_out} more results: the JSON report has them all"),
        )
    });
    partial
        .into_iter()
        .chain(more)
        .chain(faults)
        .chain(unjudged)
        .collect()
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// Text without links: a viewer makes one of `[text](target)` (SARIF 2.1.0, 3.11.6).
fn plain(text: &str) -> String {
    let text = cut(one_line(&visible(text)).trim(), LONG);
    text.replace('\\', "\\\\")
        .replace('[', "\\[")
        .replace(']', "\\]")
}

/// A relative URI reference (RFC 3986): everything but unreserved characters and `/` is encoded.
fn path(text: &str) -> String {
    let mut out = String::new();
    for byte in cut(text, 400).bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out += &format!("%{byte:02X}"),
        }
    }
    out.trim_start_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn log(report: &Report) -> Value {
        serde_json::from_str(&render(report).unwrap()).unwrap()
    }

    #[test]
    fn logs_keep_to_the_published_schema() {
        let schema = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/ci/schemas/sarif-2.1.0.json"
        );
        let schema = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for report in [
            sample::mixed(),
            sample::green(),
            sample::hostile(),
            sample::cut_short(),
        ] {
            let log = log(&report);
            let problems: Vec<_> = validator.iter_errors(&log).map(|e| e.to_string()).collect();
            assert!(problems.is_empty(), "{problems:?}");
        }
        let mut wrong = log(&sample::mixed());
        wrong["runs"][0]["results"][0]["level"] = "high".into();
        assert!(!validator.is_valid(&wrong));
    }

    #[test]
    fn every_result_has_its_rule_a_place_and_a_fingerprint_of_its_own() {
        let report = sample::mixed();
        let log = log(&report);
        let run = &log["runs"][0];
        let results = run["results"].as_array().unwrap();
        let findings = report
            .checks
            .iter()
            .flat_map(|r| r.verdict.findings())
            .count();
        assert_eq!(results.len(), findings);
        // What code scanning asks of a rule ("SARIF support for code scanning").
        for rule in run["tool"]["driver"]["rules"].as_array().unwrap() {
            for member in ["shortDescription", "fullDescription", "help"] {
                let text = rule[member]["text"].as_str();
                assert!(text.is_some_and(|text| !text.is_empty()), "{rule}");
            }
        }
        let mut prints = std::collections::BTreeSet::new();
        for result in results {
            let rule = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], "Procfile");
            assert_eq!(place["region"]["startLine"], 1);
            prints.insert(result["partialFingerprints"]["primaryLocationLineHash"].to_string());
        }
        assert_eq!(prints.len(), findings);
        assert_eq!(run["properties"]["earned"], report.score.earned);
        assert_eq!(
            run["invocations"][0]["executionSuccessful"], false,
            "a check of it broke"
        );
    }

    #[test]
    fn a_flood_is_cut_and_says_so() {
        let log = log(&sample::flood(1_100));
        assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), RESULTS);
        let notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
        assert!(notes.contains("501 more results"), "{notes}");
    }

    #[test]
    fn text_makes_no_link_and_a_path_stays_below() {
        assert_eq!(plain("[a](http://evil.test)"), "\\[a\\](http://evil.test)");
        assert_eq!(path("/etc/pass wd\u{202e}"), "etc/pass%20wd%E2%80%AE");
    }
}
