//! What many have in common: totals, failing checks, concepts.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::{line, percent, points};
use crate::cohort::row::Row;
use crate::model::{CheckId, CheckIndex};
use crate::report::count;

/// How many lines a list has.
const LINES: usize = 20;

/// How the totals are distributed, in tenths.
pub(super) fn totals(rows: &[&Row]) -> Markup {
    let shares: Vec<u32> = rows
        .iter()
        .filter_map(|row| points(row))
        .map(percent)
        .collect();
    let within = |from: u32, to: u32| shares.iter().filter(|s| (from..to).contains(*s)).count();
    let mut bands: Vec<(String, usize)> = (0..10)
        .map(|n| {
            (
                format!("{} to {} %", n * 10, n * 10 + 9),
                within(n * 10, n * 10 + 10),
            )
        })
        .collect();
    bands.push(("100 %".to_owned(), within(100, 101)));
    html! {
        section aria-labelledby="totals" {
            h2 #totals { "How the totals are distributed" }
            @if shares.is_empty() { p { "Nothing is graded yet." } }
            @else {
                table.bars {
                    thead { tr { th scope="col" { "Share of the points" } th scope="col" { "Submissions" } } }
                    tbody {
                        @for (band, n) in &bands { (bar(&html! { (band) }, *n, shares.len())) }
                    }
                }
            }
        }
    }
}

/// The checks and the concepts that most submissions fail.
pub(super) fn failing(rows: &[&Row], checks: &CheckIndex) -> Markup {
    let mut failed: BTreeMap<&CheckId, usize> = BTreeMap::new();
    let mut concepts: BTreeMap<&str, usize> = BTreeMap::new();
    for graded in rows.iter().filter_map(|row| row.graded()) {
        let ids: Vec<&CheckId> = (graded.checks.iter())
            .filter(|(_, verdict)| verdict == "fail")
            .map(|(id, _)| id)
            .collect();
        // Whoever fails three checks of one concept has one concept to learn.
        let taught = ids.iter().filter_map(|id| checks.get(id.as_str()));
        for concept in taught
            .map(|meta| meta.concept.as_str())
            .collect::<BTreeSet<_>>()
        {
            *concepts.entry(concept).or_default() += 1;
        }
        for id in ids {
            *failed.entry(id).or_default() += 1;
        }
    }
    let all = rows.iter().filter(|row| row.graded().is_some()).count();
    html! {
        section aria-labelledby="failing" {
            h2 #failing { "What most of them have to mend" }
            @if failed.is_empty() { p { "No check failed." } }
            @else {
                table.bars {
                    thead { tr { th scope="col" { "Check" } th scope="col" { "Failed by" } } }
                    tbody {
                        @for (id, n) in most(&failed) {
                            @let about = checks.get(id.as_str()).map(|m| line(&m.summary)).unwrap_or_default();
                            (bar(&html! { code { (line(id.as_str())) } " " span.about { (about) } }, n, all))
                        }
                    }
                }
                @if failed.len() > LINES { p { "… and " (count(failed.len() - LINES, "check")) " more" } }
                table.bars {
                    thead { tr { th scope="col" { "Concept" } th scope="col" { "Missed by" } } }
                    tbody { @for (concept, n) in most(&concepts) { (bar(&html! { (line(concept)) }, n, all)) } }
                }
            }
        }
    }
}

/// The largest first, equal ones by name.
fn most<K: Copy + Ord>(counts: &BTreeMap<K, usize>) -> Vec<(K, usize)> {
    let mut counts: Vec<(K, usize)> = counts.iter().map(|(k, n)| (*k, *n)).collect();
    counts.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    counts.truncate(LINES);
    counts
}

fn bar(what: &Markup, n: usize, of: usize) -> Markup {
    html! {
        tr {
            th scope="row" { (what) }
            td { meter min="0" max=(of.max(1)) value=(n) aria-hidden="true" {} " " (n) " of " (of) }
        }
    }
}
