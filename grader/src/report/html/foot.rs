//! What did not get as far as a verdict, and where the report comes from.

use maud::{Markup, html};

use super::head::anchor;
use super::line;
use crate::model::Report;
use crate::report::text::count;

/// Checks that wait, and faults of ours.
pub(super) fn notes(report: &Report) -> Markup {
    html! {
        @if !report.waiting.is_empty() {
            section aria-labelledby="waiting" {
                h2 #waiting { "Waiting" }
                ul {
                    @for waiting in &report.waiting {
                        li {
                            (count(waiting.checks as usize, "check")) " waiting for "
                            a href={ "#" (anchor(waiting.root.as_str())) } { code { (waiting.root) } }
                            @if waiting.points > 0 { ", " (count(waiting.points as usize, "point")) " at stake" }
                        }
                    }
                }
            }
        }
        @if !report.faults.is_empty() {
            section.broken aria-labelledby="faults" {
                h2 #faults { "Our fault, not yours" }
                ul { @for fault in &report.faults { li { (line(fault)) } } }
                p { "This costs no points. " code { "grader doctor" } " shows what the grader needs here." }
            }
        }
    }
}

/// Everything that binds the page to a run.
pub(super) fn footer(report: &Report) -> Markup {
    let facts = [
        (
            "Project",
            Some(format!(
                "{} ({})",
                report.pack.id,
                short(&report.pack.digest)
            )),
        ),
        (
            "Submission",
            Some(format!(
                "{} ({})",
                report.submission.name,
                short(&report.submission.digest)
            )),
        ),
        ("Commit", report.submission.commit.clone()),
        (
            "Runtime",
            Some(format!("{}: {}", report.runtime.kind, report.runtime.why)),
        ),
        (
            "Pinned",
            report
                .overrides
                .as_ref()
                .and_then(crate::report::text::pins),
        ),
        ("PostgreSQL", report.runtime.postgres.clone()),
        ("Seed", Some(report.seed.to_string())),
        ("Started", Some(report.started.clone())),
        ("Took", Some(format!("{:.1} s", report.seconds))),
        ("Grader", Some(report.grader.clone())),
    ];
    html! {
        footer {
            dl {
                @for (label, text) in facts {
                    @if let Some(text) = text { dt { (label) } dd { (line(&text)) } }
                }
            }
            @if crate::report::evidence::asks_again(report) {
                p { "In the commands, " code { "$BASE" } " is where your service answers: "
                    code { "BASE=http://127.0.0.1:8000" } }
            }
        }
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
