//! One failed check: what, where, why, what next, and how to see it again.

use super::page::Page;
use crate::model::{Finding, Manner, Record};
use crate::report::Ink;
use crate::report::evidence;
use crate::report::text::{count, cut, one_line, overridden, several};

/// How many pieces of evidence a finding shows.
const PIECES: usize = 3;
/// How many findings of one check are named by title.
const TITLES: usize = 5;
/// How long a value may be, in characters.
const LONG: usize = 400;

/// A failed check in two lines, for a page that is full.
pub(super) fn title(page: &mut Page, record: &Record) {
    head(page, record);
    let findings = record.verdict.findings();
    let saw = findings.first().map_or(record.summary.as_str(), |f| &f.saw);
    let more = match findings.len() {
        0 | 1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    page.text(2, 2, Ink::Plain, &format!("{}{more}", cut(saw, LONG)));
    if let Some(says) = &record.kept_back {
        page.text(2, 2, Ink::Faint, says);
    }
}

fn head(page: &mut Page, record: &Record) {
    let worth = format!(
        "{} · {}",
        record.severity,
        count(record.points as usize, "point")
    );
    page.ends(
        (Ink::Bad, &format!("✗ {}", record.id)),
        (Ink::Faint, &worth),
    );
}

/// A failed check with its first `full` findings in full and the others as titles.
pub(super) fn check(page: &mut Page, record: &Record, full: usize) {
    let findings = record.verdict.findings();
    head(page, record);
    page.text(2, 0, Ink::Strong, &record.summary);
    if let Some(says) = &record.kept_back {
        page.text(2, 0, Ink::Faint, says);
    }
    if let Some(changed) = &record.overridden {
        page.text(2, 2, Ink::Doubt, &cut(&overridden(changed), LONG));
    }
    let full = full.min(findings.len());
    let mut said = None;
    for finding in findings.iter().take(full) {
        page.gap();
        one(page, finding, said != Some(&finding.hint));
        said = Some(&finding.hint);
    }
    let rest = findings.get(full..).unwrap_or_default();
    if full > 0 && !rest.is_empty() {
        page.gap();
    }
    for finding in rest.iter().take(TITLES) {
        page.text(2, 2, Ink::Plain, &format!("· {}", cut(&finding.saw, LONG)));
    }
    if rest.len() > TITLES {
        page.text(
            2,
            2,
            Ink::Faint,
            &format!("· and {} more like it", rest.len() - TITLES),
        );
    }
}

/// `lesson` is false when the finding before said the same why and hint.
fn one(page: &mut Page, finding: &Finding, lesson: bool) {
    let Finding {
        subject,
        touches,
        saw,
        expected,
        actual,
        note,
        why,
        hint,
        rung,
        ..
    } = finding;
    if !one_line(saw).contains(&one_line(subject)) {
        page.field("where", Ink::Plain, &cut(subject, LONG));
    }
    page.field("saw", Ink::Bad, &cut(saw, LONG));
    page.field("touches", Ink::Plain, &several(touches));
    page.field("expected", Ink::Good, &cut(expected, LONG));
    page.field("actual", Ink::Plain, &cut(actual, LONG));
    page.field("broke", Ink::Bad, broke(finding.manner));
    page.field(
        "note",
        Ink::Plain,
        &cut(note.as_deref().unwrap_or_default(), LONG),
    );
    if lesson {
        page.field("why", Ink::Plain, why.as_deref().unwrap_or_default());
        let hint = hint.as_deref().unwrap_or_default();
        page.field("hint", Ink::Doubt, &crate::report::text::rung(hint, *rung));
    }
    proof(page, finding);
}

/// The evidence, the last pieces first to be kept: they are what the finding rests on.
fn proof(page: &mut Page, finding: &Finding) {
    let skipped = finding.evidence.len().saturating_sub(PIECES);
    if skipped > 0 {
        let skipped = format!("… {} before, in the JSON report", count(skipped, "piece"));
        page.field("evidence", Ink::Faint, &skipped);
    }
    for (n, piece) in finding.evidence.iter().skip(skipped).enumerate() {
        let label = if n == 0 && skipped == 0 {
            "evidence"
        } else {
            ""
        };
        let lines = evidence::lines(piece);
        match (evidence::says(piece), lines.split_first()) {
            ("", Some((first, rest))) => {
                page.field(label, Ink::Faint, first);
                page.block(rest);
            }
            (says, _) => {
                page.field(label, Ink::Plain, says);
                page.block(&lines);
            }
        }
    }
    let mut pieces = finding.evidence.iter().rev();
    if let Some(curl) = pieces.clone().find_map(evidence::curl) {
        page.command("again", &curl);
    }
    if let Some(sql) = pieces.find_map(evidence::sql) {
        page.field("query", Ink::Command, &sql);
    }
}

/// How a service broke, when it did more than answer wrongly.
fn broke(manner: Manner) -> &'static str {
    match manner {
        Manner::Wrong => "",
        Manner::ServerError => "it answered with a server error",
        Manner::Crash => "it ended or dropped the connection",
        Manner::Hang => "it did not answer in time",
    }
}
