//! The conductor: runs what was planned, each check when what it stands on has passed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::sync::{Semaphore, mpsc, watch};

use super::ended::Ends;
use super::plan::{Planned, plan};
use super::worlds::Worlds;
use super::{Settings, ask};
use crate::check::{Check, Raised};
use crate::model::{CheckId, Event, Fault, Picture, Record, RuntimeKind, Verdict, WorldKind};
use crate::pack::Pack;
use crate::probe::Journal;
use crate::runtime::Runtime;

/// What a run gives: everything a report is computed from.
#[derive(Debug)]
pub struct Run {
    /// Every planned check with its verdict, in the order a learner meets them.
    pub records: Vec<Record>,
    /// Every exchange of the run.
    pub journal: Journal,
    /// Failures of ours that belong to no check.
    pub faults: Vec<Fault>,
    /// The version of the Postgres server, if there is one.
    pub postgres: Option<String>,
    /// The tables as they were understood, where the run looked at them.
    pub picture: Option<Picture>,
    /// Where what is still up can be reached: `the service answers at http://…`.
    pub kept: Vec<String>,
    /// The worlds that were shared. Their services end when the last of them is dropped.
    pub worlds: Vec<Arc<Raised>>,
    /// How long the service of each world was at work: coming up, answering, restarting.
    pub busy: Vec<Duration>,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// What all checks of a run share.
pub(super) struct Stand {
    pub(super) pack: Arc<Pack>,
    pub(super) worlds: Worlds,
    pub(super) journal: Journal,
    pub(super) settings: Settings,
    pub(super) seed: String,
    pub(super) company: Semaphore,
    pub(super) deadline: tokio::time::Instant,
    /// The ends of the service that nobody asked for.
    pub(super) ends: Ends,
    events: mpsc::UnboundedSender<Event>,
}

/// Runs the checks that the pack, the selection and the runtime call for. Worlds are left up; whoever
/// opened the runtime closes it.
pub async fn conduct(
    pack: Arc<Pack>,
    runtime: Arc<dyn Runtime>,
    checks: &[&'static Check],
    settings: Settings,
    events: mpsc::UnboundedSender<Event>,
) -> Run {
    let started = Instant::now();
    let planned = plan(
        checks,
        &pack.project.stages,
        &settings.selection,
        runtime.kind(),
    );
    let _ = events.send(Event::Planned {
        why: runtime.why().to_owned(),
        checks: planned.iter().map(|p| CheckId::from(p.check.id)).collect(),
    });
    let journal = Journal::default();
    // A database that outlives the run still holds what the same seed planted before, and what is unique is
    // taken. In a world of our own the seed alone decides.
    let seed = match runtime.kind() {
        RuntimeKind::Attach => format!("{}-{}", settings.seed, uuid::Uuid::new_v4()),
        _ => settings.seed.to_string(),
    };
    let of_project = (Arc::clone(&pack), seed.clone());
    let stand = Arc::new(Stand {
        seed,
        worlds: Worlds::new(
            runtime,
            of_project,
            journal.clone(),
            settings.jobs,
            events.clone(),
        ),
        pack,
        journal,
        company: Semaphore::new(settings.company.max(1)),
        deadline: tokio::time::Instant::now() + settings.run_limit,
        ends: Ends::default(),
        settings,
        events,
    });
    let boards: Vec<_> = planned
        .iter()
        .map(|p| (p.check, watch::Sender::new(None)))
        .collect();
    let runs = planned.iter().map(|p| one(Arc::clone(&stand), p, &boards));
    let mut records = join_all(runs).await;
    stand.ends.settle(&mut records);
    let gave_way = match records.iter().any(|r| doubted(&r.verdict)) {
        true => stand.worlds.hold().await.err(),
        false => None,
    };
    if let Some(fault) = &gave_way {
        acquit(&mut records, fault);
    }
    let _ = stand.events.send(Event::Done);
    Run {
        records,
        journal: stand.journal.clone(),
        faults: gave_way.into_iter().collect(),
        postgres: stand.worlds.postgres(),
        picture: stand.worlds.picture(),
        kept: stand.worlds.kept(),
        worlds: stand.worlds.up().cloned().collect(),
        busy: stand.journal.busy().into_values().collect(),
        seconds: started.elapsed().as_secs_f64(),
    }
}

/// Whether a check passed, posted for those who wait.
type Boards = [(&'static Check, watch::Sender<Option<bool>>)];

async fn one(stand: Arc<Stand>, planned: &Planned, boards: &Boards) -> Record {
    let check = planned.check;
    let mut seconds = 0.0;
    let mut asked = async || {
        let (verdict, took) = bounded(&stand, check).await;
        seconds = took.as_secs_f64();
        verdict
    };
    let verdict = if let Some(why) = &planned.skip {
        Verdict::Skipped { why: why.clone() }
    } else if check.is_last() {
        have_ended(boards, |other| !other.is_last()).await;
        match blocked(blockers(check, boards).await) {
            Some(blocked) => blocked,
            None => asked().await,
        }
    } else if ask::has_own_world(check) {
        // Nobody is in its way and it is in nobody's, so it need not wait to be asked: only its answer may
        // turn out to mean nothing.
        let (by, verdict) = tokio::join!(blockers(check, boards), asked());
        blocked(by).unwrap_or(verdict)
    } else {
        let by = blockers(check, boards).await;
        have_ended(boards, |other| check.after.iter().any(|a| a.id == other.id)).await;
        match blocked(by) {
            Some(blocked) => blocked,
            None => asked().await,
        }
    };
    stand.ends.hear(check.id, &verdict);
    if let Some((_, board)) = boards.iter().find(|(c, _)| c.id == check.id) {
        board.send_replace(Some(stands(&verdict)));
    }
    let meta = check.meta();
    let record = Record {
        kept_back: None,
        // What a project weighs otherwise is priced where the run is scored.
        points: meta.severity.points(),
        id: meta.id,
        stage: meta.stage,
        summary: meta.summary,
        concept: meta.concept,
        severity: meta.severity,
        verdict,
        seconds,
        overridden: None,
    };
    let _ = stand.events.send(Event::Ended {
        record: Box::new(record.clone()),
    });
    record
}

/// Whether a verdict may come from what we gave the service, and not from the service.
fn doubted(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Fail { .. } | Verdict::Inconclusive { .. })
}

/// Nothing is held against a service whose ground gave way.
fn acquit(records: &mut [Record], fault: &Fault) {
    for record in records {
        if matches!(record.verdict, Verdict::Fail { .. }) {
            record.verdict = Verdict::Broken {
                fault: fault.cause.clone(),
            };
        }
    }
}

fn blocked(by: Vec<CheckId>) -> Option<Verdict> {
    (!by.is_empty()).then_some(Verdict::Blocked { by })
}

/// Whether others may stand on it: what does not apply here is in nobody's way.
fn stands(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Pass { .. } | Verdict::Skipped { .. })
}

/// Waits for all needs; those that did not pass, in order.
async fn blockers(check: &Check, boards: &Boards) -> Vec<CheckId> {
    let mut by = Vec::new();
    for need in check.needs {
        let Some((_, board)) = boards.iter().find(|(c, _)| c.id == need.id) else {
            continue;
        };
        let mut board = board.subscribe();
        let passed = board
            .wait_for(Option::is_some)
            .await
            .map(|p| *p == Some(true));
        if !passed.unwrap_or(false) {
            by.push(CheckId::from(need.id));
        }
    }
    by
}

/// Waits until each of these has its verdict, whatever it is.
async fn have_ended(boards: &Boards, these: impl Fn(&Check) -> bool) {
    for (_, board) in boards.iter().filter(|(c, _)| these(c)) {
        // The board lives as long as the run: there is always a verdict in the end.
        let _ = board.subscribe().wait_for(Option::is_some).await;
    }
}

/// Runs one check in a task of its own: a panic or an overrun ends the check, never the run.
async fn bounded(stand: &Arc<Stand>, check: &'static Check) -> (Verdict, Duration) {
    let (tell, started) = watch::channel(None);
    let mut task = tokio::spawn(ask::ask(Arc::clone(stand), check, tell));
    let ended = async {
        tokio::select! {
            ended = &mut task => match ended {
                Ok(verdict) => unhindered(stand, check, verdict),
                Err(error) => Verdict::Broken { fault: format!("{}: {}", check.id, panicked(error)) },
            },
            why = overrun(stand, started.clone()) => {
                task.abort();
                let waited = stand.journal.waited(check.id);
                Verdict::Inconclusive { control: format!("{why}; {waited} ms of it were spent waiting for answers") }
            }
        }
    };
    let ((), verdict) = tokio::join!(tell_start(stand, check, started.clone()), ended);
    let began: Option<Instant> = *started.borrow();
    (verdict, began.map(|b| b.elapsed()).unwrap_or_default())
}

/// Says that a check has begun, when it has; nothing where it ends before.
async fn tell_start(stand: &Stand, check: &Check, mut started: watch::Receiver<Option<Instant>>) {
    if started.wait_for(Option::is_some).await.is_ok() {
        let id = CheckId::from(check.id);
        let _ = stand.events.send(Event::Started { id });
    }
}

/// A limit on requests that answered in the service's place says nothing about the service.
fn unhindered(stand: &Stand, check: &Check, verdict: Verdict) -> Verdict {
    let judged = matches!(verdict, Verdict::Pass { .. } | Verdict::Fail { .. });
    // In this world the limit is what is asked about.
    let asked = check.world == WorldKind::Limited;
    if judged && !asked && stand.journal.was_limited(check.id) {
        let control =
            "429 Too Many Requests was in the way, although every request waited for its turn";
        return Verdict::Inconclusive {
            control: control.to_owned(),
        };
    }
    verdict
}

/// Ends when the check has had its time since it began (not while it waits for company to leave), or
/// the run has had its own.
async fn overrun(stand: &Stand, mut started: watch::Receiver<Option<Instant>>) -> String {
    let limit = stand.settings.check_limit;
    let own = async {
        if started.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(limit).await;
    };
    tokio::select! {
        () = own => format!("the check did not end within {} s", limit.as_secs()),
        () = tokio::time::sleep_until(stand.deadline) =>
            format!("the run did not end within {} s", stand.settings.run_limit.as_secs()),
    }
}

fn panicked(error: tokio::task::JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|s| (*s).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned());
            format!("the check panicked: {}", text.unwrap_or_default())
        }
        Err(error) => error.to_string(),
    }
}
