use std::time::Duration;

use super::lost_connections_kill;
use crate::check::honest::manner;
use crate::check::kept::{self, Kept};
use crate::check::steady::{Call, Heard, Kind, Steady};
use crate::check::{BreaksCx, Findings, a, note};
use crate::model::{Draft, Evidence, Fault, Manner, Outcome, Verdict};
use crate::probe::plant::{answer, said_yes};
use crate::probe::{Patience, until};
use crate::runtime::{Liveness, Trouble};
use crate::{check, control, outcome};

check! {
    /// ## What it looks at
    /// The database is stopped while the service runs. Reads, writes, logins and questions about oneself must be
    /// answered soon, with 503 (another 5xx will do), and not with a 401 or a 404: nothing is wrong with the
    /// request. When the database is back, the same process works again within 30 seconds; what it refused is not
    /// there, what it acknowledged is. Then the database falls silent for a moment, with all connections open. What
    /// was asked meanwhile is answered in the end, and all goes on.
    ///
    /// ## Why it matters
    /// Every database is away for a minute now and then. A service that says so lets its clients wait and try again.
    /// One that hangs takes everybody down with it, one that answers 401 throws everybody out, and one that ends or
    /// never comes back needs a person at night.
    ///
    /// ## Passes
    /// ```text
    /// (the database is stopped)
    /// GET /me               503
    /// (the database is started)
    /// GET /me               200
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// (the database is stopped)
    /// GET /me               401
    /// ```
    ///
    /// ## How to mend it
    /// Give the pool a limit of a few seconds for a connection. Let errors of the database through to the one place
    /// that turns errors into replies, and answer 503 there for those that mean "away". Do not end the process, and
    /// do not remember that it was away: the next request tries again.
    pub static CHECK = {
        id: "errors.outage-not-survived",
        summary: "while its database is away the service hangs, misleads or ends, or it does not come back",
        concept: "fault-tolerance",
        severity: High,
        needs: [lost_connections_kill::CHECK],
        world: Server,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["RFC 9110 §15.6.4", "ASVS v5.0.0-16.5.2", "ASVS v5.0.0-13.1.3", "12factor IV Backing services"],
        hints: [
            "Stop your database and ask for something. How long does the answer take, and what does it say about whose mistake it is?",
            "A dependency that is away is a 503: soon, honest, and over when the dependency is back.",
            "Set the pool's time limit for a connection to a few seconds, map its errors to 503 in your error handler, and catch database errors nowhere else, least of all where a login is looked up.",
        ],
        run,
    }
}

/// How long an answer may take while the database is away: five seconds, and some for a machine that is busy.
const SOON: Duration = Duration::from_secs(8);
/// How long after the database a service may need.
const RECOVERED: Duration = Duration::from_secs(30);
/// How long the database is silent.
const SILENCE: Duration = Duration::from_secs(5);
/// Rounds of requests while the database is away: the first meets connections that broke, the next none at all.
const ROUNDS: usize = 2;

/// A stage of the outage, as a finding tells it.
#[derive(Clone, Copy)]
struct Stage {
    /// `while the database is away`.
    when: &'static str,
    /// How long an answer may take.
    within: Duration,
}

const AWAY: Stage = Stage {
    when: "while the database is away",
    within: SOON,
};
const SILENT: Stage = Stage {
    when: "after the database was silent for a moment",
    within: RECOVERED,
};

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let mut steady = control!(Steady::prepare(cx, ROUNDS + 3).await?);
    let processes = cx.processes();
    let (mut findings, mut advice) = (cx.findings(), cx.findings());
    let mut outage = Outage {
        cx,
        processes,
        findings: &mut findings,
        advice: &mut advice,
    };
    if let Err(story) = outcome!(outage.suffer(&mut steady).await) {
        return Err(Fault::new("stopping the database", story.summary));
    }
    Ok(match findings.is_empty() {
        true => advice.advice(),
        false => findings.verdict(),
    })
}

