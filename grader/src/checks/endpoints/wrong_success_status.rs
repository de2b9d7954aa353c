use super::operation_missing;
use crate::check;
use crate::check::Cx;
use crate::check::honest::{manner, missing, undecided, welcome};
use crate::checks::boot;
use crate::model::{CheckId, Draft, Fault, Verdict};
use crate::pack::Operation;
use crate::probe::plant::{Step, answer, said_yes};

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
        needs: [boot::ANSWERS],
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
    let nowhere = cx
        .http()
        .request("GET", "/zq7-no-such-address")
        .send()
        .await?;
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut absent = false;
    let mut forbidden = None;
    for step in cx.planter().tour().await? {
        let Some(operation) = pack.op(&step.op) else {
            continue;
        };
        if missing(&step, operation, &nowhere) {
            // Told by the check for that; here it only means that not all was asked.
            absent = true;
        } else if undecided(&step, operation) {
            forbidden.get_or_insert(step.op);
        } else if !welcome(&step, operation) {
            findings.add(Draft {
                evidence: vec![cx.seen("an honest call", &step.exchange)],
                ..draft(&step, operation)
            });
        }
    }
    if findings.is_empty() && absent {
        return Ok(Verdict::Blocked {
            by: vec![CheckId::from(operation_missing::CHECK.id)],
        });
    }
    if let Some(op) = forbidden.filter(|_| findings.is_empty()) {
        let control = format!(
            "{op} answered 403 to a new account, and the contract names no role that may call it"
        );
        return Ok(Verdict::Inconclusive { control });
    }
    Ok(findings.verdict())
}

/// Another status of the 2xx class is one misunderstanding of a method, however many operations share it. A
/// refusal or an error has reasons of its own in each operation.
fn draft(step: &Step, operation: &Operation) -> Draft {
    let (answer, wanted) = (answer(&step.exchange), wanted(operation));
    let (subject, touches) = if said_yes(&step.exchange) {
        let subject = format!("{}: {answer} instead of {wanted}", operation.method);
        (subject, vec![operation.line()])
    } else {
        (step.op.to_string(), Vec::new())
    };
    Draft {
        subject,
        touches,
        saw: format!("{} answers {answer} to an honest request", operation.line()),
        expected: wanted,
        actual: answer,
        manner: manner(&step.exchange),
        ..Draft::default()
    }
}

fn wanted(operation: &Operation) -> String {
    let statuses: Vec<_> = operation.success().iter().map(u16::to_string).collect();
    match statuses.as_slice() {
        [] => "a status of the 2xx class".to_owned(),
        all => all.join(" or "),
    }
}
