use std::time::Duration;

use crate::check::accounts::skipped;
use crate::check::honest::manner;
use crate::check::steady::{Settled, Steady};
use crate::check::{BreaksCx, note};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Evidence, Fault, Manner, Verdict};
use crate::probe::plant::answer;
use crate::probe::until;
use crate::runtime::Liveness;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Eight requests at once fill the service's pool of database connections. Then the database ends every session
    /// of the service, as a restart of it or a firewall would. The next requests may fail, one or two for each
    /// connection that was lost, with a 5xx. Within ten seconds everything works again, in the same process.
    ///
    /// ## Why it matters
    /// Connections that nobody uses end all the time. In some drivers that is an event without a listener, which ends
    /// the process; in some pools the dead connection is handed out again and again.
    ///
    /// ## Passes
    /// ```text
    /// (the database ends 8 sessions)
    /// GET /venues/7         503
    /// GET /venues/7         200
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// (the database ends 8 sessions)
    /// GET /venues/7         the connection is refused: the service has ended
    /// ```
    ///
    /// ## How to mend it
    /// Listen to the errors of idle connections (`pool.on("error", …)` in node-postgres) and log them. Throw a
    /// connection away when a statement on it fails with a lost connection, and let the pool open a new one. Most
    /// pools have a setting that tries a connection before it is handed out.
    pub static CHECK = {
        id: "errors.lost-connections-kill",
        summary: "the service does not survive the loss of its database connections",
        concept: "fault-tolerance",
        severity: Critical,
        needs: [created_differs::CHECK],
        world: Fresh,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["12factor IV Backing services", "12factor IX Disposability", "ASVS v5.0.0-16.5.2"],
        hints: [
            "What does your program do when a database connection breaks that no request is using at that moment?",
            "A connection is a thing that ends. Whoever keeps some must notice, throw the dead ones away and open others.",
            "Find the pool's event for errors of idle connections and log it there, and see that a connection with an error does not go back into the pool.",
        ],
        run,
    }
}

/// So many requests at once: what a small pool holds.
const MANY: usize = 8;
/// How long nobody asks anything after the loss.
const UNUSED: Duration = Duration::from_millis(500);
/// How long after the loss everything must work.
const RECOVERED: Duration = Duration::from_secs(10);
/// How long one request may wait.
const PATIENCE: Duration = Duration::from_secs(8);

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let steady = control!(Steady::prepare(cx, 0).await?);
    let (before, http) = (cx.processes(), cx.http().patient(PATIENCE));
    let warm = steady.settles(&http, MANY, RECOVERED, || true).await?;
    if let Some(no) = warm.failed.last().filter(|_| !warm.well) {
        let control = format!("{} answered {} before", no.line, answer(&no.exchange));
        return Ok(Verdict::Inconclusive { control });
    }
    let ended = cx.end_sessions().await?;
    if ended == 0 {
        let why =
            "the service holds no database connection between requests, so it has none to lose";
        return Ok(skipped(why));
    }
    // They are to break while nobody uses them: a request that comes at once meets them in use.
    let gone = async || Ok(cx.sessions().await?.is_empty().then_some(()));
    until(UNUSED, gone).await?;
    tokio::time::sleep(UNUSED).await;
    let runs = || cx.processes() == before && before.iter().all(Liveness::runs);
    let settled = steady.settles(&http, MANY, RECOVERED, runs).await?;
    // The kernel tells of an end a moment after the connection broke.
    let gone = async || Ok((!runs()).then_some(()));
    let grace = Duration::from_millis(if settled.well { 0 } else { 1000 });
    let died = until(grace, gone).await?.is_some();
    let mut findings = cx.findings();
    findings.extend(judge(cx, ended, &settled, died));
    Ok(findings.verdict())
}

fn judge(cx: &BreaksCx, ended: usize, settled: &Settled, died: bool) -> Option<Draft> {
    let hangs = |m| m == Manner::Hang;
    let waited = settled.failed.iter().find(|h| hangs(manner(&h.exchange)));
    if settled.well && !died && waited.is_none() {
        return None;
    }
    let last = waited.or(settled.failed.last())?;
    let (subject, saw, actual, manner) = if died {
        (
            "the process",
            "the service ends when its database connections are lost",
            "the process is not the one that ran before".to_owned(),
            Manner::Crash,
        )
    } else if waited.is_some() {
        (
            "requests on lost connections",
            "a request waits on a database connection that is lost",
            format!("{} answers {}", last.line, answer(&last.exchange)),
            Manner::Hang,
        )
    } else {
        (
            "new connections for lost ones",
            "database connections that were lost are not replaced",
            format!(
                "{} s later {} answers {}",
                RECOVERED.as_secs(),
                last.line,
                answer(&last.exchange)
            ),
            manner(&last.exchange),
        )
    };
    let first = settled.failed.first().unwrap_or(last);
    Some(Draft {
        subject: subject.to_owned(),
        saw: saw.to_owned(),
        expected: format!(
            "a 5xx or two for each connection, and within {} s all as before",
            RECOVERED.as_secs()
        ),
        actual,
        manner,
        evidence: vec![
            note(format!(
                "the database ended {ended} sessions of the service"
            )),
            cx.seen("the first request after that which failed", &first.exchange),
            cx.seen("the last one", &last.exchange),
            Evidence::Log {
                says: "its last lines".to_owned(),
                lines: cx.log_tail(20),
            },
        ],
        ..Draft::default()
    })
}
