//! Reports of a submission that attacks whoever reads them.

use serde_json::Value;

use super::{mixed, picture};
use crate::model::*;

/// Text that attacks every medium at once.
pub(crate) const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{202e}evil ]]> </failure><script>alert(1)</script> \
    ``` `x` | [a](http://evil.test) ![b](http://evil.test/b.png) <img src=x> @octocat #12 owner/repo#3 \
    www.evil.test https://evil.test a@evil.test **bold** ~~gone~~ &lt; \u{0}\u{ffff}\u{fffd} \\ud800 \
    \r\n::error file=app.py::evil\n::stop-commands::evil\n##[error]evil\n\n# heading\n- item\n\n---\n";

/// What a spreadsheet would run, if a cell began with it.
const FORMULA: &str = "=HYPERLINK(\"http://evil.test\")";

/// [`mixed`] with all that a report may have besides.
pub(crate) fn full() -> Report {
    let mut report = mixed();
    report.picture = Some(picture());
    report.notes.push(MentorNote {
        when: "2026-02-01T10:00:00Z".into(),
        by: "Marie".into(),
        says: "Read the log first.".into(),
        signed_off: true,
        attempt: 1,
    });
    let says = "what was found is kept back";
    report.kept_back = Some(KeptBack {
        shows: Shows::FirstFailure,
        says: says.into(),
    });
    for record in report.checks.iter_mut().skip(5).take(1) {
        record.kept_back = Some(says.into());
    }
    report
}

/// [`full`] with [`HOSTILE`] in every text that can come from a learner, a pack or a machine.
pub(crate) fn hostile() -> Report {
    let mut value = serde_json::to_value(full()).unwrap();
    taint(&mut value, "");
    serde_json::from_value(value).unwrap()
}

/// Names, not text: ids, enums, and what is parsed again.
const NAMES: [&str; 20] = [
    "checks",
    "shows",
    "schema",
    "id",
    "kind",
    "verdict",
    "stage",
    "severity",
    "manner",
    "root",
    "by",
    "missing",
    "unjudged",
    "started",
    "grader",
    "check",
    "concept",
    "fingerprint",
    "digest",
    "method",
];

fn taint(value: &mut Value, key: &str) {
    match value {
        Value::String(text) if !NAMES.contains(&key) => {
            *text = format!("{FORMULA}{text}{HOSTILE}");
        }
        Value::Array(items) => items.iter_mut().for_each(|v| taint(v, key)),
        Value::Object(fields) => fields.iter_mut().for_each(|(k, v)| taint(v, k)),
        _ => {}
    }
}

/// [`hostile`], with an answer of ten megabytes among its evidence.
pub(crate) fn huge() -> Report {
    let mut report = hostile();
    let long = HOSTILE.repeat(10_000_000 / HOSTILE.len() + 1);
    let findings = report.checks.iter_mut().flat_map(|r| match &mut r.verdict {
        Verdict::Fail { findings } => findings.iter_mut(),
        _ => [].iter_mut(),
    });
    for piece in findings.flat_map(|f| &mut f.evidence) {
        if let Evidence::Exchange { exchange, .. } = piece
            && let Outcome::Answered { body, .. } = &mut exchange.outcome
        {
            body.text.clone_from(&long);
        }
    }
    report
}
