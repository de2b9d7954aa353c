//! Markdown for step summaries and comments: what matters most stands first, and what does not fit is
//! counted.

mod escape;
mod finding;
mod picture;
mod talk;

use escape::{code, inline};

use super::text::{PARTIAL, count, cut, overridden, part, pins, unsettled, waits};
use crate::model::{CheckId, Record, Report, Stage, Verdict};
use crate::score;

/// Bytes a GitHub step summary may have, with room to spare: over 1 MiB it vanishes without a word.
pub const SUMMARY: usize = 1_000_000;
/// Bytes a comment may have, with room to spare.
pub const COMMENT: usize = 60_000;

/// How long a text may be, in characters.
const LONG: usize = 600;
/// How many lines a list may have.
const LINES: usize = 20;
/// Bytes kept for the line that says what was left out.
const TAIL: usize = 200;

/// The report as Markdown of at most `limit` bytes (at least some hundred).
pub fn render(report: &Report, limit: usize) -> String {
    let mut page = Page {
        out: String::new(),
        limit: limit.saturating_sub(TAIL),
        left_out: 0,
    };
    page.put(&head(report));
    page.put(&table(report));
    page.put(&waiting(report));
    page.put(&talk::notes(report));
    let must: Vec<CheckId> = report
        .tiers
        .iter()
        .flat_map(|t| t.missing.clone())
        .collect();
    let order = score::by_importance(&report.checks, &report.waiting, &must);
    let failed = order
        .into_iter()
        .filter_map(|place| report.checks.get(place));
    for record in failed.filter(|r| matches!(r.verdict, Verdict::Fail { .. })) {
        page.put(&finding::check(record));
    }
    page.put(&talk::beliefs(report));
    page.put(&changed(report));
    for part in picture::tables(report) {
        page.put(&part);
    }
    for (title, name) in [
        ("Our fault, not yours", "broken"),
        ("Not judged", "inconclusive"),
        ("Skipped", "skipped"),
    ] {
        page.put(&reasons(report, title, name));
    }
    page.finish()
}

/// One failed check, of at most `limit` bytes: what does not fit is left out whole.
pub fn check(record: &Record, limit: usize) -> String {
    let mut page = Page {
        out: String::new(),
        limit,
        left_out: 0,
    };
    page.put(&finding::check(record));
    page.finish()
}

/// A line of text that is no markup.
pub fn plain(text: &str) -> String {
    inline(&cut(text, LONG))
}

/// A name as code.
pub fn name(text: &str) -> String {
    code(&cut(text, LONG))
}

/// Takes whole parts as long as there is room, so that no code block is left open.
struct Page {
    out: String,
    limit: usize,
    left_out: usize,
}

impl Page {
    fn put(&mut self, part: &str) {
        if self.out.len() + part.len() < self.limit {
            self.out.push_str(part);
            if !part.is_empty() {
                self.out.push('\n');
            }
        } else {
            self.left_out += 1;
        }
    }

    fn finish(mut self) -> String {
        if self.left_out > 0 {
            let parts = count(self.left_out, "part");
            self.out +=
                &format!("_{parts} left out: no room here. The JSON report has everything._\n");
        }
        self.out
    }
}

fn head(report: &Report) -> String {
    let verdict = match report.verdict.as_str() {
        _ if report.partial => PARTIAL,
        "open" if !report.complete => "this part is in order",
        "open" => "the gate is open",
        "not-yet" => "not yet",
        _ => "the grader failed",
    };
    let score = report.score;
    let mut out = format!(
        "# {verdict}: {} of {} points\n\n",
        score.earned, score.possible
    );
    let pack = &report.pack;
    out += &format!(
        "- project: {} {}\n",
        code(&cut(&pack.id, 100)),
        inline(&cut(&pack.title, LONG))
    );
    out += &format!(
        "- submission: {}\n",
        code(&cut(&report.submission.name, LONG))
    );
    let runtime = &report.runtime;
    out += &format!(
        "- runtime: {}, {}\n",
        runtime.kind,
        inline(&cut(&runtime.why, LONG))
    );
    if let Some(progress) = &report.progress {
        let said = super::text::progress(progress);
        out += &format!("- attempt {}: {said}\n", progress.attempt);
    }
    if let Some(unmet) = super::text::unmet(report) {
        out += &format!("- {}\n", inline(&unmet));
    }
    if let Some(kept) = &report.kept_back {
        out += &format!("- {}\n", inline(&kept.says));
    }
    if super::evidence::asks_again(report) {
        out += &format!(
            "- to see a finding again: `{}`\n",
            super::evidence::base(report)
        );
    }
    if let Some(pinned) = report.overrides.as_ref().and_then(pins) {
        out += &format!("- pinned for this term: {}\n", inline(&cut(&pinned, LONG)));
    }
    if !report.complete {
        out += &format!("- gate: {}\n", unsettled(report));
    }
    for tier in report.tiers.iter().filter(|t| !t.open && report.complete) {
        let share = (tier.share * 100.0).round();
        out += &format!(
            "- gate of tier {}{}: closed, asks for {share} % of the points",
            tier.tier,
            part(tier, report).map_or_else(String::new, |points| format!(", {points}"))
        );
        if !tier.missing.is_empty() {
            let shown: Vec<_> = tier
                .missing
                .iter()
                .take(LINES)
                .map(|id| code(id.as_str()))
                .collect();
            out += &format!(" and a pass of {}", shown.join(", "));
        }
        if waits(tier, report) {
            out += " and open gates before it";
        }
        out.push('\n');
    }
    if let Some(first) = &report.first {
        out += &format!("\n**First:** {}\n", inline(&cut(first, LONG)));
    }
    out
}

