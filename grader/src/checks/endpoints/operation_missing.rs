use crate::check;
use crate::check::Cx;
use crate::check::honest::missing;
use crate::checks::boot;
use crate::model::{Draft, Fault, Verdict};
use crate::probe::plant::{Deed, Step, answer, said_yes};

check! {
    /// ## What it looks at
    /// The operations of the contract are called honestly: each thing is made, read, listed, changed and
    /// removed, with valid values, and what needs nothing is called with nothing. An operation is missing when the service answers such a call with 405 or
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
    let pack = cx.pack();
    let mut findings = cx.findings();
    for step in &steps {
        let Some(operation) = pack.op(&step.op) else {
            continue;
        };
        if !missing(step, operation, &nowhere) {
            continue;
        }
        let line = operation.line();
        findings.add(Draft {
            subject: step.op.to_string(),
            saw: format!("{line} is not there"),
            expected: format!("{line} does what `{}` in the contract says", step.op),
            actual: format!("it answers {}", answer(&step.exchange)),
            evidence: vec![cx.seen("an honest call", &step.exchange)],
            ..Draft::default()
        });
    }
    if let Some(control) = open_question(cx, &steps).filter(|_| findings.is_empty()) {
        return Ok(Verdict::Inconclusive { control });
    }
    Ok(findings.verdict())
}

/// What keeps the walk from saying that everything is there: an operation that gave no answer at all, or things
/// that could not be made to call the others with.
fn open_question(cx: &mut Cx, steps: &[Step]) -> Option<String> {
    if let Some(last) = steps.last().filter(|s| s.exchange.status().is_none()) {
        return Some(format!(
            "{} gave no answer, so what follows it was not asked",
            last.op
        ));
    }
    let refused = steps
        .iter()
        .any(|s| matches!(s.deed, Deed::Create | Deed::Enter) && !said_yes(&s.exchange));
    let unasked = cx.planter().unasked(steps);
    let names: Vec<_> = unasked.iter().map(ToString::to_string).collect();
    (refused && !names.is_empty())
        .then(|| format!("nothing could be made to call {} with", names.join(", ")))
}
