//! What there is to talk about: a mentor's notes, and the beliefs that the failures speak of.

use super::LONG;
use super::escape::{code, inline};
use crate::model::Report;
use crate::report::text::{cut, mentor};

/// What a mentor left for this attempt.
pub(super) fn notes(report: &Report) -> String {
    let lines = report.notes.iter();
    let lines = lines.map(|note| format!("- {}\n", inline(&cut(&mentor(note), LONG))));
    section("From your mentor", lines.collect())
}

/// Beliefs with what is so instead.
pub(super) fn beliefs(report: &Report) -> String {
    let beliefs = report.misconceptions.iter().map(|belief| {
        let checks = belief.checks.iter().map(|id| code(id.as_str()));
        format!(
            "- **\"{}\"?** {} ({})\n",
            inline(&cut(&belief.title, LONG)),
            inline(&cut(&belief.instead, LONG)),
            checks.collect::<Vec<_>>().join(", ")
        )
    });
    section("Worth a thought", beliefs.collect())
}

fn section(title: &str, text: String) -> String {
    match text.is_empty() {
        true => text,
        false => format!("## {title}\n\n{text}"),
    }
}
