use std::collections::HashSet;

use super::internals_shown;
use crate::check;
use crate::check::HindsightCx;
use crate::check::hindsight::line;
use crate::check::leaks::leaks;
use crate::model::{Draft, Exchange, Fault, Outcome, Verdict};
use crate::probe::plant::answer;

check! {
    /// ## What it looks at
    /// Every error that your service has answered with in the whole run, whichever check asked: headers and body. Nothing
    /// in them may give the inside away: no stack trace, no place in the code, no SQL, no words of a driver, none of the
    /// secrets that the service was started with. What the request itself said may come back. This goes beyond the
    /// errors that `errors.internals-shown` provokes: it reaches the corners that only an unusual request reaches.
    ///
    /// ## Why it matters
    /// The one handler for errors is soon in order. What leaks after that are the places that go past it: a reply that is
    /// put together by hand, a message written for the developer, a library that answers by itself.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions/refresh {…}      401  {"title": "Unauthorized", "status": 401}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /sessions/refresh {…}      401  {"detail": "no row for UPDATE refresh_token SET spent_at = now() …"}
    /// ```
    ///
    /// ## How to mend it
    /// Look up the place that makes this reply and give it words of your own, or let it raise what your handler for errors
    /// knows. Then search your code for every other place that writes an error reply, or puts a message of somebody
    /// else's into one.
    pub static CHECK = {
        id: "errors.internals-shown-elsewhere",
        summary: "an error in some corner shows the inside of the service",
        concept: "error-format",
        severity: Medium,
        needs: [internals_shown::CHECK],
        world: Fresh,
        alone: Last,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-16.5.1", "ASVS v5.0.0-13.4.2", "WSTG-ERRH-01", "CWE-209"],
        hints: [
            "Which code of yours writes this reply, and why does it not go through the handler that all other errors go through?",
            "There is one place that turns errors into replies, and every word in a reply is one that you chose.",
            "Replace the text of this reply with fixed words, log what it said before, and search for other replies that carry a message, a statement or a path.",
        ],
        run,
    }
}

async fn run(cx: &mut HindsightCx) -> Result<Verdict, Fault> {
    let past = cx.past();
    let secrets: Vec<(String, String)> = past.secrets.iter().cloned().collect();
    let (mut findings, mut clean) = (cx.findings(), HashSet::new());
    let mut errors = 0;
    for exchange in past.journal.all() {
        let Some(text) = error(&exchange) else {
            continue;
        };
        errors += 1;
        // What a check that failed has seen is told there.
        if past.failed.contains(&exchange.check) || clean.contains(&text) {
            continue;
        }
        let shown = leaks(&exchange, &secrets);
        if shown.is_empty() {
            // Most errors say the same again and again.
            clean.insert(text);
        }
        for leak in shown {
            let line = line(&past.pack, &exchange.sent);
            findings.add(Draft {
                subject: leak.what.to_owned(),
                saw: format!("an error shows {}", leak.what),
                expected: "words that say what the client can do, and nothing of the inside"
                    .to_owned(),
                actual: format!("{line} answers {}: {}", answer(&exchange), leak.shown),
                evidence: vec![cx.seen("an error that shows it", &exchange)],
                touches: vec![line],
                ..Draft::default()
            });
        }
    }
    // C+: where nothing was refused there is nothing to see.
    if errors == 0 {
        let control = "the service answered nothing with an error in this run".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    Ok(findings.verdict())
}

/// What an answer says that is an error, but for the time.
fn error(exchange: &Exchange) -> Option<String> {
    let Outcome::Answered {
        status,
        headers,
        body,
    } = &exchange.outcome
    else {
        return None;
    };
    let lasting = headers
        .iter()
        .filter(|(n, _)| !n.eq_ignore_ascii_case("date"));
    let lines = lasting.map(|(_, value)| value.as_str());
    let all: Vec<&str> = lines.chain([body.text.as_str()]).collect();
    (*status >= 400).then(|| all.join("\n"))
}
