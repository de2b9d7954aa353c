use std::time::Duration;

use futures::future::join_all;

use super::lost_connections_kill;
use crate::check::accounts::skipped;
use crate::check::failing::{Failing, failing};
use crate::check::home::homes;
use crate::check::honest::manner;
use crate::check::steady::{Heard, Settled, Steady};
use crate::check::{BreaksCx, note};
use crate::model::{Draft, Evidence, Fault, Verdict};
use crate::probe::plant::answer;
use crate::probe::{Request, until};
use crate::runtime::postgres::ServiceSession;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Requests that fail in the database (the same thing a second time, a reference to nothing, the removal of what
    /// others need) are sent forty times each, one after the other and side by side: more often than any pool has
    /// connections. Then clients ask something, wait while a table is locked, and leave before the answer. After each
    /// of these the service must answer as quickly as before, must not hold more and more database sessions, and no
    /// session may have begun a transaction and left it open.
    ///
    /// ## Why it matters
    /// A connection that is taken and not given back is gone until the next restart. Nothing happens at first; after
    /// as many errors as the pool has connections, every request waits for ever. That is a night's outage that
    /// a few wrong requests can cause.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues {…} ×40  409 ×40
    /// GET /venues/7         200
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues {…} ×40  409 ×10, then 503
    /// GET /venues/7         nothing within 8 s
    /// ```
    ///
    /// ## How to mend it
    /// Take a connection with the construct of your language that gives it back whatever happens (`with`, `finally`,
    /// `defer`), roll back on every way out that is not a commit, and let nothing between taking and giving back
    /// depend on the client.
    pub static CHECK = {
        id: "errors.connection-leaked",
        summary: "failing requests or vanishing clients leave database connections behind that nobody can use",
        concept: "fault-tolerance",
        severity: High,
        needs: [lost_connections_kill::CHECK],
        world: Fresh,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-13.1.2", "ASVS v5.0.0-13.2.6", "ASVS v5.0.0-1.4.3", "CWE-772"],
        hints: [
            "Follow one request that the database refuses through your code. Who gives its connection back, and who ends its transaction?",
            "Every way out of a function gives back what the function took: return, exception, and the client that left.",
            "Look for each place that takes a connection by hand, put it into `with` or `try … finally`, and roll back there before it goes back to the pool.",
        ],
        run,
    }
}

/// How often each failing request is sent, one by one and then side by side.
const ROW: usize = 20;
/// So many requests at once show whether the service works.
const MANY: usize = 8;
/// How long the service is given to settle.
const SETTLED: Duration = Duration::from_secs(12);
/// How long one request may wait.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a transaction may stay open that nobody works on.
const OPEN: Duration = Duration::from_secs(2);
/// How long sessions are given to come to rest.
const REST: Duration = Duration::from_secs(6);
/// From here on sessions have grown with the failing requests, and not with the pool.
const GROWN: usize = 15;

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let mut steady = control!(Steady::prepare(cx, MANY).await?);
    let kinds = failing(cx).await?;
    let http = cx.http().patient(PATIENCE);
    let warm = steady.settles(&http, MANY, SETTLED, || true).await?;
    if let Some(no) = warm.failed.last().filter(|_| !warm.well) {
        let control = format!("{} answered {} before", no.line, answer(&no.exchange));
        return Ok(Verdict::Inconclusive { control });
    }
    // What was open before any mistake is no mistake's doing.
    let long_open = left_open(cx).await?;
    let mut findings = cx.findings();
    let mut judged = 0;
    for kind in &kinds {
        let before = cx.sessions().await?.len();
        let request = kind.request.clone().at(&http);
        let mut as_before = true;
        for _ in 0..ROW {
            let status = request.clone().send().await?.status();
            as_before = status == kind.first.status();
            // It is clear already: the same mistake is answered in another way.
            if !as_before {
                break;
            }
        }
        let grown = sessions_stay(cx, before + GROWN).await?;
        if as_before {
            join_all((0..ROW).map(|_| request.clone().send())).await;
        }
        judged += 1;
        let told = Told {
            subject: "connections of failing requests",
            what: format!("{} was asked again and again", kind.source),
            first: Some(kind),
        };
        let grown = grown.map(|n| (before, n));
        findings.extend(judge(cx, &steady, &told, grown, &long_open).await?);
        if !findings.is_empty() {
            return Ok(findings.verdict());
        }
    }
    let Some(waited) = vanish(cx, &mut steady).await? else {
        return Ok(match judged {
            0 => skipped(
                "nothing that this contract offers fails in the database, and nobody waits there",
            ),
            _ => findings.verdict(),
        });
    };
    let told = Told {
        subject: "connections of clients that left",
        what: format!("clients left while {waited} of their requests waited in the database"),
        first: None,
    };
    findings.extend(judge(cx, &steady, &told, None, &long_open).await?);
    Ok(findings.verdict())
}