struct Outage<'o> {
    cx: &'o mut BreaksCx,
    processes: Vec<Liveness>,
    findings: &'o mut Findings,
    advice: &'o mut Findings,
}

impl Outage<'_> {
    /// Stops the database, starts it, freezes it, and judges what the service does.
    async fn suffer(&mut self, steady: &mut Steady) -> Result<(), Trouble> {
        let kept = Kept::learn(self.cx, &steady.accepted.tokens).await?;
        self.cx.stop_server().await?;
        let http = self.cx.http().patient(SOON);
        let mut all = Vec::new();
        for _ in 0..ROUNDS {
            let write = steady.write();
            all.extend(steady.round(&http, write).await?);
        }
        let lives = self.lives(AWAY).await?;
        self.cx.start_server().await?;
        // What a process that has ended did not answer is said already.
        for heard in all
            .iter()
            .filter(|h| lives || h.exchange.status().is_some())
        {
            self.judge(heard, AWAY);
        }
        // A request without an answer may be carried out later: nobody was told anything about it.
        let answered = |h: &Heard| h.kind == Kind::Write && h.exchange.status().is_some();
        let written: Vec<Heard> = all.into_iter().filter(answered).collect();
        if !lives || !self.recovers(steady, AWAY).await? {
            return Ok(());
        }
        if let Some(mut kept) = kept {
            kept.look_again(self.cx).await?;
            self.whole(&kept, &written, &steady.entity).await?;
        }
        self.silence(steady).await
    }

    /// The database keeps all connections open and says nothing. Whoever asked must hear something afterwards.
    async fn silence(&mut self, steady: &mut Steady) -> Result<(), Trouble> {
        let http = self.cx.http().patient(SILENCE + RECOVERED);
        self.cx.pause_server().await?;
        let mut all: Vec<Call> = steady.calls().to_vec();
        all.extend(steady.write());
        let asked: Vec<_> = all
            .into_iter()
            .map(|call| tokio::spawn(call.ask(http.clone())))
            .collect();
        let answered = async || Ok(asked.iter().all(|a| a.is_finished()).then_some(()));
        until(SILENCE, answered).await?;
        self.cx.resume_server().await?;
        for one in asked {
            let heard = one
                .await
                .map_err(|e| Fault::new("waiting for an answer", e))?;
            self.judge(&heard?, SILENT);
        }
        if self.lives(SILENT).await? {
            self.recovers(steady, SILENT).await?;
        }
        Ok(())
    }

    /// Whether the same process runs.
    async fn lives(&mut self, stage: Stage) -> Result<bool, Fault> {
        let same = || {
            let now = self.cx.processes();
            now == self.processes && now.iter().all(Liveness::runs)
        };
        // The kernel tells of an end a moment after the connection broke.
        let gone = until(Duration::from_secs(1), async || Ok((!same()).then_some(())));
        if gone.await?.is_none() {
            return Ok(true);
        }
        self.findings.add(Draft {
            subject: "the process".to_owned(),
            saw: format!("the service ends {}", stage.when),
            expected: "the same process, which answers 503 until the database is back".to_owned(),
            actual: "the process is not the one that ran before".to_owned(),
            manner: Manner::Crash,
            evidence: vec![log(self.cx)],
            ..Draft::default()
        });
        Ok(false)
    }

    /// Judges one answer.
    fn judge(&mut self, heard: &Heard, stage: Stage) {
        let (line, when, said) = (&heard.line, stage.when, answer(&heard.exchange));
        let (subject, saw, expected) = match &heard.exchange.outcome {
            // What reads from memory needs no database; what was acknowledged is looked for later.
            Outcome::Answered {
                status: 200..=299 | 429,
                ..
            } => return,
            Outcome::Answered { status: 500, .. } => {
                self.advice.add(Draft {
                    subject: format!("500 {when}"),
                    touches: vec![line.clone()],
                    saw: format!("{when} requests are answered 500"),
                    expected: "503, which says: try again later".to_owned(),
                    actual: said,
                    evidence: vec![self.cx.seen(when, &heard.exchange)],
                    ..Draft::default()
                });
                return;
            }
            Outcome::Answered {
                status: 501..=599, ..
            } => return,
            Outcome::Answered { .. } => (
                "the client is blamed",
                format!("{said} {when}, as if something were wrong with the request"),
                "503: the request is right, and will be again",
            ),
            Outcome::TimedOut { .. } => (
                "waiting for the database",
                format!("no answer within {} s {when}", stage.within.as_secs()),
                "503 within a few seconds",
            ),
            _ => (
                "broken connections",
                format!("the service hangs up {when}"),
                "an answer: 503",
            ),
        };
        self.findings.add(Draft {
            subject: subject.to_owned(),
            touches: vec![line.clone()],
            saw,
            expected: expected.to_owned(),
            actual: said,
            manner: manner(&heard.exchange),
            evidence: vec![self.cx.seen(format!("{line} {when}"), &heard.exchange)],
            ..Draft::default()
        });
    }

    /// Whether everything works again in time.
    async fn recovers(&mut self, steady: &mut Steady, stage: Stage) -> Result<bool, Fault> {
        let (patience, http) = (Patience::new(RECOVERED), self.cx.http().patient(SOON));
        let (mut last, mut good) = (None, 0);
        while good < 2 {
            let mut heard = steady.round(&http, None).await?;
            heard.retain(|h| !said_yes(&h.exchange));
            good = if heard.is_empty() { good + 1 } else { 0 };
            last = heard.pop().or(last);
            if good == 0 && !patience.lasts().await {
                break;
            }
        }
        if good == 2 {
            // With a connection for reading there is one for writing.
            let write = steady.write();
            let round = steady.round(&http, write).await?;
            last = round.into_iter().find(|h| !said_yes(&h.exchange));
            if last.is_none() {
                return Ok(true);
            }
        }
        let Some(last) = last else { return Ok(true) };
        self.findings.add(Draft {
            subject: format!("recovery {}", stage.when),
            touches: vec![last.line.clone()],
            saw: "the database is back, and the service does not work".to_owned(),
            expected: format!("all as before within {} s", RECOVERED.as_secs()),
            actual: format!("{} answers {}", last.line, answer(&last.exchange)),
            manner: manner(&last.exchange),
            evidence: vec![
                note(format!("this was {}", stage.when)),
                self.cx.seen("long after it came back", &last.exchange),
                log(self.cx),
            ],
            ..Draft::default()
        });
        Ok(false)
    }

    /// What was refused must not be there, and what was acknowledged must.
    async fn whole(&mut self, kept: &Kept, written: &[Heard], entity: &str) -> Result<(), Fault> {
        for heard in written.iter().filter(|h| !h.tokens.is_empty()) {
            let yes = said_yes(&heard.exchange);
            let row = match yes {
                true => kept.comes(&heard.tokens).await?,
                false => kept.stays(&heard.tokens).await?,
            };
            if yes == row.is_some() {
                continue;
            }
            let (subject, saw) = match yes {
                true => ("acknowledged writes", "acknowledged and not stored"),
                false => ("refused writes", "refused and stored all the same"),
            };
            let mut evidence = vec![self.cx.seen(AWAY.when, &heard.exchange)];
            evidence.extend(row.map(|hit| kept::row("what it left in the database", hit)));
            self.findings.add(Draft {
                subject: format!("{subject} {}", AWAY.when),
                touches: vec![heard.line.clone()],
                saw: format!("{} {} is {saw}", a(entity), AWAY.when),
                expected: "a yes that holds, or a no that holds".to_owned(),
                actual: format!("{} answered {}", heard.line, answer(&heard.exchange)),
                evidence,
                ..Draft::default()
            });
        }
        Ok(())
    }
}

fn log(cx: &BreaksCx) -> Evidence {
    Evidence::Log {
        says: "its last lines".to_owned(),
        lines: cx.log_tail(20),
    }
}
