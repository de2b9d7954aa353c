use serde_json::Value;

use super::{operation_missing, wrong_success_status};
use crate::check::honest::manner;
use crate::check::{Cx, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Call, Manner as Way, Operation};
use crate::probe::plant::{answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Reading, changing and removing under an id that nothing has: a number far above yours, another UUID,
    /// another text, of the same kind as the ids that you give. The same calls with an id that exists work.
    ///
    /// ## Why it matters
    /// 404 tells a client that the thing is not there. A 200 with `null` makes it fail somewhere else, and
    /// a 500 says that your service is broken, and wakes somebody up.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues/2000000001      404
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues/2000000001      500 Internal Server Error
    /// ```
    ///
    /// ## How to mend it
    /// After the query, look whether there was a row; after an UPDATE or a DELETE, how many rows it
    /// touched. None means 404.
    pub static CHECK = {
        id: "endpoints.unknown-id-not-404",
        summary: "an id that nothing has is not answered with 404",
        concept: "resource-identity",
        severity: Medium,
        needs: [operation_missing::CHECK, wrong_success_status::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.5"],
        hints: [
            "What does your query give when no row has this id, and what do you do with that?",
            "An address that names nothing is 404, for every method, and it is the client's mistake: nothing breaks.",
            "Look at the number of rows after each SELECT, UPDATE and DELETE by id, and answer 404 when there is none.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut asked = 0;
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name) else {
            continue;
        };
        let planted = control!(cx.planter().plant(&name).await?);
        let Some(unknown) = cx.planter().unknown_key(&planted) else {
            continue;
        };
        // C+: an id that exists is found.
        if cx
            .planter()
            .read(&planted)
            .await?
            .is_some_and(|e| !said_yes(&e))
        {
            let control = format!("{} just made could not be read", a(&name));
            return Ok(Verdict::Inconclusive { control });
        }
        // A PUT may make what is not there (RFC 9110 §9.3.4), so only a merging update is asked.
        let update = entity
            .update
            .as_ref()
            .filter(|u| u.manner == Way::Merge)
            .map(|u| &u.call);
        for call in [entity.read.as_ref(), update, entity.delete.as_ref()]
            .into_iter()
            .flatten()
        {
            // A contract may promise something else: an idempotent removal that always says 204, say.
            let Some(operation) = pack.op(&call.op).filter(|o| promises(o)) else {
                continue;
            };
            let body = match update {
                Some(update) if update == call => cx.planter().change_of(&planted),
                _ => None,
            };
            if let Some(exchange) = cx
                .planter()
                .ask(&planted, call, Some(&unknown), body)
                .await?
            {
                asked += 1;
                if !right(operation, &unknown, &exchange) {
                    findings.add(draft(cx, operation, call, &exchange));
                }
            }
        }
    }
    if asked == 0 {
        let why = "no operation of this contract promises a 404 for an id that can be made up";
        return Ok(Verdict::Skipped {
            why: why.to_owned(),
        });
    }
    Ok(findings.verdict())
}

/// Whether the contract says what happens to an id that nothing has.
fn promises(operation: &Operation) -> bool {
    [404, 410].iter().any(|s| operation.declares(*s).is_some())
}

/// 404 or 410, as the contract says. A text that was made up may also be no valid id at all, for reasons we
/// cannot know (a check digit, a prefix): then a declared 400 or 422 is right too.
fn right(operation: &Operation, unknown: &Value, exchange: &Exchange) -> bool {
    let made_up = unknown
        .as_str()
        .is_some_and(|t| !t.chars().all(|c| c.is_ascii_digit()));
    match exchange.status() {
        Some(404) => true,
        Some(status @ 410) => operation.declares(status).is_some(),
        Some(status @ (400 | 422)) => made_up && operation.declares(status).is_some(),
        _ => false,
    }
}

fn draft(cx: &Cx, operation: &Operation, call: &Call, exchange: &Exchange) -> Draft {
    let answer = answer(exchange);
    Draft {
        subject: call.op.to_string(),
        saw: format!(
            "{} answers {answer} to an id that nothing has",
            operation.line()
        ),
        expected: "404".to_owned(),
        actual: answer,
        manner: manner(exchange),
        evidence: vec![cx.seen("an id that nothing has", exchange)],
        ..Draft::default()
    }
}
