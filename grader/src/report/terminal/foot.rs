//! What did not get as far as a verdict, the score, and what to fix first.

use super::page::Page;
use super::talk;
use crate::model::{CheckId, Report, Score, TierStanding, Verdict};
use crate::report::Ink;
use crate::report::text::{count, gates, overridden, part, pins, unmet, unsettled, waits};

/// How many lines a list at the foot may have.
const LINES: usize = 8;

/// Everything below the stages.
pub(super) fn all(page: &mut Page, report: &Report) {
    waiting(page, report);
    let doubts = verdicts(report, |v| match v {
        Verdict::Inconclusive { control } => Some(control),
        _ => None,
    });
    list(page, "not judged", &fold(doubts));
    let skipped = verdicts(report, |v| match v {
        Verdict::Skipped { why } => Some(why),
        _ => None,
    });
    list(page, "skipped", &fold(skipped));
    let changed = report.checks.iter().filter_map(|record| {
        let changed = record.overridden.as_ref()?;
        Some(format!("{}: {}", record.id, overridden(changed)))
    });
    list(
        page,
        "changed by the instructor",
        &changed.collect::<Vec<_>>(),
    );
    faults(page, report);
    talk::all(page, report);
    sums(page, report);
    page.gap();
    let (ink, last) = last(report);
    page.text(2, 2, ink, &last);
}

fn waiting(page: &mut Page, report: &Report) {
    let lines: Vec<String> = report
        .waiting
        .iter()
        .map(|w| {
            let checks = count(w.checks as usize, "check");
            let waits = if w.checks == 1 { "waits" } else { "wait" };
            match w.points {
                0 => format!("{checks} {waits} for {}", w.root),
                n => format!(
                    "{checks} {waits} for {}, {} at stake",
                    w.root,
                    count(n as usize, "point")
                ),
            }
        })
        .collect();
    list(page, "waiting", &lines);
}

fn faults(page: &mut Page, report: &Report) {
    let broken = report.checks.iter().filter_map(|r| match &r.verdict {
        Verdict::Broken { fault } => Some(format!("{}: {fault}", r.id)),
        _ => None,
    });
    let all = report.faults.iter().cloned().chain(broken);
    let lines: Vec<String> = all.map(|line| short(&line)).collect();
    list(page, "our fault, not yours", &lines);
    if !lines.is_empty() {
        let advice = "This costs no points. `grader doctor` shows what the grader needs here.";
        page.text(2, 0, Ink::Faint, advice);
    }
}

/// A cause may quote pages of somebody else's output; the cure is ours and stays whole.
fn short(fault: &str) -> String {
    use crate::report::text::cut;
    match fault.rsplit_once("\n  try: ") {
        Some((cause, cure)) => format!("{}; try: {cure}", cut(cause, 300)),
        None => cut(fault, 400),
    }
}

fn list(page: &mut Page, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    page.gap();
    page.heading(title, &[]);
    for line in lines.iter().take(LINES) {
        page.text(2, 2, Ink::Plain, &crate::report::text::cut(line, 600));
    }
    if lines.len() > LINES {
        page.text(2, 2, Ink::Faint, &format!("… {} more", lines.len() - LINES));
    }
}

type Said<'a> = Vec<(&'a str, &'a str)>;

fn verdicts(report: &Report, said: impl Fn(&Verdict) -> Option<&String>) -> Said<'_> {
    let said = report
        .checks
        .iter()
        .filter_map(|r| Some((r.id.as_str(), said(&r.verdict)?.as_str())));
    said.collect()
}

/// Checks with the same reason share a line; up to three are named.
fn fold(said: Said<'_>) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (id, why) in said {
        match groups.iter_mut().find(|(w, _)| *w == why) {
            Some((_, ids)) => ids.push(id),
            None => groups.push((why, vec![id])),
        }
    }
    let line = |(why, ids): &(&str, Vec<&str>)| match ids.len() {
        1..=3 => format!("{}: {why}", ids.join(", ")),
        n => format!("{}: {why}", count(n, "check")),
    };
    groups.iter().map(line).collect()
}

