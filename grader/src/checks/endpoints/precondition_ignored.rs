use serde_json::Value;

use super::{etag_unstable, patch_ignored};
use crate::check::honest::{declares_header, manner};
use crate::check::{Cx, Findings, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Call, Entity, Operation, ParamPlace, StatusPattern};
use crate::probe::plant::{Planted, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A change and a removal with `If-Match`, where the contract knows it. With the ETag of now they work.
    /// With the one of before, the answer is 412 and nothing is changed. Without the header the answer is
    /// 428, where the contract declares that.
    ///
    /// ## Why it matters
    /// Two people edit the same thing. Without the condition the second one overwrites what the first has
    /// written, and neither of them learns of it.
    ///
    /// ## Passes
    /// ```text
    /// PATCH /notes/7 If-Match: "old" {…}      412
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PATCH /notes/7 If-Match: "old" {…}      200
    /// ```
    ///
    /// ## How to mend it
    /// Put the condition into the statement: `UPDATE … WHERE id = $1 AND version = $2`. No row changed
    /// means 412, or 404 if there is none with the id.
    pub static CHECK = {
        id: "endpoints.precondition-ignored",
        summary: "a change that is meant for another state is made all the same",
        concept: "methods",
        severity: Medium,
        needs: [patch_ignored::CHECK, etag_unstable::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §13.1.1", "RFC 9110 §15.5.13", "RFC 6585 §3"],
        hints: [
            "Which of two changes wins that were both made from the same state?",
            "If-Match says for which state a change is meant; the server compares, and in the same moment changes or refuses.",
            "Compare the tag in the WHERE of the UPDATE, and answer 412 when no row was changed.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut asked = 0;
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name).filter(|e| shows_tags(cx, e)) else {
            continue;
        };
        let update = entity.update.as_ref().map(|u| &u.call);
        for call in [update, entity.delete.as_ref()].into_iter().flatten() {
            let Some(operation) = pack.op(&call.op).filter(|o| is_conditional(o)) else {
                continue;
            };
            let mut planted = control!(cx.planter().plant(&name).await?);
            let stale = control!(tag(cx, &planted).await?);
            let Some(changed) = cx.planter().change(&planted).await? else {
                continue;
            };
            // C+: a change for the state of now works, and makes the old tag a stale one.
            if !said_yes(&changed.exchange) {
                let control = format!(
                    "a change of {} answered {}",
                    a(&name),
                    answer(&changed.exchange)
                );
                return Ok(Verdict::Inconclusive { control });
            }
            planted.facts.insert(changed.fact, changed.value);
            if control!(tag(cx, &planted).await?) == stale {
                let control = format!("{} that was changed keeps its ETag", a(&name));
                return Ok(Verdict::Inconclusive { control });
            }
            asked += 1;
            let ask = (&planted, call, operation);
            refused(cx, ask, Some(&stale), 412, &mut findings).await?;
            if declares(operation, 428) {
                refused(cx, ask, None, 428, &mut findings).await?;
            }
            control!(works(cx, &planted, call).await?);
        }
    }
    if asked == 0 {
        let why = "this contract knows no conditional changes".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// Whether the contract says that a read of such a thing shows an ETag.
pub(super) fn shows_tags(cx: &Cx, entity: &Entity) -> bool {
    let pack = cx.pack();
    let read = entity.read.as_ref().and_then(|c| pack.op(&c.op));
    read.is_some_and(|op| declares_header(op, 200, "etag").is_some())
}

/// Whether the contract says what happens to a change that is meant for another state.
pub(super) fn is_conditional(operation: &Operation) -> bool {
    operation.param(ParamPlace::Header, "if-match").is_some() || declares(operation, 412)
}

fn declares(operation: &Operation, status: u16) -> bool {
    operation
        .replies
        .iter()
        .any(|r| r.status == StatusPattern::Exact(status))
}

/// The tag of the state of now; why there is none.
pub(super) async fn tag(cx: &mut Cx, planted: &Planted) -> Result<Result<String, String>, Fault> {
    let read = cx.planter().read(planted).await?.filter(said_yes);
    let tag = read.and_then(|e| e.header("etag").map(str::to_owned));
    Ok(tag.ok_or_else(|| format!("a read of {} shows no ETag", a(&planted.entity))))
}

/// The request itself: a change of one fact, or a removal.
async fn send(
    cx: &mut Cx,
    (planted, call): (&Planted, &Call),
    tag: Option<&str>,
) -> Result<Option<Exchange>, Fault> {
    let pack = cx.pack();
    let entity = pack.entity(&planted.entity);
    let update = entity
        .and_then(|e| e.update.as_ref())
        .is_some_and(|u| u.call == *call);
    let body: Option<Value> = match update {
        true => cx.planter().change_of(planted),
        false => None,
    };
    let key = planted.key.clone();
    cx.planter()
        .ask_with(planted, call, key.as_ref(), body, &[("if-match", tag)])
        .await
}

/// Asks under a condition that does not hold, and judges the answer and what was changed.
async fn refused(
    cx: &mut Cx,
    (planted, call, operation): (&Planted, &Call, &Operation),
    tag: Option<&str>,
    status: u16,
    findings: &mut Findings,
) -> Result<(), Fault> {
    let before = cx.planter().read(planted).await?;
    let Some(exchange) = send(cx, (planted, call), tag).await? else {
        return Ok(());
    };
    let how = if tag.is_some() {
        "with a stale If-Match"
    } else {
        "without If-Match"
    };
    let mut wrong = exchange.status() != Some(status);
    let after = cx.planter().read(planted).await?;
    let mut evidence = vec![cx.seen(format!("{} {how}", operation.method), &exchange)];
    if let (Some(before), Some(after)) = (before, after)
        && !cx.planter().unchanged(planted, &before, &after)
    {
        wrong = true;
        evidence.push(cx.seen("what is there afterwards", &after));
    }
    if wrong {
        findings.add(Draft {
            subject: format!("a request {how}"),
            touches: vec![operation.line()],
            saw: format!(
                "{} {how} is answered {}",
                operation.line(),
                answer(&exchange)
            ),
            expected: format!("{status}, and nothing changed"),
            actual: answer(&exchange),
            manner: manner(&exchange),
            evidence,
            ..Draft::default()
        });
    }
    Ok(())
}

/// C+: with the tag of now the same request works. What was removed all the same cannot show it any more.
async fn works(cx: &mut Cx, planted: &Planted, call: &Call) -> Result<Result<(), String>, Fault> {
    let Ok(now) = tag(cx, planted).await? else {
        return Ok(Ok(()));
    };
    let honest = send(cx, (planted, call), Some(&now)).await?;
    let control = honest
        .filter(|e| !said_yes(e))
        .map(|e| format!("{} with the ETag of now answered {}", call.op, answer(&e)));
    Ok(control.map_or(Ok(()), Err))
}
