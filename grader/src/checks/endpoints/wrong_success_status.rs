use super::operation_missing;
use crate::check;
use crate::check::Cx;
use crate::model::{Draft, Exchange, Fault, Manner, Outcome, Verdict};
use crate::pack::Operation;
use crate::probe::plant::answer;

check! {
    /// ## What it looks at
    /// The status of every honest call: 201 for a thing that was made, 204 for one that was removed, or
    /// whatever else the contract names. A refusal of a valid request, a crash and a silence count as well.
    ///
    /// ## Why it matters
    /// Clients, proxies and monitors read the status and nothing else to decide whether a call worked,
    /// whether to repeat it, and what to cache.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues {…}      201 Created
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues {…}      200 OK
    /// ```
    ///
    /// ## How to mend it
    /// Look the operation up in the contract and send the status it names. Where a valid request is refused
    /// or breaks your service, repeat it with the command below and read your log.
    pub static CHECK = {
        id: "endpoints.wrong-success-status",
        summary: "an honest request does not get the status that means success",
        concept: "status-codes",
        severity: High,
        needs: [operation_missing::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.3", "RFC 9110 §15.3.2", "RFC 9110 §15.3.5"],
        hints: [
            "What does the status tell a client that never reads the body?",
            "201 says that something was made, 204 that there is no body to read, 200 that the answer is in the body; the contract says which one applies where.",
            "Set the status of this operation to the one that the contract lists under its responses.",
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
        if step
            .exchange
            .status()
            .is_some_and(|s| operation.succeeds(s))
        {
            continue;
        }
        findings.add(Draft {
            subject: step.op.to_string(),
            saw: format!(
                "{} answers {} to an honest request",
                operation.line(),
                answer(&step.exchange)
            ),
            expected: wanted(operation),
            actual: answer(&step.exchange),
            manner: manner(&step.exchange),
            evidence: vec![cx.seen("an honest call", &step.exchange)],
            ..Draft::default()
        });
    }
    Ok(findings.verdict())
}

fn wanted(operation: &Operation) -> String {
    let statuses: Vec<_> = operation.success().iter().map(u16::to_string).collect();
    match statuses.as_slice() {
        [] => "a status of the 2xx class".to_owned(),
        all => all.join(" or "),
    }
}

fn manner(exchange: &Exchange) -> Manner {
    match &exchange.outcome {
        Outcome::Answered {
            status: 500..=599, ..
        } => Manner::ServerError,
        Outcome::Answered { .. } => Manner::Wrong,
        Outcome::TimedOut { .. } => Manner::Hang,
        _ => Manner::Crash,
    }
}
