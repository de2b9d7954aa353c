//! `grader progress`: where a learner stands, from what the attempts left behind. It informs; it never punishes.

use std::path::PathBuf;

use clap::Args;

use super::ledger::Book;
use super::{print, say};
use crate::feedback::{Attempt, History, Trail};
use crate::model::Exit;
use crate::report::one_line;

/// Say where you stand.
#[derive(Debug, Args)]
pub(super) struct ProgressArgs {
    /// The folder of the service
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Where attempts are kept (default: .grader/ledger.json beside the service)
    #[arg(long, value_name = "FILE", env = "GRADER_LEDGER", hide_env = true)]
    ledger: Option<String>,
}

/// How many attempts and findings are listed.
const LINES: usize = 12;

/// Runs the verb.
pub(super) fn progress(args: &ProgressArgs) -> Exit {
    let refused = |why: &str| {
        say(&format!("error: {why}"));
        Exit::Usage
    };
    let Some(book) = Book::of(args.ledger.as_deref(), Some(&args.dir)) else {
        return refused("--ledger none keeps no attempts\n  try: without it");
    };
    let ledger = match book.read() {
        Ok(ledger) => ledger,
        Err(why) => return refused(&why),
    };
    if ledger.projects.is_empty() {
        let place = args.dir.display();
        return refused(&format!(
            "no attempt has been kept in {place}\n  try: grader grade {place}, or name the folder of the service"
        ));
    }
    let told = ledger.projects.iter().map(|(id, history)| one(id, history));
    match print(&mut std::io::stdout(), &told.collect::<Vec<_>>().join("\n")) {
        Ok(()) => Exit::Open,
        Err(fault) => {
            say(&format!("error: the grader failed: {fault}"));
            Exit::Fault
        }
    }
}

/// One project: its last attempts, then what is open, longest first.
fn one(id: &str, history: &History) -> String {
    let mut text = format!("{}\n", one_line(id));
    let skipped = history.attempts.len().saturating_sub(LINES);
    for (n, attempt) in history.attempts.iter().enumerate().skip(skipped) {
        text += &format!("  attempt {:<3} {}\n", n + 1, standing(attempt));
    }
    let mut open: Vec<&Trail> = history.findings.values().filter(|t| t.open).collect();
    open.sort_by(|a, b| (b.seen, &a.check).cmp(&(a.seen, &b.check)));
    let closed = history.findings.len() - open.len();
    text += &format!("  {closed} fixed · {} open\n", open.len());
    for trail in open.iter().take(LINES) {
        let since = match trail.seen {
            1 => "since this attempt".to_owned(),
            n => format!("for {n} attempts"),
        };
        text += &format!(
            "    {}: {} ({since})\n",
            one_line(&trail.check),
            one_line(&trail.saw)
        );
    }
    if open.len() > LINES {
        text += &format!("    … {} more\n", open.len() - LINES);
    }
    text
}

fn standing(attempt: &Attempt) -> String {
    let when = one_line(&attempt.when);
    match (attempt.earned, attempt.possible) {
        (Some(earned), Some(possible)) => {
            let gate = if attempt.open { "gate open" } else { "not yet" };
            format!("{when}  {earned} of {possible} points, {gate}")
        }
        _ => format!("{when}  a part only"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_longest_comes_first_and_hostile_text_only_shows() {
        let trail = |check: &str, seen, open| Trail {
            check: check.to_owned(),
            saw: "it \u{1b}[31mburns".to_owned(),
            seen,
            open,
            since: 1,
        };
        let attempt = Attempt {
            when: "2027-03-01T19:00:00Z".to_owned(),
            digest: String::new(),
            earned: Some(3),
            possible: Some(8),
            open: false,
        };
        let findings = [
            ("a", trail("x", 1, true)),
            ("b", trail("y", 4, true)),
            ("c", trail("z", 9, false)),
        ];
        let history = History {
            notes: vec![],
            attempts: vec![attempt],
            findings: findings
                .map(|(f, t)| (f.to_owned(), t))
                .into_iter()
                .collect(),
        };
        let text = one("1-listings", &history);
        let expected = "1-listings\n  attempt 1   2027-03-01T19:00:00Z  3 of 8 points, not yet\n  1 fixed · 2 open\n    \
            y: it \\x1b[31mburns (for 4 attempts)\n    x: it \\x1b[31mburns (since this attempt)\n";
        assert_eq!(text, expected);
    }
}
