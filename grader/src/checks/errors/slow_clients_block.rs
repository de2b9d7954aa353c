use std::time::Duration;

use super::connection_leaked;
use crate::check::honest::manner;
use crate::check::siege::{Manners, Siege};
use crate::check::steady::{Call, Kind, Steady};
use crate::check::{BreaksCx, note};
use crate::model::{Draft, Evidence, Exchange, Fault, Manner, Verdict};
use crate::probe::plant::{answer, said_yes};
use crate::probe::{Http, until};
use crate::runtime::Liveness;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Fifty clients send the first line of a request a byte a second, twenty send a body so, twenty never read their
    /// answer, fifty leave right after they have asked. Twenty close their side in the middle of a body, twenty reset
    /// the connection there, ten ask five times without waiting for an answer. While each kind is there, somebody else
    /// asks something: the answers must come within three seconds, or ten times what they take otherwise, whichever is
    /// more. What is slow then is measured a second time before it counts. Afterwards the same process goes on.
    ///
    /// ## Why it matters
    /// A phone in a tunnel is a slow client, and so is anybody who wants to stop your service with one laptop. If each
    /// of them holds a worker, as many of them as you have workers are enough.
    ///
    /// ## Passes
    /// ```text
    /// (50 clients send a byte a second)
    /// GET /venues/7         200 after 4 ms
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// (50 clients send a byte a second)
    /// GET /venues/7         nothing within 4 s
    /// ```
    ///
    /// ## How to mend it
    /// Let a server that is made for it read the requests: one that waits for all connections at once (an event loop)
    /// and gives a worker only what has come in whole. A framework's development server is none. Set limits in time
    /// for reading the head and the body of a request.
    pub static CHECK = {
        id: "errors.slow-clients-block",
        summary: "clients that are slow or leave keep others from being served",
        concept: "fault-tolerance",
        severity: Medium,
        needs: [connection_leaked::CHECK],
        world: Fresh,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["RFC 9110 §15.5.9", "OWASP API4:2023", "ASVS v5.0.0-15.4.4", "ASVS v5.0.0-13.1.3", "CWE-400"],
        hints: [
            "How many requests can your server read at the same time, and what happens to the next client when all of them are slow?",
            "The pace of one client must cost the others nothing: a worker works on requests, and does not wait for bytes.",
            "Run your application behind a server with an event loop (or one thread for each connection), not behind the development server, and set its time limits for heads and bodies.",
        ],
        run,
    }
}

/// How long one answer may take at the least, however quick the service is otherwise.
const LEAST: Duration = Duration::from_secs(3);
/// How much longer than otherwise.
const TIMES: u32 = 10;
/// How long one request is waited for.
const PATIENCE: Duration = Duration::from_secs(4);
/// How many requests are measured.
const MEASURED: usize = 7;
/// So many of them show that nobody else is served.
const MOST: usize = MEASURED / 2;
/// How long the clients are there before anything is measured.
const SETTLED: Duration = Duration::from_secs(1);
/// How long after they have left the process is watched.
const LEFT: Duration = Duration::from_millis(300);
/// How long the service may need when they are gone.
const RECOVERED: Duration = Duration::from_secs(20);

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let mut steady = control!(Steady::prepare(cx, 1).await?);
    let (before, http) = (cx.processes(), cx.http().patient(PATIENCE));
    let write = steady.write();
    let reads: Vec<Call> = steady.calls().to_vec();
    let Some(read) = reads.into_iter().find(|c| c.kind == Kind::Read) else {
        let control = "there is nothing to read".to_owned();
        return Ok(Verdict::Inconclusive { control });
    };
    let usual = control!(usual(&read, &http).await?);
    let limit = LEAST.max(usual * TIMES);
    let mut findings = cx.findings();
    for manners in Manners::ALL {
        let asked = match manners.sends_body() {
            true => write.as_ref().unwrap_or(&read),
            false => &read,
        };
        let mut late = Vec::new();
        // What was slow once may have met a busy machine.
        for _ in 0..2 {
            late = under_siege(manners, asked, (&read, &http), limit).await?;
            if late.len() <= MOST {
                break;
            }
            // C~: without those clients it is quick.
            let back = steady.settles(&http, 4, RECOVERED, || true).await?;
            if !back.well {
                break;
            }
        }
        let runs = || cx.processes() == before && before.iter().all(Liveness::runs);
        let gone = async || Ok((!runs()).then_some(()));
        // A process that they take with them may end after they have left: the next kind is not to blame for it.
        let grace = if late.is_empty() { LEFT } else { SETTLED };
        let died = until(grace, gone).await?.is_some();
        if died || late.len() > MOST {
            findings.add(draft(cx, manners, &late, limit, died));
            break;
        }
    }
    Ok(findings.verdict())
}

/// How long an answer takes: that of the middle one.
async fn usual(read: &Call, http: &Http) -> Result<Result<Duration, String>, Fault> {
    let mut all = Vec::new();
    for _ in 0..MEASURED {
        let heard = read.clone().ask(http.clone()).await?;
        if !said_yes(&heard.exchange) {
            let said = answer(&heard.exchange);
            return Ok(Err(format!("{} answered {said} before", heard.line)));
        }
        all.push(Duration::from_millis(heard.exchange.millis));
    }
    all.sort();
    Ok(Ok(all[all.len() / 2]))
}

/// The requests of somebody else that were answered late or not at all while these clients were there.
async fn under_siege(
    manners: Manners,
    asked: &Call,
    (read, http): (&Call, &Http),
    limit: Duration,
) -> Result<Vec<Exchange>, Fault> {
    let siege = Siege::begin(manners, asked.request()).await;
    tokio::time::sleep(SETTLED).await;
    let mut late = Vec::new();
    for left in (0..MEASURED).rev() {
        let heard = read.clone().ask(http.clone()).await?;
        // The last of its tries: waiting for one's turn under a limit on requests is another matter.
        if !said_yes(&heard.exchange) || Duration::from_millis(heard.exchange.millis) > limit {
            late.push(heard.exchange);
        }
        // It is clear already, one way or the other.
        if late.len() > MOST || late.len() + left <= MOST {
            break;
        }
    }
    drop(siege);
    Ok(late)
}

fn draft(cx: &BreaksCx, manners: Manners, late: &[Exchange], limit: Duration, died: bool) -> Draft {
    let who = format!("{} clients {}", manners.many(), manners.says());
    let mut evidence = vec![note(who.clone())];
    evidence.extend(late.last().map(|e| cx.seen("somebody else, meanwhile", e)));
    if died {
        evidence.push(Evidence::Log {
            says: "its last lines".to_owned(),
            lines: cx.log_tail(20),
        });
    }
    Draft {
        subject: match died {
            true => "the process".to_owned(),
            false => "others while clients are slow".to_owned(),
        },
        saw: match died {
            true => format!("the service ends on {who}"),
            false => format!("{who} keep others from being served"),
        },
        expected: format!("answers to others within {} s", limit.as_secs_f32().ceil()),
        actual: match late.last() {
            Some(last) if !died && !said_yes(last) => answer(last),
            Some(_) if !died => "answers that came later".to_owned(),
            _ => "the process is not the one that ran before".to_owned(),
        },
        manner: match died {
            true => Manner::Crash,
            // A yes that comes late is a hang as well.
            false => match late.last().map(manner) {
                None | Some(Manner::Wrong) => Manner::Hang,
                Some(manner) => manner,
            },
        },
        evidence,
        ..Draft::default()
    }
}
