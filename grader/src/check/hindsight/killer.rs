//! Finds the request that ends a process, by asking again in worlds that nobody has used what was asked before the end.

use std::collections::BTreeSet;
use std::time::Duration;

use super::again::Again;
use super::suspects::{needed, suspects};
use super::{End, HindsightCx, line};
use crate::check::BreaksCx;
use crate::model::{Evidence, Exchange, Fault, Sent};
use crate::pack::Pack;
use crate::probe::plant::said_yes;
use crate::probe::{Patience, until};
use crate::runtime::{Exited, Liveness};

/// How long one answer may take here: what ends a process is seldom slow.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long after its answer a request may end the process.
const MOMENT: Duration = Duration::from_millis(700);
/// How many requests of the same operation are tried for one that is answered.
const CONTROLS: usize = 4;

/// What ends the process, seen to do so twice.
#[derive(Debug)]
pub(crate) struct Killer {
    /// The operation as the contract spells it, with the method that was asked: `HEAD /venues/{venue_id}`.
    pub(crate) line: String,
    /// What was asked in the end, in order; mostly one request.
    pub(crate) asked: Vec<Exchange>,
    /// A request that was answered just before by the same process, which went on.
    pub(crate) control: Exchange,
    /// Whether the control is of the same operation.
    pub(crate) same: bool,
    /// How the process ended, where that can be seen.
    pub(crate) exit: Option<Exited>,
    /// What it said last.
    pub(crate) log: Vec<String>,
    /// All of it as evidence.
    pub(crate) evidence: Vec<Evidence>,
}

/// One world, and what is asked in it.
struct Stage {
    cx: BreaksCx,
    again: Again,
    processes: Vec<Liveness>,
}

impl Stage {
    async fn open(cx: &HindsightCx) -> Result<Option<Self>, Fault> {
        let Some(cx) = cx.fresh().await? else {
            return Ok(None);
        };
        let again = Again::new(cx.http().patient(PATIENCE));
        let processes = cx.alive();
        Ok(Some(Self {
            cx,
            again,
            processes,
        }))
    }

    fn gone(&self) -> bool {
        let now = self.cx.alive();
        now != self.processes || !now.iter().all(Liveness::runs)
    }

    /// Whether the process ends within a moment.
    async fn ends(&self) -> Result<bool, Fault> {
        let gone = async || Ok(self.gone().then_some(()));
        Ok(until(MOMENT, gone).await?.is_some())
    }

    /// Asks these in order; where it was noticed that the process had ended, and what was asked until then.
    async fn play(
        &mut self,
        all: &[Exchange],
        these: &[usize],
    ) -> Result<(Option<usize>, Vec<Exchange>), Fault> {
        let mut seen = Vec::new();
        for at in these {
            let Some(then) = all.get(*at) else { continue };
            let now = self.again.ask(then).await?;
            let unanswered = now.status().is_none();
            seen.push(now);
            if self.gone() || (unanswered && self.ends().await?) {
                return Ok((Some(*at), seen));
            }
        }
        Ok((None, seen))
    }

    async fn close(self) -> Result<(), Fault> {
        self.cx.raised.world.lower().await
    }
}

/// What ended this process; none where nothing that was asked of it ends another one.
pub(crate) async fn find(
    cx: &HindsightCx,
    end: &End,
    patience: Patience,
) -> Result<Option<Killer>, Fault> {
    let all = &end.exchanges;
    if let Some(at) = one(cx, all, patience).await?
        && let Some(killer) = confirm(cx, all, &[at], true).await?
    {
        return Ok(Some(killer));
    }
    row(cx, all, patience).await
}

/// Tries the suspects one after the other in one world.
async fn one(
    cx: &HindsightCx,
    all: &[Exchange],
    patience: Patience,
) -> Result<Option<usize>, Fault> {
    let Some(mut stage) = Stage::open(cx).await? else {
        return Ok(None);
    };
    let (mut found, mut played) = (None, BTreeSet::new());
    for at in suspects(all) {
        let mut these = needed(all, &[at]);
        // What was made once need not be made again.
        these.retain(|n| played.insert(*n));
        these.push(at);
        found = stage.play(all, &these).await?.0;
        if found.is_none() && stage.ends().await? {
            found = Some(at);
        }
        if found.is_some() || !patience.lasts().await {
            break;
        }
    }
    stage.close().await?;
    Ok(found)
}

/// Asks all of it again, and where that ends the process too, looks for the shortest row at its end that does.
async fn row(
    cx: &HindsightCx,
    all: &[Exchange],
    patience: Patience,
) -> Result<Option<Killer>, Fault> {
    let whole: Vec<usize> = (0..all.len()).collect();
    let Some(last) = dies(cx, all, &whole).await? else {
        return Ok(None);
    };
    // The row from `low` on does it; from `high` on nothing is left to do it.
    let (mut low, mut high) = (0, last + 1);
    while high - low > 1 && patience.lasts().await {
        let middle = low + (high - low) / 2;
        let row: Vec<usize> = (middle..=last).collect();
        let mut these = needed(all, &row);
        these.extend(&row);
        match dies(cx, all, &these).await? {
            Some(at) if at >= middle => low = middle,
            _ => high = middle,
        }
    }
    let row: Vec<usize> = (low..=last).collect();
    confirm(cx, all, &row, true).await
}

