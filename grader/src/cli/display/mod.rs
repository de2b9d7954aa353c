//! What a run shows while it goes on: a bar on a terminal, lines elsewhere; on standard error alone.

pub(super) mod cohort;
mod margin;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::model::{CheckId, Event};
use crate::report::one_line;

/// Shows events until the run is [`Event::Done`] or its sender is gone. The channel is unbounded, so that
/// a slow terminal never slows a check. Dropping the future (Ctrl-C) clears the bar as well.
pub(super) async fn show(events: UnboundedReceiver<Event>) {
    if std::io::stderr().is_terminal() {
        bar(
            events,
            ProgressDrawTarget::term_like_with_hz(Box::new(margin::Margin), 15),
        )
        .await;
    } else {
        lines(events, &mut std::io::stderr()).await;
    }
}

/// One line for what is worth a line in a log. A writer that fails is not written to again.
pub(super) async fn lines(mut events: UnboundedReceiver<Event>, out: &mut (dyn Write + Send)) {
    let mut progress = Progress::default();
    let mut open = true;
    while let Some(event) = events.recv().await {
        progress.take(&event);
        if let Some(line) = progress.line(&event).filter(|_| open) {
            open = writeln!(out, "{line}").and_then(|()| out.flush()).is_ok();
        }
        if event == Event::Done {
            break;
        }
    }
}

/// A bar that is gone when it ends, however it ends.
pub(super) async fn bar(mut events: UnboundedReceiver<Event>, target: ProgressDrawTarget) {
    let bar = Cleared(ProgressBar::with_draw_target(None, target));
    let style = "{spinner} {elapsed:>4}  {prefix}{wide_msg}";
    bar.0.set_style(
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar.0.enable_steady_tick(Duration::from_millis(120));
    let mut progress = Progress::default();
    while let Some(event) = events.recv().await {
        progress.take(&event);
        bar.0.set_prefix(progress.count());
        bar.0.set_message(progress.now());
        if event == Event::Done {
            break;
        }
    }
}

/// Clears the bar when it goes out of scope: at the end, on a panic, or when the future is dropped.
struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Where the run stands.
#[derive(Debug, Default)]
struct Progress {
    planned: usize,
    ended: usize,
    failed: usize,
    running: Vec<CheckId>,
    raising: String,
}

impl Progress {
    fn take(&mut self, event: &Event) {
        match event {
            Event::Planned { checks, .. } => self.planned = checks.len(),
            Event::Raising { world, what } => {
                let what = one_line(what);
                self.raising = match world {
                    Some(world) => format!("{}: {what}", format!("{world:?}").to_lowercase()),
                    None => what,
                };
            }
            Event::Started { id } => self.running.push(id.clone()),
            Event::Ended { record } => {
                self.running.retain(|r| *r != record.id);
                self.ended += 1;
                self.failed += usize::from(record.verdict.name() == "fail");
            }
            Event::Done => self.running.clear(),
        }
    }

    /// `12/34, 2 failed  `; nothing before the plan is known.
    fn count(&self) -> String {
        match (self.planned, self.failed) {
            (0, _) => String::new(),
            (planned, 0) => format!("{}/{planned}  ", self.ended),
            (planned, failed) => format!("{}/{planned}, {failed} failed  ", self.ended),
        }
    }

    /// What goes on now.
    fn now(&self) -> String {
        match self.running.as_slice() {
            [] => self.raising.clone(),
            [first] => first.to_string(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        }
    }

    /// The line of this event in a log, if it deserves one.
    fn line(&self, event: &Event) -> Option<String> {
        match event {
            Event::Planned { why, checks } => {
                Some(format!("{}, {} checks", one_line(why), checks.len()))
            }
            Event::Raising { .. } => Some(self.raising.clone()),
            Event::Started { .. } => None,
            Event::Ended { record } => Some(format!(
                "[{}/{}] {} {}",
                self.ended,
                self.planned,
                record.verdict.name(),
                record.id
            )),
            Event::Done => Some(format!("{} ended, {} failed", self.ended, self.failed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Record, Severity, Stage, Verdict, WorldKind};
    use tokio::sync::mpsc;

    fn ended(id: &str, verdict: Verdict) -> Event {
        let record = Record {
            id: id.into(),
            stage: Stage::Boot,
            summary: String::new(),
            concept: String::new(),
            severity: Severity::Low,
            points: 1,
            kept_back: None,
            overridden: None,
            verdict,
            seconds: 0.0,
        };
        Event::Ended {
            record: Box::new(record),
        }
    }

    fn events() -> Vec<Event> {
        let id = |id: &str| CheckId::from(id);
        vec![
            Event::Raising {
                world: None,
                what: "building\u{1b}[2J".into(),
            },
            Event::Planned {
                why: "local: no container engine".into(),
                checks: vec![id("boot.a"), id("boot.b")],
            },
            Event::Raising {
                world: Some(WorldKind::Main),
                what: "starting the service".into(),
            },
            Event::Started { id: id("boot.a") },
            Event::Started { id: id("boot.b") },
            ended("boot.b", Verdict::Fail { findings: vec![] }),
            ended("boot.a", Verdict::Pass { advice: vec![] }),
            Event::Done,
        ]
    }

    #[tokio::test]
    async fn lines_say_what_happened_and_end_with_the_run() {
        let (send, receive) = mpsc::unbounded_channel();
        for event in events() {
            send.send(event).unwrap();
        }
        let mut out = Vec::new();
        // The sender is still there: it is `Done` that ends the display.
        lines(receive, &mut out).await;
        let expected = "building\\x1b[2J\nlocal: no container engine, 2 checks\n\
                        main: starting the service\n[1/2] fail boot.b\n[2/2] pass boot.a\n\
                        2 ended, 1 failed\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        drop(send);
    }

    #[tokio::test]
    async fn the_display_ends_when_the_run_is_dropped() {
        let (send, receive) = mpsc::unbounded_channel();
        send.send(Event::Started {
            id: "boot.a".into(),
        })
        .unwrap();
        drop(send);
        bar(receive, ProgressDrawTarget::hidden()).await;
    }

    #[test]
    fn the_bar_names_what_runs_and_what_failed() {
        let mut progress = Progress::default();
        for event in &events()[..6] {
            progress.take(event);
        }
        assert_eq!(
            (progress.count().as_str(), progress.now().as_str()),
            ("1/2, 1 failed  ", "boot.a")
        );
    }
}
