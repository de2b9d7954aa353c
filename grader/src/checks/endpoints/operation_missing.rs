use crate::check;
use crate::check::Cx;
use crate::checks::boot;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::probe::plant::{Deed, Step};

check! {
    /// ## What it looks at
    /// Every operation of the contract is called honestly: a thing is made, read, listed, changed and
    /// removed, with valid values. An operation is missing when the service answers such a call with 405 or
    /// 501, with a redirect to another address, or with the same 404 that it gives for an address that
    /// does not exist.
    ///
    /// ## Why it matters
    /// The contract is what others build against. They cannot see which half of it you have written.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues/7      200 {"id": 7, …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues/7      405 Method Not Allowed
    /// ```
    ///
    /// ## How to mend it
    /// Add the route with exactly the method and the path of the contract. If you have it, look for a slash
    /// at its end, a prefix (`/api`), or a parameter that only takes digits.
    pub static CHECK = {
        id: "endpoints.operation-missing",
        summary: "an operation of the contract is not there",
        concept: "api-contract",
        severity: Critical,
        needs: [boot::ANSWERS],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.5", "RFC 9110 §15.5.6", "RFC 9110 §15.6.2"],
        hints: [
            "Which lines of the contract have no line in your router?",
            "A route is a method and a path together; both are part of the contract.",
            "Compare your list of routes with the contract's operations one by one, methods included, and add what is not there.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let nowhere = cx
        .http()
        .request("GET", "/zq7-no-such-address")
        .send()
        .await?;
    let steps = cx.planter().tour().await?;
    let mut findings = cx.findings();
    let pack = cx.pack();
    for step in &steps {
        let success = |status| {
            pack.op(&step.op)
                .is_some_and(|o| o.declares(status).is_some() && status < 400)
        };
        if !missing(step, step.exchange.status().is_some_and(success), &nowhere) {
            continue;
        }
        let line = pack.op(&step.op).map(|o| o.line()).unwrap_or_default();
        findings.add(Draft {
            subject: step.op.to_string(),
            saw: format!("{line} is not there"),
            expected: format!("{line} does what `{}` in the contract says", step.op),
            actual: format!("it answers {}", crate::probe::plant::answer(&step.exchange)),
            evidence: vec![cx.seen("an honest call", &step.exchange)],
            ..Draft::default()
        });
    }
    Ok(findings.verdict())
}

fn missing(step: &Step, declared: bool, nowhere: &Exchange) -> bool {
    match step.exchange.status() {
        _ if declared => false,
        Some(405 | 501) => true,
        // What is sent on is not here: no client of the contract follows, and a POST would lose its body.
        Some(301 | 302 | 303 | 307 | 308) => true,
        // On a collection nothing but the route itself can be "not found". On a thing that was made just now,
        // 404 may also mean that the thing is not found; then the answer differs from that of no address.
        Some(404) if matches!(step.deed, Deed::Create | Deed::List | Deed::Other) => true,
        Some(404) => same_answer(&step.exchange, nowhere),
        _ => false,
    }
}

/// Whether two answers are the same text once each one's own address is taken out of it.
fn same_answer(a: &Exchange, b: &Exchange) -> bool {
    let said = |e: &Exchange| match &e.outcome {
        crate::model::Outcome::Answered { status, body, .. } => {
            let path = e.sent.path.split('?').next().unwrap_or_default();
            Some((
                *status,
                body.text.replace(path, "").replace(&e.sent.method, ""),
            ))
        }
        _ => None,
    };
    said(a).is_some() && said(a) == said(b)
}
