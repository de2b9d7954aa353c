//! Whom to look at: who is stuck, who handed in the same, who has no grade.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{line, named, percent, points};
use crate::cohort::row::{Attempts, Outcome, Row};
use crate::report::count;

/// How many of the stuck are listed.
const STUCK: usize = 30;

/// Who is not through yet, fewest points first.
pub(super) fn stuck(rows: &[&Row]) -> Markup {
    let not_yet = |row: &&&Row| {
        row.graded()
            .is_some_and(|graded| graded.verdict == "not-yet")
            && points(row).is_some()
    };
    let mut stuck: Vec<&&Row> = rows.iter().filter(not_yet).collect();
    let waited = |row: &Row| row.attempts.as_ref().map_or(0, |a| a.count);
    stuck.sort_by_key(|row| {
        let share = points(row).map(percent);
        (share, std::cmp::Reverse(waited(row)), row.id.clone())
    });
    html! {
        section aria-labelledby="stuck" {
            h2 #stuck { "Who is not through yet" }
            @if stuck.is_empty() { p { "Nobody." } }
            @else {
                div.scroll tabindex="0" role="group" aria-labelledby="stuck" {
                    table {
                        thead { tr {
                            th scope="col" { "Submission" } th scope="col" { "Points" }
                            th scope="col" { "Fix first" } th scope="col" { "On the way" }
                        } }
                        tbody {
                            @for row in stuck.iter().take(STUCK) {
                                tr {
                                    th scope="row" { (named(row)) }
                                    td.num { @if let Some((earned, possible)) = points(row) { (earned) " of " (possible) } }
                                    td { @if let Some(first) = row.graded().and_then(|g| g.first.as_ref()) { (line(first)) } }
                                    td { @if let Some(attempts) = &row.attempts { (way(attempts)) } }
                                }
                            }
                        }
                    }
                }
                @if stuck.len() > STUCK { p { "… and " (count(stuck.len() - STUCK, "submission")) " more" } }
            }
        }
    }
}

/// What the learner's own ledger tells.
fn way(attempts: &Attempts) -> String {
    let since: String = attempts.since.chars().take(10).collect();
    let mut said = format!("{} since {since}", count(attempts.count, "attempt"));
    if let Some((check, seen)) = &attempts.longest {
        said += &format!("; {check} open for {seen}");
    }
    line(&said)
}

/// Submissions of equal files: a fact, and no more than that.
pub(super) fn copies(rows: &[&Row]) -> Markup {
    let mut groups: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        if let Some(graded) = row.graded() {
            groups.entry(&graded.digest).or_default().push(row);
        }
    }
    let groups: Vec<Vec<&Row>> = groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect();
    html! {
        @if !groups.is_empty() {
            section aria-labelledby="copies" {
                h2 #copies { "Equal copies" }
                p { "Their files are equal byte by byte. That says nothing about why: a pair, a starter handed in as it was, a \
                     second try under another name." }
                ul {
                    @for group in &groups {
                        li { (group.len()) " handed in the same files: "
                            @for (n, row) in group.iter().enumerate() { @if n > 0 { ", " } (named(row)) }
                        }
                    }
                }
            }
        }
    }
}

/// Who has no grade, and why.
pub(super) fn ungraded(rows: &[&Row]) -> Markup {
    let without: Vec<&&Row> = rows.iter().filter(|row| !row.why().is_empty()).collect();
    html! {
        @if !without.is_empty() {
            section aria-labelledby="ungraded" {
                h2 #ungraded { "Without a grade" }
                div.scroll tabindex="0" role="group" aria-labelledby="ungraded" {
                    table {
                        thead { tr {
                            th scope="col" { "Submission" } th scope="col" { "Result" } th scope="col" { "Why" }
                        } }
                        tbody {
                            @for row in without {
                                tr {
                                    th scope="row" { (named(row)) }
                                    td.(row.word()) { (word(row)) }
                                    td { (line(&row.reason()))
                                        @if let Outcome::Fault { again, .. } = &row.outcome {
                                            @if !again.is_empty() { br; code { (line(again)) } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn word(row: &Row) -> &'static str {
    match row.outcome {
        Outcome::Fault { .. } => "our fault",
        Outcome::Refused { .. } => "cannot be graded",
        Outcome::Missing => "not handed in",
        Outcome::Waiting => "not graded yet",
        Outcome::Graded { .. } => "graded",
    }
}
