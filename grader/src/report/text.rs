//! What a learner's service says may drive a terminal, hide text or turn it round. Here it only shows.

use std::fmt::Write;

use crate::model::{
    Overridden, OverridesRef, Record, Report, Ruling, RuntimeKind, Score, TierStanding, Verdict,
};

/// The text with every character that is not seen as itself written out: control bytes as `\x1b`, those
/// that reorder or hide text as `<U+202E>`. Line breaks stay, a tab becomes four spaces, and nothing is
/// lost.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' => out.push('\n'),
            '\t' => out.push_str("    "),
            '\0'..='\u{1f}' | '\u{7f}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if misleads(c) => {
                let _ = write!(out, "<U+{:04X}>", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// C1 controls, what reorders text, what takes no room, line separators, tags and noncharacters.
fn misleads(c: char) -> bool {
    matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    ) || u32::from(c) & 0xfffe == 0xfffe
}

/// [`visible`], with line breaks and runs of blanks folded to one blank.
pub fn one_line(text: &str) -> String {
    visible(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// What stands first in a report of a run that was cut short.
pub(super) const PARTIAL: &str =
    "partial report: the run was cut short, and what was not judged by then is skipped";

/// At most `limit` characters; a cut is marked by an ellipsis.
pub fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text
            .chars()
            .take(limit.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}

/// A hint with its place on the ladder, once the first rung is climbed: `2 of 3: …`.
pub(super) fn rung(hint: &str, rung: Option<(u32, u32)>) -> String {
    match rung {
        Some((at, of)) if at > 1 && !hint.is_empty() => format!("{at} of {of}: {hint}"),
        _ => hint.to_owned(),
    }
}

/// `2 fixed · 1 still open · 0 new`, with what came back if anything did.
pub(super) fn progress(progress: &crate::model::Progress) -> String {
    let crate::model::Progress {
        fixed,
        open,
        new,
        back,
        ..
    } = progress;
    let back = match back {
        0 => String::new(),
        n => format!(" · {n} back again"),
    };
    format!("{fixed} fixed · {open} still open · {new} new{back}")
}

/// What a mentor wrote: who, on which day, and whether it is a sign-off.
pub(super) fn mentor(note: &crate::model::MentorNote) -> String {
    let day = note.when.get(..10).unwrap_or(&note.when);
    let signed = if note.signed_off { ", signed off" } else { "" };
    let says = if note.says.is_empty() { "" } else { ": " };
    format!("{} on {day}{signed}{says}{}", note.by, note.says)
}

/// Why a gate is neither open nor closed.
pub(super) fn unsettled(report: &crate::model::Report) -> &'static str {
    match report.partial {
        true => "not settled, because the run was cut short",
        false => "not settled, because only a part was asked",
    }
}

/// The gates to speak of: of a part that was asked, the own one alone is not settled.
pub(super) fn gates(report: &Report) -> &[TierStanding] {
    let own = report.tiers.len().saturating_sub(1);
    match report.complete {
        true => &report.tiers,
        false => report.tiers.get(own..).unwrap_or_default(),
    }
}

/// Whether a gate waits for one before it, whatever its own points are.
pub(super) fn waits(tier: &TierStanding, report: &Report) -> bool {
    let before = report.tiers.iter().filter(|t| t.tier < tier.tier);
    before.into_iter().any(|t| !t.open)
}

/// The points of a tier, where the run speaks of several; else they are the total.
pub(super) fn part(tier: &TierStanding, report: &Report) -> Option<String> {
    let Score { earned, possible } = tier.score;
    (report.tiers.len() > 1).then(|| format!("{earned} of {possible} points"))
}

/// What became of a verdict that the instructor changed: `waived by M. Curie, was failed: …`.
pub(super) fn overridden(changed: &Overridden) -> String {
    let to = match changed.to {
        Ruling::Waived => "waived",
        Ruling::Pass => "counted as passed",
        Ruling::Fail => "counted as failed",
    };
    let was = Verdict::word(changed.was.name());
    let by = changed.by.as_deref().unwrap_or("the instructor");
    format!("{to} by {by}, was {was}: {}", changed.reason)
}

/// What a term is pinned to: `grader 0.1.0, pack 9f86d081884c`; none where it is not.
pub(super) fn pins(overrides: &OverridesRef) -> Option<String> {
    let grader = overrides.grader.as_ref().map(|v| format!("grader {v}"));
    let pack = overrides
        .pack
        .as_deref()
        .map(|d| format!("pack {}", d.get(..12).unwrap_or(d)));
    let all: Vec<String> = grader.into_iter().chain(pack).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// The topics of which a whole run judged nothing, because each of their checks was skipped: what cannot be seen of a
/// service that was there already, and learners who work alone leave out. Where it was raised here, what is skipped is
/// what the project does not have.
pub(super) fn unmet(report: &Report) -> Option<String> {
    let skipped = |r: &Record| matches!(r.verdict, Verdict::Skipped { .. });
    let met = |topic: &str| {
        let of = report.checks.iter().filter(|r| r.concept == topic);
        of.into_iter().any(|r| !skipped(r))
    };
    let mut topics: Vec<&str> = Vec::new();
    let seen_little = report.complete && report.runtime.kind == RuntimeKind::Attach;
    for record in report.checks.iter().filter(|_| seen_little) {
        let topic = record.concept.as_str();
        if !met(topic) && !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    let named = several(
        &topics
            .iter()
            .map(|t| t.replace('-', " "))
            .collect::<Vec<_>>(),
    );
    (!named.is_empty()).then(|| format!("nothing was judged of {named}"))
}

/// `1 check`, `3 checks`.
pub fn count(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// `GET /venues, POST /venues`, the first eight of them and how many more.
pub(super) fn several(names: &[String]) -> String {
    const NAMED: usize = 8;
    let mut named: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    let rest = format!("and {} more", names.len().saturating_sub(NAMED));
    if names.len() > NAMED {
        named.push(&rest);
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_nobody_met_is_named() {
        let mut report = crate::report::sample::mixed();
        assert_eq!(unmet(&report), None, "something was judged of each");
        for record in &mut report.checks {
            if matches!(record.verdict, Verdict::Skipped { .. }) {
                record.concept = "normal-forms".into();
            }
        }
        report.runtime.kind = RuntimeKind::Local;
        assert_eq!(unmet(&report), None, "the project has none of it");
        report.runtime.kind = RuntimeKind::Attach;
        let says = "nothing was judged of normal forms";
        assert_eq!(unmet(&report).as_deref(), Some(says));
        report.complete = false;
        assert_eq!(unmet(&report), None, "a part leaves out what it leaves out");
    }

    #[test]
    fn a_gate_says_that_it_waits_for_those_before_it() {
        let mut report = crate::report::sample::green();
        let own = report.tiers[0].clone();
        assert!(!waits(&own, &report));
        let lower = |open| TierStanding {
            tier: 0,
            open,
            ..own.clone()
        };
        report.tiers.insert(0, lower(true));
        assert!(!waits(&own, &report));
        report.tiers[0] = lower(false);
        report.tiers[1].open = false;
        assert!(waits(&own, &report) && !waits(&report.tiers[0], &report));
        for text in [
            crate::report::terminal::render(&report, 400, crate::report::Style::PLAIN),
            crate::report::Format::Markdown.render(&report).unwrap(),
            crate::report::Format::Html.render(&report).unwrap(),
        ] {
            // Whatever the width, the words are there.
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains("and open gates before it"), "{text}");
        }
    }

    #[test]
    fn nothing_unseen_passes() {
        let hostile = "a\u{1b}[31m\u{7}b\u{202e}c\u{200b}d\u{9b}e\u{2028}f\u{ffff}g\u{e0041}\r";
        let seen = visible(hostile);
        assert!(
            !seen.chars().any(|c| c.is_control() || misleads(c)),
            "{seen:?}"
        );
        assert!(seen.contains("\\x1b[31m") && seen.contains("<U+202E>"));
    }

    #[test]
    fn plain_text_of_any_language_stays() {
        let text = "Zürich 東京 🎭 naïve\nline two";
        assert_eq!(visible(text), text);
        assert_eq!(one_line("a\r\n  b\tc"), "a b c");
    }

    #[test]
    fn a_long_list_of_names_is_cut() {
        let names = |n: usize| (0..n).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(several(&names(2)), "0, 1");
        assert_eq!(several(&names(10)), "0, 1, 2, 3, 4, 5, 6, 7, and 2 more");
        assert_eq!(several(&[]), "");
    }

    #[test]
    fn a_cut_is_marked_and_counts_characters() {
        assert_eq!(cut("東京都", 3), "東京都");
        assert_eq!(cut("東京都庁", 3), "東京…");
    }
}
