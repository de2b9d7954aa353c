//! What a reader sees first: the verdict, the score, the gate, and what to fix first.

use maud::{Markup, html};

use super::line;
use crate::model::{Report, TierStanding};
use crate::report::text::{PARTIAL, count, gates, part, unsettled, waits};

/// The verdict in words.
pub(super) fn verdict(report: &Report) -> &'static str {
    match report.verdict.as_str() {
        _ if report.partial => PARTIAL,
        "open" if !report.complete => "this part is in order",
        "open" => "the gate is open",
        "not-yet" => "not yet",
        _ => "the grader failed",
    }
}

/// The top of the page.
pub(super) fn head(report: &Report) -> Markup {
    let score = report.score;
    html! {
        header.(report.verdict) {
            p.where {
                span { (line(&report.pack.title)) } " · tier " (report.pack.tier) " · " (line(&report.submission.name))
            }
            h1 { (verdict(report)) }
            p.score {
                strong { (score.earned) " of " (score.possible) " points" }
                meter min="0" max=(score.possible.max(1)) value=(score.earned) aria-label="points" {}
            }
            @for tier in gates(report) { (gate(tier, report)) }
            @if let Some(progress) = &report.progress {
                p.attempt { "Attempt " (progress.attempt) ": " (crate::report::text::progress(progress)) }
            }
            @for note in &report.notes {
                p.note { strong { "From your mentor: " } (line(&crate::report::text::mentor(note))) }
            }
            @if let Some(unmet) = crate::report::text::unmet(report) { p.kept { (line(&unmet)) "." } }
            @if let Some(kept) = &report.kept_back { p.kept { (line(&kept.says)) "." } }
            @if let Some(first) = &report.first {
                p.first { strong { "Fix first: " } (line(first)) }
            }
        }
    }
}

fn gate(tier: &TierStanding, report: &Report) -> Markup {
    let share = (tier.share * 100.0).round();
    html! {
        p.gate {
            "Gate of tier " (tier.tier) ", " (line(&tier.title))
            @if let Some(points) = part(tier, report) { ", " (points) }
            ": "
            @if !report.complete { (unsettled(report)) "." }
            @else if tier.open { strong { "open" } "." }
            @else {
                strong { "closed" } ", asks for " (share) " % of the points"
                @if !tier.missing.is_empty() {
                    " and a pass of "
                    @for (n, id) in tier.missing.iter().enumerate() {
                        @if n > 0 { ", " }
                        a href={ "#" (anchor(id.as_str())) } { code { (id) } }
                    }
                }
                @if tier.signed_off == Some(false) { " and a mentor's sign-off" }
                @if waits(tier, report) { " and open gates before it" }
                "."
            }
            @if !tier.unjudged.is_empty() {
                " " (count(tier.unjudged.len(), "check")) " it asks for cannot be judged here."
            }
        }
    }
}

/// The place of a check on the page. Ids of checks are ours: lower case letters, `.` and `-`.
pub(super) fn anchor(id: &str) -> String {
    format!("check-{id}")
}
