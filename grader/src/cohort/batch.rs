//! Many submissions with bounded workers: each in a process of its own, each result kept as soon as it is there.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::asked::Asked;
use super::child::{self, Ended, How};
use super::find::Handed;
use super::prepare::{self, Job, Packs, Ready};
use super::row::{Graded, Outcome, Row};
use super::store::Store;
use crate::model::{Doing, Report, Verdict};

/// How much longer than its own limit a run may take: images to be pulled, and lowering what it raised.
const GRACE: Duration = Duration::from_secs(600);

/// What the display is told.
#[derive(Debug)]
pub enum Event {
    /// A submission is being graded.
    Began(String),
    /// It has ended.
    Ended {
        /// What came of it.
        row: Box<Row>,
        /// Whether it was there from before.
        kept: bool,
    },
}

/// A batch of gradings.
pub struct Batch {
    /// This program.
    pub program: PathBuf,
    /// Where results are kept.
    pub store: Store,
    /// What is asked.
    pub asked: Asked,
    /// Finds packs.
    pub packs: Packs,
    /// How many submissions are graded at once.
    pub workers: usize,
}

impl Batch {
    /// Grades what was handed in, each with its id, and gives the rows of all that came to an end: all of them, unless
    /// `stop` was cancelled.
    pub async fn run(
        self: &Arc<Self>,
        handed: Vec<(Handed, String)>,
        stop: &CancellationToken,
        told: &UnboundedSender<Event>,
    ) -> Vec<Row> {
        let gradings = futures::stream::iter(handed).map(|(handed, id)| async move {
            if stop.is_cancelled() {
                return None;
            }
            // Who does not listen to the display need not hear.
            let tell = |event| told.send(event).ok();
            tell(Event::Began(handed.name.clone()));
            let (row, kept) = self.one(&handed, &id, stop).await?;
            tell(Event::Ended {
                row: Box::new(row.clone()),
                kept,
            });
            Some(row)
        });
        let rows = gradings.buffer_unordered(self.workers.max(1));
        rows.filter_map(async |row| row).collect().await
    }

    /// One row, and whether it was there from before; none where the user wants to stop.
    async fn one(
        self: &Arc<Self>,
        handed: &Handed,
        id: &str,
        stop: &CancellationToken,
    ) -> Option<(Row, bool)> {
        let (batch, at) = (Arc::clone(self), handed.clone());
        let ready = tokio::task::spawn_blocking(move || {
            prepare::prepare(&at, &batch.asked, &batch.packs, &batch.store)
        });
        let ready = ready.await.doing("preparing a submission").flatten();
        let mut row = Row::new(&handed.name, id, Outcome::Waiting);
        let kept = match ready {
            Ok(Ready::Kept(was)) => {
                let same = was.id == id;
                row = Row {
                    id: id.to_owned(),
                    ..*was
                };
                if same { Ok(()) } else { self.store.note(&row) }.map(|()| true)
            }
            Ok(Ready::Refused { key, why }) => {
                row.key = key;
                row.outcome = Outcome::Refused { why };
                self.store.keep(&row, None).map(|()| false)
            }
            Ok(Ready::Go(job)) => {
                let report = self.graded(handed, *job, &mut row, stop).await?;
                self.store.keep(&row, report.as_ref()).map(|()| false)
            }
            Err(fault) => Err(fault),
        };
        Some(match kept {
            Ok(kept) => (row, kept),
            Err(fault) => {
                let project = row.key.as_ref().map(|key| key.project.clone());
                row.outcome = self.fault(handed, &project.unwrap_or_default(), &fault.to_string());
                (row, false)
            }
        })
    }

    /// Grades a folder; what came of it stands in the row. None where the user wants to stop.
    async fn graded(
        &self,
        handed: &Handed,
        job: Job,
        row: &mut Row,
        stop: &CancellationToken,
    ) -> Option<Option<Report>> {
        let file = job.desk.path().join("report.json");
        let project = job.key.project.clone();
        let chosen = self.asked.project.as_ref().unwrap_or(&project);
        let args = self.asked.child(&job.folder, &handed.name, chosen, &file);
        let limit = Duration::from_secs(self.asked.timeout) + GRACE;
        let ended = child::run(&self.program, &args, limit, stop).await;
        row.attempts = job.attempts.clone();
        row.key = Some(job.key.clone());
        let report = read(file, &job).await;
        let (outcome, report) = match (ended, report) {
            (
                Ok(Ended {
                    how: How::Stopped, ..
                }),
                _,
            ) => return None,
            (_, Some(Ok(report))) => (self.outcome(handed, &report), Some(report)),
            (_, Some(Err(why))) => (self.fault(handed, &project, &why), None),
            (Ok(ended), None) => {
                let mut outcome = self.fault(handed, &project, &self.why(&ended));
                if let Outcome::Fault { tail, .. } = &mut outcome {
                    *tail = ended.said;
                }
                (outcome, None)
            }
            (Err(fault), None) => (self.fault(handed, &project, &fault.to_string()), None),
        };
        row.outcome = outcome;
        Some(report)
    }

    fn outcome(&self, handed: &Handed, report: &Report) -> Outcome {
        let graded = Graded::of(report);
        if report.verdict != "fault" {
            return Outcome::Graded { graded };
        }
        let broken = report
            .checks
            .iter()
            .find_map(|record| match &record.verdict {
                Verdict::Broken { fault } => Some(format!("{}: {fault}", record.id)),
                _ => None,
            });
        let why = report
            .faults
            .first()
            .cloned()
            .or(broken)
            .unwrap_or_default();
        let mut outcome = self.fault(handed, &graded.project, &why);
        if let Outcome::Fault { graded: slot, .. } = &mut outcome {
            *slot = Some(graded);
        }
        outcome
    }

    fn fault(&self, handed: &Handed, project: &str, why: &str) -> Outcome {
        let project = self.asked.project.as_deref().unwrap_or(project);
        Outcome::Fault {
            why: why.to_owned(),
            tail: String::new(),
            again: self.asked.again(handed, project, self.store.folder()),
            graded: None,
        }
    }

    /// Why there is no report: what the grader said itself, else how it ended.
    fn why(&self, ended: &Ended) -> String {
        let error = ended.said.split("\nerror: ").last();
        let error = error.filter(|_| ended.said.contains("error: "));
        let error = error.map(|e| e.strip_prefix("error: ").unwrap_or(e).to_owned());
        match (ended.how, error) {
            (How::Code(2 | 3), Some(error)) => error,
            (How::Code(code), _) => format!("the grader ended with code {code} and left no report"),
            (How::Signal(signal), _) => format!("the grader was ended by signal {signal}"),
            (How::Late | How::Stopped, _) => {
                let limit = self.asked.timeout + GRACE.as_secs();
                format!("the grader did not end within {limit} s")
            }
        }
    }
}

/// The report of a job, if one was written; an error where it cannot be the right one.
async fn read(file: PathBuf, job: &Job) -> Option<Result<Report, String>> {
    let text = tokio::fs::read(&file).await.ok()?;
    let report: Report = match serde_json::from_slice(&text) {
        Ok(report) => report,
        Err(error) => return Some(Err(format!("the report cannot be read: {error}"))),
    };
    // What was judged until the run was cut short is no grade; how it ended says why.
    if report.partial {
        return None;
    }
    let same = report.pack.id == job.key.project && report.pack.digest == job.key.pack;
    Some(match same {
        true => Ok(report),
        false => Err("the project's pack changed while this was graded".to_owned()),
    })
}
