//! The report as a learner meets it: in a terminal, late, stuck.
//!
//! The order is that of need: how it was run, stage by stage what is wrong, what waits, what could not be
//! judged, the score, and on the last line what to fix first.

mod breaks;
mod doc;
mod finding;
mod foot;
mod page;
mod picture;
mod stage;
mod talk;

pub use doc::{check, list};
use page::Page;

use super::text::PARTIAL;
use super::{Ink, Style};
use crate::model::{CheckId, Record, Report, RuntimeRef};
use crate::score;

/// How many findings are shown in full; the rest are titles.
const FULL: usize = 12;
/// How many findings of one check are shown in full.
const FULL_OF_ONE: usize = 3;

/// The report for a terminal this many columns wide.
pub fn render(report: &Report, width: usize, style: Style) -> String {
    let mut page = Page::new(width, style);
    head(&mut page, report);
    let full = in_full(report);
    stage::all(&mut page, report, &full);
    picture::tables(&mut page, report);
    foot::all(&mut page, report);
    page.finish()
}

/// One check's findings in full, plain: for outputs that carry text inside something else.
pub fn findings(record: &Record, width: usize) -> String {
    let mut page = Page::new(width, Style::PLAIN);
    finding::check(&mut page, record, usize::MAX);
    page.finish()
}

fn head(page: &mut Page, report: &Report) {
    if report.partial {
        page.text(0, 2, Ink::Bad, PARTIAL);
    }
    let RuntimeRef {
        kind,
        why,
        postgres,
    } = &report.runtime;
    page.text(0, 2, Ink::Plain, &format!("runtime {kind}: {why}"));
    let pack = &report.pack;
    let mut line = format!(
        "project {}, {} · {}",
        pack.id, pack.title, report.submission.name
    );
    if let Some(commit) = &report.submission.commit {
        line += &format!(" at {}", commit.chars().take(7).collect::<String>());
    }
    if let Some(version) = postgres {
        line += &format!(" · PostgreSQL {version}");
    }
    page.text(0, 2, Ink::Faint, &line);
    page.gap();
}

/// For each record, how many of its findings are shown in full: the most important checks first, until
/// the page is full.
fn in_full(report: &Report) -> Vec<usize> {
    let must: Vec<CheckId> = report
        .tiers
        .iter()
        .flat_map(|t| t.missing.clone())
        .collect();
    let mut full = vec![0; report.checks.len()];
    let mut room = FULL;
    for place in score::by_importance(&report.checks, &report.waiting, &must) {
        if let (Some(slot), Some(record)) = (full.get_mut(place), report.checks.get(place)) {
            *slot = record.verdict.findings().len().min(room).min(FULL_OF_ONE);
            room -= *slot;
        }
    }
    full
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_mixed_report_at_60() {
        insta::assert_snapshot!(render(&sample::mixed(), 60, Style::PLAIN));
    }

    #[test]
    fn a_mixed_report_at_100() {
        insta::assert_snapshot!(render(&sample::mixed(), 100, Style::PLAIN));
    }

    #[test]
    fn a_green_report_at_60() {
        insta::assert_snapshot!(render(&sample::green(), 60, Style::PLAIN));
    }

    #[test]
    fn a_green_report_at_100() {
        insta::assert_snapshot!(render(&sample::green(), 100, Style::PLAIN));
    }

    #[test]
    fn the_first_line_is_the_runtime_and_the_last_what_to_fix_first() {
        let report = sample::mixed();
        let text = render(&report, 100, Style::PLAIN);
        assert!(text.starts_with("runtime local: no container engine answers here\n"));
        let last = text.rsplit("\n\n").next().unwrap();
        let last: Vec<&str> = last.split_whitespace().collect();
        assert_eq!(
            last.join(" "),
            format!("fix first: {}", report.first.unwrap())
        );
    }

    #[test]
    fn a_part_of_a_run_never_says_that_the_gate_is_open() {
        let text = render(&sample::part(), 100, Style::PLAIN);
        assert!(
            text.contains("gate     tier 1, It answers: not settled"),
            "{text}"
        );
        assert!(text.ends_with("run without --only and --stage for the gate\n"));
        assert!(!text.contains("open"), "{text}");
    }

    #[test]
    fn hostile_text_drives_no_terminal() {
        let report = sample::hostile();
        let plain = render(&report, 80, Style::PLAIN);
        let seen =
            |c: char| c == '\n' || (!c.is_control() && !('\u{202a}'..='\u{202e}').contains(&c));
        assert!(plain.chars().all(seen));
        assert!(plain.contains("\\x1b]0;owned\\x07"));
        // In colour the only escape sequences are ours: without them the text is the plain one.
        let colour = render(&report, 80, Style::COLOUR);
        let ours = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
        assert_eq!(ours.replace_all(&colour, ""), plain);
        for line in plain.lines() {
            assert!(
                textwrap::core::display_width(line) <= 80 || line.contains('\''),
                "{line}"
            );
        }
    }

    #[test]
    fn a_flood_of_findings_stays_readable() {
        let text = render(&sample::flood(40), 80, Style::PLAIN);
        let full = text
            .lines()
            .filter(|l| l.trim_start().starts_with("expected "))
            .count();
        assert_eq!(full, FULL);
        assert!(text.lines().count() < 300, "{}", text.lines().count());
        for n in 0..40 {
            assert!(
                text.contains(&format!("endpoints.flaw-{n:02}")),
                "flaw {n} is not named"
            );
        }
    }
}