fn table(report: &Report) -> String {
    let words = Verdict::WORDS.map(|(_, word)| word).join(" | ");
    let mut out = format!(
        "| stage | {words} |
|---|{}
",
        "--:|".repeat(6)
    );
    for stage in Stage::ALL {
        let records: Vec<&Record> = report.checks.iter().filter(|r| r.stage == stage).collect();
        if !records.is_empty() {
            let cells = Verdict::WORDS.map(|(name, _)| {
                let n = records.iter().filter(|r| r.verdict.name() == name).count();
                if n == 0 {
                    "·".to_owned()
                } else {
                    n.to_string()
                }
            });
            out += &format!("| {stage} | {} |\n", cells.join(" | "));
        }
    }
    out
}

fn waiting(report: &Report) -> String {
    let line = |w: &crate::model::Waiting| {
        let (checks, points) = (
            count(w.checks as usize, "check"),
            count(w.points as usize, "point"),
        );
        format!(
            "- {checks} waiting for {}, {points} at stake\n",
            code(w.root.as_str())
        )
    };
    report.waiting.iter().take(LINES).map(line).collect()
}

/// What the instructor decided otherwise.
fn changed(report: &Report) -> String {
    let line = |record: &Record| {
        let said = overridden(record.overridden.as_ref()?);
        let id = code(record.id.as_str());
        Some(format!("- {id}: {}\n", inline(&cut(&said, LONG))))
    };
    let lines: String = report.checks.iter().filter_map(line).collect();
    match lines.as_str() {
        "" => lines,
        _ => format!("## Changed by the instructor\n\n{lines}"),
    }
}

fn reasons(report: &Report, title: &str, name: &str) -> String {
    let said = report.checks.iter().filter_map(|r| match &r.verdict {
        Verdict::Skipped { why: text }
        | Verdict::Inconclusive { control: text }
        | Verdict::Broken { fault: text }
            if r.verdict.name() == name =>
        {
            Some(format!(
                "- {}: {}\n",
                code(r.id.as_str()),
                inline(&cut(text, LONG))
            ))
        }
        _ => None,
    });
    let faults = report.faults.iter().filter(|_| name == "broken");
    let faults = faults.map(|fault| format!("- {}\n", inline(&cut(fault, LONG))));
    let lines: Vec<String> = faults.chain(said).collect();
    match lines.len() {
        0 => String::new(),
        n if n > LINES => {
            format!(
                "## {title}\n\n{}- … and {} more\n",
                lines[..LINES].concat(),
                n - LINES
            )
        }
        _ => format!("## {title}\n\n{}", lines.concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    fn events(text: &str) -> Vec<Event<'_>> {
        Parser::new_ext(text, Options::all()).collect()
    }

    /// What markup a text has, without its words.
    fn shape(text: &str) -> Vec<String> {
        let markup = events(text).into_iter().filter_map(|e| match e {
            Event::Start(tag) => Some(format!("{tag:?}")),
            Event::Text(_) | Event::Code(_) | Event::End(_) => None,
            other => Some(format!("{other:?}")),
        });
        markup.collect()
    }

    #[test]
    fn a_mixed_report() {
        insta::assert_snapshot!(render(&sample::mixed(), SUMMARY));
    }

    #[test]
    fn hostile_text_makes_no_markup() {
        let (mild, hostile) = (sample::full(), sample::hostile());
        let text = render(&hostile, SUMMARY);
        assert!(text.contains("evil"), "the sample reaches the page");
        for event in events(&text) {
            let made = matches!(
                event,
                Event::Html(_)
                    | Event::InlineHtml(_)
                    | Event::FootnoteReference(_)
                    | Event::Rule
                    | Event::InlineMath(_)
                    | Event::DisplayMath(_)
                    | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Strikethrough)
            );
            assert!(!made, "{event:?}");
        }
        assert_eq!(shape(&text), shape(&render(&mild, SUMMARY)));
    }

    #[test]
    fn hostile_text_calls_nobody_and_links_nowhere() {
        let text = render(&sample::hostile(), SUMMARY);
        let mut code = false;
        let mut words = String::new();
        for event in events(&text) {
            match event {
                Event::Start(Tag::CodeBlock(_)) => code = true,
                Event::End(pulldown_cmark::TagEnd::CodeBlock) => code = false,
                Event::Text(text) if !code => words.push_str(&text),
                _ => {}
            }
        }
        let live = regex::Regex::new(r"@\w|#\d|www\.|://").unwrap();
        assert!(words.contains("evil"));
        let found = live.find(&words).map(|m| m.as_str());
        assert_eq!(found, None);
    }

    #[test]
    fn a_part_of_a_run_never_says_that_the_gate_is_open() {
        let text = render(&sample::part(), SUMMARY);
        assert!(
            text.starts_with("# this part is in order")
                && text.contains("- gate: not settled, because only a part was asked"),
            "{text}"
        );
    }

    #[test]
    fn a_flood_is_cut_at_whole_parts_and_says_so() {
        let report = sample::flood(400);
        let text = render(&report, COMMENT);
        assert!(text.len() < COMMENT);
        assert!(text.contains("left out: no room here"));
        let fences = text.lines().filter(|l| l.starts_with("```")).count();
        assert_eq!(fences % 2, 0, "no code block is left open");
        assert!(render(&report, SUMMARY).len() < SUMMARY);
    }
}
