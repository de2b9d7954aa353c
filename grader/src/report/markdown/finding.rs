//! One failed check in Markdown.

use super::escape::{block, code, inline};
use super::{LINES, LONG};
use crate::model::{Finding, Record};
use crate::report::evidence;
use crate::report::text::{count, cut, overridden, several};

/// The check and its findings, as a section.
pub(super) fn check(record: &Record) -> String {
    let worth = count(record.points as usize, "point");
    let mut out = format!(
        "## {} · {} · {worth}\n\n",
        code(record.id.as_str()),
        record.severity
    );
    out += &format!("{}\n", inline(&cut(&record.summary, LONG)));
    if let Some(says) = &record.kept_back {
        out += &format!("\n_{}_\n", inline(&cut(says, LONG)));
    }
    if let Some(changed) = &record.overridden {
        out += &format!("\n_{}_\n", inline(&cut(&overridden(changed), LONG)));
    }
    let findings = record.verdict.findings();
    for finding in findings.iter().take(LINES) {
        out += &one(finding);
    }
    if findings.len() > LINES {
        out += &format!("\n… and {} more like it\n", findings.len() - LINES);
    }
    out
}

fn one(finding: &Finding) -> String {
    let mut out = "\n".to_owned();
    let hint = finding.hint.as_deref();
    let hint = hint.map(|hint| crate::report::text::rung(hint, finding.rung));
    let touches = several(&finding.touches);
    let fields = [
        ("where", Some(&finding.subject)),
        ("saw", Some(&finding.saw)),
        ("touches", Some(&touches)),
        ("expected", Some(&finding.expected)),
        ("actual", Some(&finding.actual)),
        ("note", finding.note.as_ref()),
        ("why it matters", finding.why.as_ref()),
        ("hint", hint.as_ref()),
    ];
    for (label, text) in fields {
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            out += &format!("- **{label}:** {}\n", inline(&cut(text, LONG)));
        }
    }
    for piece in finding.evidence.iter().take(LINES) {
        out += &format!("\n{}\n", inline(&cut(evidence::says(piece), LONG)));
        let lines = evidence::lines(piece);
        if !lines.is_empty() {
            out += &format!("\n{}", block("text", &lines.join("\n")));
        }
    }
    let mut pieces = finding.evidence.iter().rev();
    let again = [
        pieces.clone().find_map(evidence::curl),
        pieces.find_map(evidence::sql),
    ];
    for (language, again) in ["sh", "sql"].into_iter().zip(again) {
        if let Some(again) = again {
            out += &format!(
                "\nSee it again:\n\n{}",
                block(language, &cut(&again, 4 * LONG))
            );
        }
    }
    out
}