/// What was done before the service was looked at.
struct Told<'k> {
    subject: &'static str,
    what: String,
    first: Option<&'k Failing>,
}

/// Clients that leave while their requests wait in the database: how many of those waited at once; none where none did.
async fn vanish(cx: &mut BreaksCx, steady: &mut Steady) -> Result<Option<i64>, Fault> {
    let Some(observer) = cx.observer().await? else {
        return Ok(None);
    };
    let homes = homes(cx, &observer, &steady.thing).await?;
    let Some(home) = homes.into_iter().next() else {
        return Ok(None);
    };
    let calls = steady.calls().iter().take(1);
    let reads: Vec<Request> = calls.map(|c| c.request().clone()).collect();
    let mut requests: Vec<Request> = reads.iter().cycle().take(3 * MANY).cloned().collect();
    while let Some(write) = steady.write() {
        requests.push(write.request().clone());
    }
    let waited = cx.vanish(&home.table, &requests).await?;
    Ok(waited.filter(|w| *w > 0))
}

/// How many sessions there are, if they are and stay so many.
async fn sessions_stay(cx: &BreaksCx, many: usize) -> Result<Option<usize>, Fault> {
    let count = cx.sessions().await?.len();
    if count < many {
        return Ok(None);
    }
    let fewer = async || Ok((cx.sessions().await?.len() < many).then_some(()));
    Ok(until(REST, fewer).await?.is_none().then_some(count))
}

/// The sessions that have begun a transaction and do nothing.
async fn left_open(cx: &BreaksCx) -> Result<Vec<ServiceSession>, Fault> {
    let mut sessions = cx.sessions().await?;
    sessions.retain(ServiceSession::is_left_open);
    Ok(sessions)
}

/// Whether the service works, and holds nothing that it should have given back.
async fn judge(
    cx: &BreaksCx,
    steady: &Steady,
    told: &Told<'_>,
    grown: Option<(usize, usize)>,
    long_open: &[ServiceSession],
) -> Result<Option<Draft>, Fault> {
    let http = cx.http().patient(PATIENCE);
    let was_open = |s: &ServiceSession| long_open.iter().any(|old| old.pid == s.pid);
    let settled = steady.settles(&http, MANY, SETTLED, || true).await?;
    let mut evidence = vec![note(told.what.clone())];
    let first = told.first.map(|f| cx.seen(f.source.clone(), &f.first));
    evidence.extend(first);
    let draft = |saw: &str, actual: String, evidence: Vec<Evidence>| Draft {
        subject: told.subject.to_owned(),
        saw: saw.to_owned(),
        expected: "every connection back in the pool, and no transaction open".to_owned(),
        actual,
        evidence,
        ..Draft::default()
    };
    if let Some(found) = stuck(&settled) {
        let (actual, last) = found;
        let manner = manner(&last.exchange);
        evidence.push(cx.seen("an honest request afterwards", &last.exchange));
        let saw = "afterwards honest requests get no database connection any more";
        return Ok(Some(Draft {
            manner,
            ..draft(saw, actual, evidence)
        }));
    }
    if let Some((before, now)) = grown {
        let actual = format!("{before} sessions before, {now} after {ROW} requests");
        let saw = "each failing request leaves a database session behind";
        return Ok(Some(draft(saw, actual, evidence)));
    }
    let rest = async || {
        let open = left_open(cx).await?;
        Ok(open.iter().all(was_open).then_some(()))
    };
    if until(REST, rest).await?.is_some() {
        return Ok(None);
    }
    let mut left = left_open(cx).await?;
    left.retain(|s| s.since >= OPEN && !was_open(s));
    let Some(one) = left.first() else {
        return Ok(None);
    };
    let actual = format!("{} sessions: {}", left.len(), one.state);
    let saw = "afterwards transactions stay open in which nothing happens";
    Ok(Some(draft(saw, actual, evidence)))
}

/// The last honest request that failed, if they do not succeed again.
fn stuck(settled: &Settled) -> Option<(String, &Heard)> {
    let last = settled.failed.last().filter(|_| !settled.well)?;
    let said = answer(&last.exchange);
    Some((
        format!("{} answers {said}, again and again", last.line),
        last,
    ))
}
