//! A run that is cut short leaves a report of what was judged by then, even where nobody could say goodbye.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::feedback::{Redactor, Run, assemble};
use crate::model::{CheckId, CheckIndex, Event, Fault, Record, Report, Verdict};
use crate::report::{Target, write_atomically};
use crate::score::Rules;

/// The reports are written anew at most this often.
const PACE: Duration = Duration::from_secs(2);
/// Nor do they take more than this part of the time.
const SHARE: u32 = 10;

/// The report of what was judged so far.
pub(super) struct Partial {
    run: Run,
    rules: Rules,
    index: CheckIndex,
    redactor: Redactor,
    targets: Vec<Target>,
    began: Instant,
}

impl Partial {
    /// For a run that is to begin: `run` is all that is known of it. A target that is no file is left alone, for
    /// its reader would get several reports.
    pub(super) fn new(
        run: Run,
        rules: Rules,
        index: CheckIndex,
        redactor: Redactor,
        targets: &[Target],
    ) -> Self {
        let is_file = |t: &&Target| std::fs::metadata(&t.path).map_or(true, |m| m.is_file());
        Self {
            run: Run {
                complete: false,
                partial: true,
                history: None,
                ..run
            },
            rules,
            index,
            redactor,
            targets: targets.iter().filter(is_file).cloned().collect(),
            began: Instant::now(),
        }
    }

    /// Follows the events of the run and hands them on.
    pub(super) fn follow(
        self,
        events: mpsc::UnboundedReceiver<Event>,
        on: mpsc::UnboundedSender<Event>,
    ) -> Following {
        let (stop, stopped) = oneshot::channel();
        Following {
            task: tokio::spawn(followed(self, events, on, stopped)),
            stop,
        }
    }

    /// Whether there is more to tell now.
    fn take(&mut self, event: &Event) -> bool {
        // Without a reader nothing is kept twice.
        if self.targets.is_empty() {
            return false;
        }
        match event {
            Event::Planned { checks, .. } => {
                self.run.records = checks.iter().filter_map(|id| self.unasked(id)).collect();
                true
            }
            Event::Ended { record } => {
                let place = self.run.records.iter_mut().find(|r| r.id == record.id);
                place.map(|place| *place = (**record).clone()).is_some()
            }
            _ => false,
        }
    }

    fn unasked(&self, id: &CheckId) -> Option<Record> {
        let meta = self.index.get(id.as_str())?;
        Some(Record {
            id: meta.id.clone(),
            stage: meta.stage,
            summary: meta.summary.clone(),
            concept: meta.concept.clone(),
            severity: meta.severity,
            points: meta.severity.points(),
            verdict: Verdict::Skipped {
                why: Verdict::CUT_SHORT.to_owned(),
            },
            kept_back: None,
            overridden: None,
            seconds: 0.0,
        })
    }

    fn report(&self) -> Report {
        let run = Run {
            seconds: self.began.elapsed().as_secs_f64(),
            ..self.run.clone()
        };
        assemble(run, &self.rules, &self.index, &self.redactor).0
    }

    /// A target that cannot be written to now is told of at the end of the run, if then it still cannot.
    fn write(&self) {
        let report = self.report();
        for target in &self.targets {
            let _: Result<(), Fault> = target
                .format
                .render(&report)
                .and_then(|text| write_atomically(&target.path, text.as_bytes()));
        }
    }
}

/// The task that follows a run.
pub(super) struct Following {
    task: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

impl Following {
    /// Waits until the run's last event has been handed on. Nothing is written from then on.
    pub(super) async fn ended(self) {
        let _ = self.task.await;
    }

    /// The run was stopped: writes what was judged by now.
    pub(super) async fn cut_short(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

async fn followed(
    mut partial: Partial,
    mut events: mpsc::UnboundedReceiver<Event>,
    on: mpsc::UnboundedSender<Event>,
    mut stopped: oneshot::Receiver<()>,
) {
    // An older report must not be taken for one of this run: the first is written at once.
    let mut next = tokio::time::Instant::now();
    let mut more = false;
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => {
                while let Ok(event) = events.try_recv() {
                    partial.take(&event);
                }
                let _ = written(partial).await;
                return;
            }
            event = events.recv() => {
                let Some(event) = event else { return };
                more |= partial.take(&event);
                let last = event == Event::Done;
                let _ = on.send(event);
                if last {
                    return;
                }
            }
            () = tokio::time::sleep_until(next), if more => {
                let Some((back, took)) = written(partial).await else { return };
                (partial, more) = (back, false);
                next = tokio::time::Instant::now() + PACE.max(took * SHARE);
            }
        }
    }
}

/// Writes beside the run, and how long that took.
async fn written(partial: Partial) -> Option<(Partial, Duration)> {
    let writing = spawn_blocking(move || {
        let began = Instant::now();
        partial.write();
        (partial, began.elapsed())
    });
    writing.await.ok()
}
