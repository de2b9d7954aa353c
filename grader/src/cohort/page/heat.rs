//! Checks against submissions. A verdict is a sign, a colour and, for who hears the page, a word.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::{line, named, points};
use crate::cohort::row::Row;
use crate::model::{CheckId, CheckIndex, Stage, Verdict};

/// A verdict's name, and its letter on the page. The style gives each letter its sign.
const LETTERS: [(&str, &str); 6] = [
    ("pass", "p"),
    ("fail", "f"),
    ("blocked", "w"),
    ("inconclusive", "n"),
    ("skipped", "s"),
    ("broken", "o"),
];

/// A column: a check, its stage, and how many fail it.
struct Column<'r> {
    id: &'r CheckId,
    stage: &'static str,
    fails: usize,
}

/// The map, with what a script offers: another order, fewer columns.
pub(super) fn map(rows: &[&Row], checks: &CheckIndex) -> Markup {
    let columns = columns(rows, checks);
    let graded: Vec<&&Row> = rows.iter().filter(|row| row.graded().is_some()).collect();
    let stages: BTreeSet<&str> = columns.iter().map(|c| c.stage).collect();
    html! {
        section aria-labelledby="heat" {
            h2 #heat tabindex="-1" { "Checks and submissions" }
            @if columns.is_empty() { p { "Nothing is graded yet." } }
            @else {
                ul.legend { @for (name, letter) in LETTERS { li { span.(letter) aria-hidden="true" {} " " (Verdict::word(name)) } } }
                form #choose hidden {
                    label { "Stage " select name="stage" {
                        option value="" { "all" }
                        @for stage in Stage::ALL.map(Stage::as_str) {
                            @if stages.contains(stage) { option { (stage) } }
                        }
                    } }
                    label { input type="checkbox" name="failing"; " only checks that somebody fails" }
                    label { "Order " select name="order" {
                        option value="id" { "by id" } option value="points" { "fewest points first" }
                    } }
                }
                div.scroll.heat tabindex="0" role="group" aria-labelledby="heat" {
                    table {
                        thead { tr {
                            th scope="col" { "Submission" }
                            th scope="col" { "Points" }
                            @for column in &columns {
                                th.check scope="col" data-stage=(column.stage) data-fails=(column.fails) {
                                    span { (line(column.id.as_str())) }
                                }
                            }
                        } }
                        tbody { @for row in graded { (one(row, &columns)) } }
                    }
                }
            }
        }
    }
}

fn one(row: &Row, columns: &[Column<'_>]) -> Markup {
    let all = row
        .graded()
        .map(|g| g.checks.as_slice())
        .unwrap_or_default();
    let verdicts: BTreeMap<&CheckId, &str> = all.iter().map(|(id, v)| (id, v.as_str())).collect();
    let known = |id| {
        let name = verdicts.get(id)?;
        LETTERS.iter().find(|(n, _)| n == name)
    };
    html! {
        tr {
            th scope="row" { (named(row)) }
            td.num { @match points(row) { Some((earned, _)) => (earned), None => "–" } }
            @for column in columns {
                @match known(column.id) {
                    Some((name, letter)) => td.(*letter) { i { (Verdict::word(name)) } },
                    None => td { i { "not asked" } },
                }
            }
        }
    }
}

/// Every check that anybody was asked, in the order a learner meets them.
fn columns<'r>(rows: &[&'r Row], checks: &CheckIndex) -> Vec<Column<'r>> {
    let mut fails: BTreeMap<&CheckId, usize> = BTreeMap::new();
    for (id, verdict) in rows
        .iter()
        .filter_map(|r| r.graded())
        .flat_map(|g| &g.checks)
    {
        *fails.entry(id).or_default() += usize::from(verdict == "fail");
    }
    let place: BTreeMap<&str, usize> = (checks.iter().enumerate())
        .map(|(n, meta)| (meta.id.as_str(), n))
        .collect();
    let stage = |id: &CheckId| id.as_str().split('.').next().and_then(Stage::parse);
    let mut columns: Vec<Column<'_>> = (fails.into_iter())
        .map(|(id, fails)| Column {
            stage: stage(id).map_or("", Stage::as_str),
            id,
            fails,
        })
        .collect();
    columns.sort_by_key(|c| {
        (
            place.get(c.id.as_str()).copied().unwrap_or(usize::MAX),
            c.id,
        )
    });
    columns
}
