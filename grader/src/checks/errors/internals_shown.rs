use super::lost_connections_kill;
use crate::check::BreaksCx;
use crate::check::leaks::{leaks, secrets, version};
use crate::check::refusals::provoke;
use crate::model::{Draft, Fault, Verdict};
use crate::probe::plant::answer;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Errors of every source are provoked: bodies that are no JSON, too large or of the wrong types, unknown ids and
    /// methods, missing and wrong credentials, conflicts, a write that the database refuses for a reason that no code
    /// foresees, a broken connection, a database that takes none. In what is answered, headers and body, nothing may
    /// give the inside away: no stack trace, no place in the code, no SQL, no words of a driver, no name of a role or
    /// a database, none of the secrets that the service was started with. What the request itself said may come back.
    ///
    /// ## Why it matters
    /// An error message is read by whoever provoked it. Each line of a stack trace tells which library to look up,
    /// each constraint how the tables are called, and an address with a password in it needs no further attack.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues {…}      500  {"title": "Internal Server Error", "status": 500}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues {…}      500  {"error": "duplicate key value violates unique constraint \"venue_name_key\""}
    /// ```
    ///
    /// ## How to mend it
    /// Turn errors into replies in one place, with words of your own for each kind, and never put an exception's
    /// message into a reply. Log the exception there, with an id that the reply shows, so that you find it again.
    /// Switch the framework's debug mode off.
    pub static CHECK = {
        id: "errors.internals-shown",
        summary: "an error shows the inside of the service",
        concept: "error-format",
        severity: High,
        needs: [lost_connections_kill::CHECK],
        world: Fresh,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-16.5.1", "ASVS v5.0.0-13.4.2", "WSTG-ERRH-01", "RFC 9457 §5", "CWE-209"],
        hints: [
            "Make something fail that you did not foresee, and read the whole answer. What would a stranger learn from it?",
            "The detail belongs into the log, and a reply says no more than what the client can do about it.",
            "In your error handler, answer an exception that you do not know with fixed words and 500, and log its message and trace instead of sending them.",
        ],
        run,
    }
}

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let secrets = secrets(cx);
    let seen = control!(provoke(cx).await?);
    // C+: a service that takes everything for right shows nothing, and is not right.
    if !seen
        .iter()
        .any(|r| r.exchange.status().is_some_and(|s| s < 500))
    {
        let control = "no request of a client's could be made to fail".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let (mut findings, mut advice) = (cx.findings(), cx.findings());
    for refused in &seen {
        for leak in leaks(&refused.exchange, &secrets) {
            findings.add(Draft {
                subject: leak.what.to_owned(),
                saw: format!("an error shows {}", leak.what),
                expected: "words that say what the client can do, and nothing of the inside"
                    .to_owned(),
                actual: format!(
                    "{} after {}: {}",
                    answer(&refused.exchange),
                    refused.source,
                    leak.shown
                ),
                evidence: vec![cx.seen(refused.source, &refused.exchange)],
                ..Draft::default()
            });
        }
        if let Some(header) = version(&refused.exchange) {
            advice.add(Draft {
                subject: "the version of the server".to_owned(),
                saw: "a header tells the exact version of what runs here".to_owned(),
                expected: "no version: whoever knows it need not try what it is open to".to_owned(),
                actual: header,
                ..Draft::default()
            });
        }
    }
    Ok(match findings.is_empty() {
        true => advice.advice(),
        false => findings.verdict(),
    })
}
