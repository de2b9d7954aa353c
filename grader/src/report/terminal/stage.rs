//! Stage by stage: a heading with counts, then what failed.

use super::finding;
use super::page::Page;
use crate::model::{Record, Report, Stage, Verdict};
use crate::report::Ink;

/// How many pieces of advice are shown.
const ADVICE: usize = 5;

/// All stages in order. `full[i]` findings of record `i` are shown in full.
pub(super) fn all(page: &mut Page, report: &Report, full: &[usize]) {
    for stage in Stage::ALL {
        let records: Vec<(usize, &Record)> = report
            .checks
            .iter()
            .enumerate()
            .filter(|(_, r)| r.stage == stage)
            .collect();
        if records.is_empty() {
            continue;
        }
        page.heading(stage.as_str(), &counts(&records));
        let failed = records
            .iter()
            .filter(|(_, r)| matches!(r.verdict, Verdict::Fail { .. }));
        let room = |place: usize| full.get(place).copied().unwrap_or(0);
        let (shown, named): (Vec<_>, Vec<_>) = failed.partition(|(place, _)| room(*place) > 0);
        for (place, record) in &shown {
            page.gap();
            finding::check(page, record, room(*place));
        }
        if !named.is_empty() {
            page.gap();
        }
        for (_, record) in &named {
            finding::title(page, record);
        }
        let advised = advice(page, &records);
        if advised || !shown.is_empty() || !named.is_empty() {
            page.gap();
        }
    }
}

fn counts(records: &[(usize, &Record)]) -> Vec<(Ink, String)> {
    use Ink::{Bad, Doubt, Faint, Good};
    let inks = [Good, Bad, Doubt, Doubt, Faint, Bad];
    let names = Verdict::WORDS.into_iter().zip(inks);
    let count = |name| {
        records
            .iter()
            .filter(|(_, r)| r.verdict.name() == name)
            .count()
    };
    let counts = names.map(|((name, word), ink)| (count(name), word, ink));
    let shown = counts.filter(|(n, ..)| *n > 0);
    shown
        .map(|(n, word, ink)| (ink, format!("{n} {word}")))
        .collect()
}

/// What passed and could be better still: one line each, no points. True if there was any.
fn advice(page: &mut Page, records: &[(usize, &Record)]) -> bool {
    let all: Vec<_> = records
        .iter()
        .filter_map(|(_, r)| match &r.verdict {
            Verdict::Pass { advice } => Some(advice.iter().map(|f| (&r.id, f))),
            _ => None,
        })
        .flatten()
        .collect();
    for (id, finding) in all.iter().take(ADVICE) {
        page.text(
            2,
            2,
            Ink::Plain,
            &format!("· advice: {} ({id}, no points)", finding.saw),
        );
    }
    if all.len() > ADVICE {
        page.text(
            2,
            2,
            Ink::Faint,
            &format!("· and {} more", all.len() - ADVICE),
        );
    }
    !all.is_empty()
}