fn sums(page: &mut Page, report: &Report) {
    page.gap();
    page.rule();
    let Score { earned, possible } = report.score;
    let percent = (earned * 100).checked_div(possible).unwrap_or(0);
    page.field(
        "score",
        Ink::Strong,
        &format!("{earned} of {possible} points, {percent} %"),
    );
    for tier in gates(report) {
        let (ink, text) = gate(tier, report);
        page.field("gate", ink, &text);
    }
    if let Some(progress) = &report.progress {
        let text = format!(
            "{}: {}",
            progress.attempt,
            crate::report::text::progress(progress)
        );
        let ink = if progress.back > 0 {
            Ink::Bad
        } else {
            Ink::Plain
        };
        page.field("attempt", ink, &text);
    }
    if let Some(unmet) = unmet(report) {
        page.field("topics", Ink::Doubt, &unmet);
    }
    if let Some(kept) = &report.kept_back {
        page.field("told", Ink::Faint, &kept.says);
    }
    if let Some(pinned) = report.overrides.as_ref().and_then(pins) {
        page.field("pinned", Ink::Faint, &pinned);
    }
    let run = format!("{:.1} s, seed {}", report.seconds, report.seed);
    page.field("run", Ink::Faint, &run);
    if crate::report::evidence::asks_again(report) {
        page.field("again", Ink::Faint, &crate::report::evidence::base(report));
    }
}

fn gate(tier: &TierStanding, report: &Report) -> (Ink, String) {
    let TierStanding {
        tier: number,
        title,
        share,
        missing,
        unjudged,
        signed_off,
        open,
        ..
    } = tier;
    let points = part(tier, report).map_or_else(String::new, |points| format!(", {points}"));
    let name = format!("tier {number}, {title}{points}");
    if !report.complete {
        let part = unsettled(report);
        return (Ink::Doubt, format!("{name}: {part}"));
    }
    let unjudged = match unjudged.as_slice() {
        [] => String::new(),
        ids => format!("; not judged here: {}", named(ids)),
    };
    if *open {
        return (Ink::Good, format!("{name}: open{unjudged}"));
    }
    let mut asks = vec![format!("{} % of the points", (share * 100.0).round())];
    if !missing.is_empty() {
        asks.push(format!("a pass of {}", named(missing)));
    }
    if *signed_off == Some(false) {
        asks.push("a mentor's sign-off".to_owned());
    }
    if waits(tier, report) {
        asks.push("open gates before it".to_owned());
    }
    let asks = asks.join(" and ");
    (
        Ink::Doubt,
        format!("{name}: closed, asks for {asks}{unjudged}"),
    )
}

fn named(ids: &[CheckId]) -> String {
    let shown: Vec<&str> = ids.iter().take(LINES).map(|id| id.as_str()).collect();
    match ids.len().saturating_sub(LINES) {
        0 => shown.join(", "),
        n => format!("{} and {n} more", shown.join(", ")),
    }
}

fn last(report: &Report) -> (Ink, String) {
    match &report.first {
        Some(first) => (Ink::Strong, format!("fix first: {first}")),
        None if report.verdict == "fault" => (
            Ink::Bad,
            "nothing for you to fix: the fault is ours, and this run settles nothing".into(),
        ),
        None if report.partial => (
            Ink::Doubt,
            "nothing failed by then; run it again, to its end".into(),
        ),
        None if !report.complete && report.verdict == "open" => (
            Ink::Good,
            "nothing to fix in this part; run without --only and --stage for the gate".into(),
        ),
        None if !report.complete => (
            Ink::Doubt,
            "nothing of this part could be judged here; run without --only and --stage for the gate".into(),
        ),
        None if report.verdict == "open" => (Ink::Good, "nothing to fix: the gate is open".into()),
        None => (
            Ink::Doubt,
            "nothing failed, but the gate asks for checks that could not run".into(),
        ),
    }
}
