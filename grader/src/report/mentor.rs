//! A mentor's packet: one page of Markdown for a code review or a talk.

use super::markdown::{name, plain};
use super::text::{count, mentor, progress};
use crate::feedback::{History, Trail};
use crate::model::{Report, Stage, Verdict};

/// How many entries a list has; a talk has room for few.
const FEW: usize = 3;
/// How many findings are listed.
const LINES: usize = 6;
/// From how many attempts on a finding that stays is called one to help with.
const STUCK: u32 = 3;

/// The packet for one submission. `history` is that of its project, where attempts are kept; `questions` are the
/// project's own.
pub fn render(report: &Report, history: Option<&History>, questions: &[String]) -> String {
    let mut page = head(report, history);
    if let Some(history) = history {
        page += &changed(report, history);
        page += &stuck(history);
    }
    page += &beliefs(report);
    page += &list(
        "Questions of the project",
        questions.iter().map(|q| plain(q)),
    );
    page += &list("What to praise", praise(report).into_iter());
    page + &last(report)
}

fn head(report: &Report, history: Option<&History>) -> String {
    let score = report.score;
    let mut page = format!(
        "# {}: {} of {} points\n\n- project: {}, tier {}\n",
        plain(&report.submission.name),
        score.earned,
        score.possible,
        plain(&report.pack.title),
        report.pack.tier
    );
    for tier in &report.tiers {
        let open = match (report.complete, tier.open) {
            (false, _) => "not settled, because only a part was asked",
            (true, true) => "open",
            (true, false) => "closed",
        };
        page += &format!("- gate: {open}\n");
    }
    if let Some(told) = &report.progress {
        page += &format!("- attempt {}: {}\n", told.attempt, progress(told));
    }
    if let Some(note) = history.and_then(|history| history.notes.last()) {
        page += &format!("- last talk: {}\n", plain(&mentor(note)));
    }
    if let Some(first) = &report.first {
        page += &format!("- to fix first: {}\n", plain(first));
    }
    page
}

/// What the last attempt mended, brought and brought back.
fn changed(report: &Report, history: &History) -> String {
    let attempt = report.progress.map_or(0, |progress| progress.attempt);
    let of = |open: bool| {
        let trails = history.findings.values();
        trails.filter(move |t| attempt > 1 && t.since == attempt && t.open == open)
    };
    let mended = of(false).map(|trail| format!("mended: {}", line(trail)));
    let new = of(true).map(|trail| format!("new or back: {}", line(trail)));
    list("What the last attempt changed", mended.chain(new))
}

/// What has stayed for several attempts, longest first.
fn stuck(history: &History) -> String {
    let stays = |t: &&Trail| t.open && t.seen >= STUCK;
    let mut stuck: Vec<&Trail> = history.findings.values().filter(stays).collect();
    stuck.sort_by(|a, b| (b.seen, &a.check).cmp(&(a.seen, &b.check)));
    let lines = stuck.into_iter().map(|trail| {
        let attempts = count(trail.seen as usize, "attempt");
        format!("{} (for {attempts})", line(trail))
    });
    list("Where help is due", lines)
}

fn line(trail: &Trail) -> String {
    format!("{}: {}", name(&trail.check), plain(&trail.saw))
}

fn beliefs(report: &Report) -> String {
    let mut page = String::new();
    for belief in report.misconceptions.iter().take(FEW) {
        page += &format!(
            "\n### \"{}\"?\n\n{}\n",
            plain(&belief.title),
            plain(&belief.instead)
        );
        let saw = belief.evidence.iter().map(|saw| plain(saw));
        page += &format!("\n{}", items(saw));
        page += &format!("\nAsk: {}\n", plain(&belief.ask));
    }
    match page.is_empty() {
        true => page,
        false => format!("\n## What to talk about\n{page}"),
    }
}

/// Stages in which everything that was judged is right.
fn praise(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for stage in Stage::ALL {
        let records = report.checks.iter().filter(|r| r.stage == stage);
        let judged: Vec<_> = records
            .filter(|r| !matches!(r.verdict, Verdict::Skipped { .. }))
            .collect();
        if !judged.is_empty() && judged.iter().all(|r| r.verdict.passed()) {
            lines.push(format!(
                "{stage}: all {} passed",
                count(judged.len(), "check")
            ));
        }
    }
    if let Some(told) = report.progress.filter(|told| told.fixed > 0) {
        lines.push(format!(
            "{} mended since the last attempt",
            count(told.fixed as usize, "finding")
        ));
    }
    lines
}

fn last(report: &Report) -> String {
    let name = plain(&report.submission.name);
    format!(
        "\n---\n\nAfter the talk, in the folder of {name}: `grader sign-off --by \"YOUR NAME\" --note \"…\"`, or with \
         `--not-yet` for a note alone. The next report shows it.\n"
    )
}

fn list(title: &str, lines: impl Iterator<Item = String>) -> String {
    let text = items(lines);
    match text.is_empty() {
        true => text,
        false => format!("\n## {title}\n\n{text}"),
    }
}

fn items(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    let shown = lines.iter().take(LINES).map(|line| format!("- {line}\n"));
    let more = lines.len().saturating_sub(LINES);
    let rest = (more > 0).then(|| format!("- … {more} more\n"));
    shown.chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn history() -> History {
        let trail = |check: &str, seen, open, since| Trail {
            check: check.to_owned(),
            saw: format!("{check} was seen"),
            seen,
            open,
            since,
        };
        let findings = [
            ("a", trail("endpoints.gone", 2, false, 4)),
            ("b", trail("endpoints.fresh", 1, true, 4)),
            ("c", trail("endpoints.stays", 4, true, 1)),
            ("d", trail("endpoints.long-gone", 1, false, 2)),
        ];
        History {
            findings: findings.map(|(f, t)| (f.to_owned(), t)).into(),
            ..History::default()
        }
    }

    #[test]
    fn a_page_has_what_changed_what_stays_and_what_to_say() {
        let mut report = sample::mixed();
        report.progress = Some(crate::model::Progress {
            attempt: 4,
            fixed: 1,
            open: 1,
            new: 1,
            back: 0,
        });
        let page = render(&report, Some(&history()), &["Why?".to_owned()]);
        insta::assert_snapshot!(page);
        assert!(!page.contains("long-gone"));
    }

    #[test]
    fn hostile_text_stays_text() {
        use pulldown_cmark::{Event, Options, Parser, Tag};
        let page = render(&sample::hostile(), Some(&history()), &[]);
        assert!(page.contains("evil"));
        for event in Parser::new_ext(&page, Options::all()) {
            let markup = matches!(
                event,
                Event::Html(_)
                    | Event::InlineHtml(_)
                    | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Strikethrough)
            );
            assert!(!markup, "{event:?}");
        }
        assert!(!page.contains(['\u{1b}', '\u{202e}', '\0']));
    }
}
