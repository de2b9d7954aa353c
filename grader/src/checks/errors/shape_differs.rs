use serde_json::Value;

use super::lost_connections_kill;
use crate::check::errors::ErrorFormat;
use crate::check::refusals::{Refused, provoke, sources};
use crate::check::{BreaksCx, Findings};
use crate::checks::endpoints::unknown_route;
use crate::model::{Draft, Exchange, Fault, Outcome, Verdict};
use crate::pack::Pack;
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Where the contract gives all errors one format: whether errors of every source have it. A body that is no JSON,
    /// of the wrong types, too large or of another media type, unknown ids and methods, missing credentials and
    /// rights, conflicts, failures of the database. The media type must be the declared one, the members must be as
    /// the schema says, a `status` in the body must be that of the answer, and the answer to a HEAD has no body.
    ///
    /// ## Why it matters
    /// A client has one piece of code that reads errors. What a framework answers by itself comes in the framework's
    /// own format, and there that code fails instead of saying what was wrong.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /venues        405  Content-Type: application/problem+json   {"title": …, "status": 405}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// DELETE /venues        405  Content-Type: text/html
    /// ```
    ///
    /// ## How to mend it
    /// Find out what your framework answers by itself (405, 413, 415, a body that cannot be read, a crash), and give
    /// each of these to the function that writes your own errors. Take the status in the body from the same variable
    /// as that of the answer.
    pub static CHECK = {
        id: "errors.shape-differs",
        summary: "some errors come in another format than the one that the contract gives them all",
        concept: "error-format",
        severity: Medium,
        needs: [unknown_route::CHECK, lost_connections_kill::CHECK],
        world: Fresh,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["RFC 9457 §3", "RFC 9457 §3.1", "RFC 9110 §9.3.2"],
        hints: [
            "Which errors of your service does your framework write, and in which format?",
            "One shape for every failure, whoever notices it first.",
            "Register a handler for the framework's own errors and one for exceptions that nobody foresaw, and let both call the function that writes your other errors.",
        ],
        run,
    }
}

/// From so many sources there must be errors, so that something can be said about all.
const LEAST: usize = 6;

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let format = given!(Format::of(&pack));
    let seen = control!(provoke(cx).await?);
    let known = sources(&seen).len();
    if known < LEAST {
        let control = format!("errors of only {known} sources could be provoked");
        return Ok(Verdict::Inconclusive { control });
    }
    let mut findings = cx.findings();
    for refused in &seen {
        judge(cx, &format, refused, &mut findings);
    }
    let unknown = seen.iter().find(|r| r.exchange.sent.method == "GET");
    if let Some(refused) = unknown {
        let path = &refused.exchange.sent.path;
        let mut head = cx.http().request("HEAD", path);
        for (name, value) in &refused.exchange.sent.headers {
            head = head.header(name, value);
        }
        let head = head.send_as_written().await;
        if let Some(bytes) = body_of(&head).filter(|b| *b > 0) {
            findings.add(Draft {
                subject: "the body of a HEAD".to_owned(),
                saw: "the answer to a HEAD has a body".to_owned(),
                expected: "the headers of the error alone".to_owned(),
                actual: format!("{bytes} bytes"),
                evidence: vec![cx.seen("HEAD of something that is not there", &head)],
                ..Draft::default()
            });
        }
    }
    Ok(findings.verdict())
}

/// The format of all errors.
struct Format<'p> {
    of_contract: Option<ErrorFormat<'p>>,
    media: String,
}

impl<'p> Format<'p> {
    fn of(pack: &'p Pack) -> Result<Self, String> {
        let of_contract = ErrorFormat::of(&pack.contract);
        let declared = pack.errors.media.clone();
        let media = declared.or_else(|| Some(of_contract.as_ref()?.media().to_owned()));
        let none = || "this contract gives its errors no common format".to_owned();
        Ok(Self {
            media: media.filter(|m| !m.is_empty()).ok_or_else(none)?,
            of_contract,
        })
    }

    /// What an answer breaks of it, for a learner.
    fn broken_by(&self, exchange: &Exchange) -> Option<String> {
        let said = exchange.header("content-type").unwrap_or_default();
        let plain = said.split(';').next().unwrap_or_default().trim();
        if !plain.eq_ignore_ascii_case(&self.media) {
            return Some(match plain {
                "" => "it has no Content-Type".to_owned(),
                plain => format!("it is `{plain}`"),
            });
        }
        self.of_contract.as_ref()?.broken_by(exchange)
    }
}

fn judge(cx: &BreaksCx, format: &Format<'_>, refused: &Refused, findings: &mut Findings) {
    let exchange = &refused.exchange;
    let (subject, actual) = if let Some(broken) = format.broken_by(exchange) {
        ("errors in another format".to_owned(), broken)
    } else if let Some(said) = other_status(exchange) {
        let told = format!("{} in the answer, {said} in the body", answer(exchange));
        ("the status in the body".to_owned(), told)
    } else {
        return;
    };
    findings.add(Draft {
        saw: match subject.starts_with("the status") {
            true => "the body of an error names another status than the answer".to_owned(),
            false => format!(
                "the error for {} is not in the API's own format",
                refused.source
            ),
        },
        subject,
        expected: format!("{}, with the members that the contract says", format.media),
        actual,
        evidence: vec![cx.seen(refused.source, exchange)],
        ..Draft::default()
    });
}

/// The status that the body names, where it is not that of the answer.
fn other_status(exchange: &Exchange) -> Option<u64> {
    let body = exchange.json()?;
    let said = body.get("status").and_then(Value::as_u64)?;
    (exchange.status().map(u64::from) != Some(said)).then_some(said)
}

fn body_of(exchange: &Exchange) -> Option<u64> {
    match &exchange.outcome {
        Outcome::Answered { body, .. } => Some(body.bytes),
        _ => None,
    }
}