/// Whether a process that nobody has asked anything ends when it is asked these, and where.
async fn dies(cx: &HindsightCx, all: &[Exchange], these: &[usize]) -> Result<Option<usize>, Fault> {
    let Some(mut stage) = Stage::open(cx).await? else {
        return Ok(None);
    };
    let mut found = stage.play(all, these).await?.0;
    if found.is_none() && stage.ends().await? {
        found = these.last().copied();
    }
    stage.close().await?;
    Ok(found)
}

/// Asks once more in another world: what the row stands on, then a request that is answered (C+), then the row.
async fn confirm(
    cx: &HindsightCx,
    all: &[Exchange],
    row: &[usize],
    same: bool,
) -> Result<Option<Killer>, Fault> {
    let Some(last) = row.last().and_then(|at| all.get(*at)) else {
        return Ok(None);
    };
    let Some(mut stage) = Stage::open(cx).await? else {
        return Ok(None);
    };
    let before = stage.play(all, &needed(all, row)).await?.0;
    let control = match (before, same) {
        (Some(_), _) => None,
        (None, true) => alike(cx, &mut stage, last).await?,
        (None, false) => ready(cx, &stage).await?,
    };
    // A control that ends the process is none.
    let fails = control.is_none() || stage.ends().await?;
    let Some(control) = control.filter(|_| !fails) else {
        stage.close().await?;
        // What nobody was ever answered has no such request; then it is enough that the service works.
        return match same {
            true => Box::pin(confirm(cx, all, row, false)).await,
            false => Ok(None),
        };
    };
    let (ended, asked) = stage.play(all, row).await?;
    let ended = ended.is_some() || stage.ends().await?;
    let killer = ended.then(|| Killer::of(&cx.past().pack, &stage, (control, same), asked));
    stage.close().await?;
    Ok(killer)
}

/// A request of the same operation, such as was answered in this run and is answered now.
async fn alike(
    cx: &HindsightCx,
    stage: &mut Stage,
    killer: &Exchange,
) -> Result<Option<Exchange>, Fault> {
    let pack = &cx.past().pack;
    let of = line(pack, &killer.sent);
    let journal = cx.past().journal.all();
    let fits = |e: &&Exchange| {
        let other = e.sent.path != killer.sent.path || e.sent.headers != killer.sent.headers;
        said_yes(e) && other && line(pack, &e.sent) == of
    };
    let mut near: Vec<&Exchange> = journal.iter().filter(fits).collect();
    // What shares a header with it that few others have may end the process as well.
    let few = |name: &&str| 2 * near.iter().filter(|e| has(&e.sent, name)).count() < near.len();
    let names = killer.sent.headers.iter().map(|(name, _)| name.as_str());
    let rare: Vec<&str> = names.filter(few).collect();
    let shares = |e: &Exchange| rare.iter().filter(|name| has(&e.sent, name)).count();
    // Else the nearest ones are most like it.
    near.sort_by_key(|e| (shares(e), e.number.abs_diff(killer.number)));
    for like in near.into_iter().take(CONTROLS) {
        let of_world = |e: &&Exchange| e.sent.base == like.sent.base && e.number <= like.number;
        let world: Vec<Exchange> = journal.iter().filter(of_world).cloned().collect();
        let Some(at) = world.len().checked_sub(1) else {
            continue;
        };
        let mut these = needed(&world, &[at]);
        these.push(at);
        let (gone, mut seen) = stage.play(&world, &these).await?;
        if gone.is_some() {
            return Ok(None);
        }
        if let Some(now) = seen.pop().filter(said_yes) {
            return Ok(Some(now));
        }
    }
    Ok(None)
}

/// Whether a request has a header of this name.
fn has(sent: &Sent, name: &str) -> bool {
    let mut headers = sent.headers.iter();
    headers.any(|(n, _)| n.eq_ignore_ascii_case(name))
}

/// What every service answers that is up.
async fn ready(cx: &HindsightCx, stage: &Stage) -> Result<Option<Exchange>, Fault> {
    let ready = &cx.past().pack.service.ready;
    let http = stage.cx.http();
    let request = http.request(ready.method.as_str(), &ready.path);
    Ok(Some(request.send().await?).filter(said_yes))
}

impl Killer {
    fn of(
        pack: &Pack,
        stage: &Stage,
        (control, same): (Exchange, bool),
        asked: Vec<Exchange>,
    ) -> Self {
        let last = asked.last().unwrap_or(&control);
        let exit = stage.cx.alive().iter().find_map(|l| l.exit);
        let log = stage.cx.log_tail(20);
        let what = match same {
            true => "another request of this operation is answered, and the process goes on",
            false => "the service works just before",
        };
        let mut evidence = vec![stage.cx.seen(what, &control)];
        let shown = asked.iter().rev().take(4).rev();
        evidence.extend(shown.map(|e| stage.cx.seen("then this is asked", e)));
        evidence.push(Evidence::Log {
            says: "the last lines of the process, which ended".to_owned(),
            lines: log.clone(),
        });
        Self {
            line: line(pack, &last.sent),
            asked,
            control,
            same,
            exit,
            log,
            evidence,
        }
    }

    /// The headers that only the request has which ended the process.
    pub(crate) fn own_headers(&self) -> Vec<&str> {
        let last = self.asked.last().filter(|_| self.same);
        let headers = last.into_iter().flat_map(|e| &e.sent.headers);
        let own = headers.filter(|(n, _)| !has(&self.control.sent, n));
        own.map(|(n, _)| n.as_str()).collect()
    }
}
