//! What a batch shows while it goes on: a live table on a terminal, a line for each end elsewhere.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::cohort::{Event, Outcome, Row};
use crate::report::{cut, one_line};

/// Shows events until their sender is gone; `all` submissions are to be graded.
pub(in crate::cli) async fn show(events: UnboundedReceiver<Event>, all: usize) {
    if std::io::stderr().is_terminal() {
        // Each line is padded to the terminal's width and broken by it.
        table(events, all, ProgressDrawTarget::stderr_with_hz(8)).await;
    } else {
        lines(events, all, &mut std::io::stderr()).await;
    }
}

/// Where a batch stands.
#[derive(Debug, Default)]
struct Tally {
    all: usize,
    ended: usize,
    kept: usize,
}

impl Tally {
    /// The line of an end; none where it was there from before.
    fn line(&mut self, row: &Row, kept: bool) -> Option<String> {
        self.ended += 1;
        self.kept += usize::from(kept);
        let (ended, all) = (self.ended, self.all);
        (!kept).then(|| format!("[{ended}/{all}] {}: {}", short(&row.name), told(row)))
    }

    /// What was there from before, if anything was.
    fn before(&self) -> Option<String> {
        (self.kept > 0).then(|| format!("{} of {} were done before", self.kept, self.all))
    }
}

async fn lines(mut events: UnboundedReceiver<Event>, all: usize, out: &mut (dyn Write + Send)) {
    let mut tally = Tally {
        all,
        ..Tally::default()
    };
    let mut open = true;
    let mut put = |line: Option<String>| {
        if let Some(line) = line.filter(|_| open) {
            open = writeln!(out, "{line}").and_then(|()| out.flush()).is_ok();
        }
    };
    while let Some(event) = events.recv().await {
        if let Event::Ended { row, kept } = event {
            put(tally.line(&row, kept));
        }
    }
    put(tally.before());
}

async fn table(mut events: UnboundedReceiver<Event>, all: usize, target: ProgressDrawTarget) {
    let table = Cleared(MultiProgress::with_draw_target(target));
    let style = |text: &str| {
        ProgressStyle::with_template(text).unwrap_or_else(|_| ProgressStyle::default_spinner())
    };
    let total = table.0.add(ProgressBar::new(all as u64));
    total.set_style(style("{pos} of {len} done, {msg}"));
    let mut tally = Tally {
        all,
        ..Tally::default()
    };
    let mut running: BTreeMap<String, ProgressBar> = BTreeMap::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Began(name) => {
                let bar = table.0.insert_before(&total, ProgressBar::new_spinner());
                bar.set_style(style("{spinner} {elapsed:>5}  {msg}"));
                bar.set_message(short(&name));
                bar.enable_steady_tick(Duration::from_millis(250));
                running.insert(name, bar);
            }
            Event::Ended { row, kept } => {
                if let Some(bar) = running.remove(&row.name) {
                    bar.finish_and_clear();
                    table.0.remove(&bar);
                }
                if let Some(line) = tally.line(&row, kept) {
                    table.0.println(line).ok();
                }
            }
        }
        total.set_position(tally.ended as u64);
        let waiting = all.saturating_sub(tally.ended + running.len());
        total.set_message(format!("{} running, {waiting} waiting", running.len()));
    }
    total.finish_and_clear();
    if let Some(line) = tally.before() {
        table.0.println(line).ok();
    }
}

/// Clears the table when it goes out of scope, however that happens.
struct Cleared(MultiProgress);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.clear().ok();
    }
}

/// What came of a submission, in a few words.
fn told(row: &Row) -> String {
    let why = || cut(&one_line(&row.reason()), 200);
    match (&row.outcome, row.graded()) {
        (Outcome::Graded { .. }, Some(graded)) => {
            let points = graded.own().map_or_else(String::new, |own| {
                format!("{} of {} points", own.earned, own.possible)
            });
            let verdict = match graded.verdict.as_str() {
                "open" if graded.complete => "gate open",
                "open" => "in order",
                _ => "not yet",
            };
            format!("{points}, {verdict}")
        }
        (Outcome::Fault { .. }, _) => format!("our fault: {}", why()),
        (Outcome::Refused { .. }, _) => format!("cannot be graded: {}", why()),
        _ => why(),
    }
}

fn short(name: &str) -> String {
    cut(&one_line(name), 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    fn events() -> UnboundedReceiver<Event> {
        let (send, receive) = mpsc::unbounded_channel();
        for (name, kept) in [("ada", true), ("e\u{1b}[2Jve", false)] {
            send.send(Event::Began(name.to_owned())).unwrap();
            let why = "it is encrypted".to_owned();
            let row = Box::new(Row::new(name, name, Outcome::Refused { why }));
            send.send(Event::Ended { row, kept }).unwrap();
        }
        receive
    }

    #[tokio::test]
    async fn an_end_is_a_line_and_what_was_done_before_is_counted() {
        let mut out = Vec::new();
        lines(events(), 2, &mut out).await;
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "[2/2] e\\x1b[2Jve: cannot be graded: it is encrypted\n1 of 2 were done before\n"
        );
        table(events(), 2, ProgressDrawTarget::hidden()).await;
    }
}
