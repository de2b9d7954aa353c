use super::{operation_missing, wrong_success_status};
use crate::check;
use crate::check::Cx;
use crate::check::honest::said_media;
use crate::model::{Draft, Exchange, Fault, Outcome, Verdict};
use crate::pack::{Operation, speaks};

check! {
    /// ## What it looks at
    /// The `Content-Type` of the replies to honest calls, against the media type that the contract gives for
    /// them. Parameters (`; charset=utf-8`) do not count. A 204 must not announce a body either.
    ///
    /// ## Why it matters
    /// The header says how to read the bytes. A browser that is told `text/html` runs what it finds in your
    /// users' texts as a page, and a client library does not parse what is not called JSON.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues/7      200 Content-Type: application/json
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues/7      200 Content-Type: text/html; charset=utf-8
    /// ```
    ///
    /// ## How to mend it
    /// Let your framework send the object as JSON instead of a text that you have made from it, or set the
    /// header yourself in the one place where replies are made.
    pub static CHECK = {
        id: "endpoints.wrong-content-type",
        summary: "a reply says that it is something else than the contract declares",
        concept: "serialization",
        severity: Low,
        needs: [operation_missing::CHECK, wrong_success_status::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §8.3", "RFC 9110 §15.3.5", "ASVS v5.0.0-4.1.1"],
        hints: [
            "How does a client know that these bytes are JSON?",
            "A body travels with its media type; a text that looks like JSON is sent as text unless somebody says otherwise.",
            "Send replies through the function of your framework that makes JSON, so that it sets the header.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    for step in cx.planter().tour().await? {
        let Some(operation) = pack.op(&step.op) else {
            continue;
        };
        let wrong = other_media(operation, &step.exchange).or_else(|| a_body(&step.exchange));
        if let Some(draft) = wrong {
            findings.add(Draft {
                touches: vec![operation.line()],
                evidence: vec![cx.seen("an honest call", &step.exchange)],
                ..draft
            });
        }
    }
    Ok(findings.verdict())
}

/// A body of another media type than those declared. One cause, whichever operations it shows in: replies that
/// say the same wrong thing are mostly made in the same place.
fn other_media(operation: &Operation, exchange: &Exchange) -> Option<Draft> {
    let declared = operation.declared(exchange.status()?);
    let wanted: Vec<&str> = declared.iter().filter_map(|r| r.media.as_deref()).collect();
    let Outcome::Answered { body, .. } = &exchange.outcome else {
        return None;
    };
    let said = said_media(exchange);
    if wanted.is_empty() || body.bytes == 0 || declared.iter().any(|r| speaks(r, &said)) {
        return None;
    }
    let wanted = wanted.join(" or ");
    if said.is_empty() && exchange.json().is_none() {
        // What is neither called JSON nor is JSON breaks the schema; that is told by the check for it.
        return None;
    }
    let said = if said.is_empty() {
        "no Content-Type".to_owned()
    } else {
        format!("`{said}`")
    };
    Some(Draft {
        subject: format!("{said} instead of `{wanted}`"),
        saw: format!("a reply says {said}"),
        expected: format!("`Content-Type: {wanted}`"),
        actual: said,
        ..Draft::default()
    })
}

/// A 204 that announces a body. No client reads it, and some take it for the beginning of the next reply.
fn a_body(exchange: &Exchange) -> Option<Draft> {
    let length = exchange
        .header("content-length")
        .and_then(|l| l.parse::<u64>().ok());
    let announced = length.is_some_and(|l| l > 0) || exchange.header("transfer-encoding").is_some();
    (exchange.status() == Some(204) && announced).then(|| Draft {
        subject: "a body in a 204".to_owned(),
        saw: "a 204 announces a body".to_owned(),
        expected: "no Content-Length and no Transfer-Encoding: a 204 ends with its headers"
            .to_owned(),
        actual: "it announces bytes that no client reads".to_owned(),
        ..Draft::default()
    })
}
