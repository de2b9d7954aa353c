//! The checks, stage by stage.

use maud::{Markup, html};

use super::finding;
use super::head::anchor;
use super::line;
use crate::model::{CheckId, Record, Report, Stage, Verdict};
use crate::report::text::{count, overridden};
use crate::score;

/// A table of stages against verdicts.
pub(super) fn overview(report: &Report) -> Markup {
    html! {
        section aria-labelledby="overview" {
            h2 #overview { "Overview" }
            div.scroll tabindex="0" role="group" aria-labelledby="overview" {
                table {
                    thead { tr {
                        th scope="col" { "Stage" }
                        @for (name, word) in Verdict::WORDS { th.num.(name) scope="col" { (word) } }
                    } }
                    tbody {
                        @for (stage, records) in stages(report) {
                            tr {
                                th scope="row" { a href={ "#stage-" (stage) } { (stage) } }
                                @for (name, _) in Verdict::WORDS {
                                    @let n = counted(&records, name);
                                    td.num.(name) { @if n == 0 { "·" } @else { (n) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a script shows: choosing what is on the page. Without it everything is.
pub(super) fn filter(report: &Report) -> Markup {
    html! {
        form #filter hidden {
            label { "Stage " select name="stage" {
                option value="" { "all" }
                @for (stage, _) in stages(report) { option { (stage) } }
            } }
            label { "Verdict " select name="verdict" {
                option value="" { "all" }
                @for (name, word) in Verdict::WORDS { option value=(name) { (word) } }
            } }
            output aria-live="polite" {}
        }
    }
}

/// Every stage with its checks: what failed first, by importance.
pub(super) fn all(report: &Report) -> Markup {
    let must: Vec<CheckId> = report
        .tiers
        .iter()
        .flat_map(|t| t.missing.clone())
        .collect();
    let order = score::by_importance(&report.checks, &report.waiting, &must);
    let rank = |record: &Record| {
        let place = report.checks.iter().position(|r| r.id == record.id);
        order
            .iter()
            .position(|at| Some(*at) == place)
            .unwrap_or(usize::MAX)
    };
    let mut stages = stages(report);
    for (_, records) in &mut stages {
        records.sort_by_key(|r| (!matches!(r.verdict, Verdict::Fail { .. }), rank(r)));
    }
    html! {
        @for (stage, records) in stages {
            section.stage #{ "stage-" (stage) } data-stage=(stage) aria-labelledby={ "title-" (stage) } {
                h2 #{ "title-" (stage) } { (stage) }
                @for record in records { (check(record)) }
            }
        }
    }
}

fn check(record: &Record) -> Markup {
    let name = record.verdict.name();
    let word = Verdict::word(name);
    html! {
        article.check.(name) #(anchor(record.id.as_str())) data-verdict=(name) {
            h3 {
                span.verdict { (word) } " "
                code { (record.id) } " "
                span.worth { (record.severity) " · " (count(record.points as usize, "point")) }
            }
            @match &record.verdict {
                Verdict::Fail { .. } => { p.summary { (line(&record.summary)) } }
                Verdict::Pass { advice } if !advice.is_empty() => { p.summary { "Advice, without points" } }
                Verdict::Pass { .. } => {}
                _ => { p.summary { "Looks for: " (line(&record.summary)) } }
            }
            (said(&record.verdict))
            @if let Some(says) = &record.kept_back { p.kept { (line(says)) "." } }
            @if let Some(changed) = &record.overridden {
                p.overridden { strong { "Changed: " } (line(&overridden(changed))) }
                @for finding in changed.was.findings() { (finding::one(finding)) }
            }
            @for finding in record.verdict.findings().iter().chain(advice(&record.verdict)) {
                (finding::one(finding))
            }
            @if matches!(record.verdict, Verdict::Fail { .. }) {
                p.more { "More about it, with examples: " code { "grader explain " (record.id) } }
            }
        }
    }
}

fn advice(verdict: &Verdict) -> &[crate::model::Finding] {
    match verdict {
        Verdict::Pass { advice } => advice,
        _ => &[],
    }
}

/// Why there is no answer.
fn said(verdict: &Verdict) -> Markup {
    match verdict {
        Verdict::Blocked { by } => html! {
            p { "Waits for "
                @for (n, id) in by.iter().enumerate() {
                    @if n > 0 { ", " }
                    a href={ "#" (anchor(id.as_str())) } { code { (id) } }
                }
            }
        },
        Verdict::Skipped { why: text }
        | Verdict::Inconclusive { control: text }
        | Verdict::Broken { fault: text } => html! { p { (line(text)) } },
        Verdict::Pass { .. } | Verdict::Fail { .. } => html! {},
    }
}

fn stages(report: &Report) -> Vec<(Stage, Vec<&Record>)> {
    let of = |stage| {
        report
            .checks
            .iter()
            .filter(move |r| r.stage == stage)
            .collect()
    };
    let all = Stage::ALL.into_iter().map(|stage| (stage, of(stage)));
    all.filter(|(_, records): &(Stage, Vec<&Record>)| !records.is_empty())
        .collect()
}

fn counted(records: &[&Record], name: &str) -> usize {
    records.iter().filter(|r| r.verdict.name() == name).count()
}
