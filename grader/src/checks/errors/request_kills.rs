use std::time::Duration;

use crate::check;
use crate::check::HindsightCx;
use crate::check::hindsight::killer::{Killer, find};
use crate::checks::boot;
use crate::model::{Draft, Fault, Manner, Verdict};
use crate::probe::Patience;
use crate::probe::plant::answer;

check! {
    /// ## What it looks at
    /// The process of your service is watched during the whole run. Where it ends although nobody has stopped it, and no
    /// other check tells why, the requests of that time are asked again of a fresh copy of the service, the last ones
    /// first, until one of them ends that process too. It is shown with a request of the same operation that was
    /// answered just before, and with the last lines of the log. Restarts that are part of a check do not count.
    ///
    /// ## Why it matters
    /// A request that ends the process takes everybody else's requests with it. Whoever finds it can send it again each
    /// time the service has come up.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues   X-Client-Hint: ?      200, or 400; the process goes on
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues   X-Client-Hint: ?      no answer; the process ended with exit code 1
    /// ```
    ///
    /// ## How to mend it
    /// Read the last lines of the log: they name the place. Then look for what ends the process there: an error in a task
    /// or a promise that nobody waits for, an error in a thread of its own, a call of `exit`. An error that belongs to
    /// one request ends in the answer to this request, and nothing but a signal ends the service.
    pub static CHECK = {
        id: "errors.request-kills",
        summary: "a request ends the service",
        concept: "fault-tolerance",
        severity: Critical,
        needs: [boot::ANSWERS],
        world: Fresh,
        alone: Last,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-16.5.4", "API4:2023", "CWE-248"],
        hints: [
            "Send the request of this finding to your service. What does the log say last, and which line of yours is that?",
            "An error belongs to the request that caused it, and must never reach the code that ends the process.",
            "Catch what can go wrong outside of the handler (in tasks, promises, threads and hooks), log it, and go on; take every `exit` out of code that runs for a request.",
        ],
        run,
    }
}

/// How many ends are looked into, and for how long.
const ENDS: usize = 4;
const LASTS: Duration = Duration::from_secs(150);

async fn run(cx: &mut HindsightCx) -> Result<Verdict, Fault> {
    if cx.past().journal.all().is_empty() {
        let control = "nothing was asked of the service in this run".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let (ends, patience) = (cx.past().ends.clone(), Patience::new(LASTS));
    let (mut killers, mut open) = (Vec::new(), 0);
    for (n, end) in ends.iter().enumerate() {
        let found = match n < ENDS && patience.lasts().await {
            true => find(cx, end, patience).await?,
            false => None,
        };
        match found {
            Some(killer) => {
                cx.explains(end.asked.iter().cloned());
                killers.push(killer);
            }
            None => open += 1,
        }
    }
    if killers.is_empty() && open > 0 {
        let times = if open == 1 { "once" } else { "more than once" };
        let control = format!(
            "the service ended {times} although nobody had stopped it, and no request that was asked again ended it again"
        );
        return Ok(Verdict::Inconclusive { control });
    }
    let mut findings = cx.findings();
    for (subject, killer) in by_cause(&killers) {
        findings.add(draft(subject, killer));
    }
    Ok(findings.verdict())
}

/// What is one cause has the same last words: then the operations are where it shows.
fn by_cause(killers: &[Killer]) -> Vec<(String, &Killer)> {
    let same = |a: &Killer, b: &Killer| match (last_words(a), last_words(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.line == b.line,
    };
    let subject = |killer: &Killer| {
        let elsewhere = |k: &&Killer| same(k, killer) && k.line != killer.line;
        match killers.iter().find(elsewhere) {
            Some(_) => "requests of several operations".to_owned(),
            None => killer.line.clone(),
        }
    };
    killers.iter().map(|k| (subject(k), k)).collect()
}

/// The last line of the log without its numbers: times and ids differ.
fn last_words(killer: &Killer) -> Option<String> {
    let last = killer.log.iter().rev().find(|l| !l.trim().is_empty())?;
    Some(last.chars().filter(|c| !c.is_ascii_hexdigit()).collect())
}

fn draft(subject: String, killer: &Killer) -> Draft {
    let said = killer.asked.last().map(answer).unwrap_or_default();
    let exit = killer.exit.map(|e| format!(" ({e})")).unwrap_or_default();
    let saw = match killer.asked.len() {
        1 => "a request ends the service",
        _ => "a few requests in a row end the service",
    };
    let note = match killer.own_headers().as_slice() {
        [] => None,
        [one] => Some(format!("A request without the header `{one}` is answered.")),
        all => Some(format!(
            "A request without the headers `{}` is answered.",
            all.join("`, `")
        )),
    };
    // Where the subject is the operation, it says it all.
    let elsewhere = (subject != killer.line).then(|| killer.line.clone());
    Draft {
        subject,
        touches: elsewhere.into_iter().collect(),
        saw: saw.to_owned(),
        expected: "an answer, and the same process after it".to_owned(),
        actual: format!(
            "{} is answered {said}, and the process has ended{exit}",
            killer.line
        ),
        note,
        manner: Manner::Crash,
        evidence: killer.evidence.clone(),
    }
}
