use super::created_differs;
use crate::check::honest::manner;
use crate::check::{Cx, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Entity, Manner as Way, Method};
use crate::probe::plant::{Planted, Sight, answer, said_yes};
use crate::{check, control};

/// How often the same body is put.
const TIMES: usize = 3;

check! {
    /// ## What it looks at
    /// The same whole representation is put three times. Each time must succeed, the thing must read the
    /// same afterwards, and the list must show it once. What only the service sets (a time of the last
    /// change) may move.
    ///
    /// ## Why it matters
    /// PUT promises that repeating it does no harm. Clients and proxies repeat it when a connection breaks,
    /// without asking anybody.
    ///
    /// ## Passes
    /// ```text
    /// PUT /venues/7 {"tags": ["jazz"], …}      200
    /// PUT /venues/7 {"tags": ["jazz"], …}      200 {"tags": ["jazz"], …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PUT /venues/7 {"tags": ["jazz"], …}      200
    /// PUT /venues/7 {"tags": ["jazz"], …}      200 {"tags": ["jazz", "jazz"], …}
    /// ```
    ///
    /// ## How to mend it
    /// Replace what is there with what was sent: delete the old children before the new ones are inserted,
    /// in one transaction, and UPDATE the row that has the id instead of adding one.
    pub static CHECK = {
        id: "endpoints.put-not-idempotent",
        summary: "putting the same thing again changes it again",
        concept: "methods",
        severity: High,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §9.2.2", "RFC 9110 §9.3.4"],
        hints: [
            "What is different in your tables after the second of two equal requests?",
            "PUT sets a state: whatever was there before, afterwards it is what was sent, once.",
            "Look for an INSERT in your update, and for lists that are added to instead of replaced.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut put = 0;
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name).filter(|e| is_put(cx, e)) else {
            continue;
        };
        let mut planted = control!(cx.planter().plant(&name).await?);
        let Some(fact) = cx.planter().changeable(&planted).into_iter().next() else {
            continue;
        };
        let Some(value) = cx.planter().another(&planted, &fact) else {
            continue;
        };
        // C+: the first one works.
        let Some(first) = cx.planter().change_to(&planted, &fact, &value).await? else {
            continue;
        };
        if !said_yes(&first.exchange) {
            let control = format!(
                "a change of {} answered {}",
                a(&name),
                answer(&first.exchange)
            );
            return Ok(Verdict::Inconclusive { control });
        }
        planted.facts.insert(fact.clone(), value.clone());
        let Some(before) = cx.planter().read(&planted).await? else {
            continue;
        };
        put += 1;
        for _ in 1..TIMES {
            let Some(again) = cx.planter().change_to(&planted, &fact, &value).await? else {
                break;
            };
            if let Some(draft) = differs(cx, &planted, &before, &again.exchange).await? {
                let update = entity.update.as_ref();
                findings.add(Draft {
                    touches: update.map(|u| cx.line(&u.call.op)).into_iter().collect(),
                    ..draft
                });
                break;
            }
        }
    }
    if put == 0 {
        let why = "this contract has no PUT that replaces a thing".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

fn is_put(cx: &Cx, entity: &Entity) -> bool {
    let pack = cx.pack();
    let update = entity.update.as_ref().filter(|u| u.manner == Way::Replace);
    update
        .and_then(|u| pack.op(&u.call.op))
        .is_some_and(|op| op.method == Method::Put)
}

/// What a repetition did beyond what the first one had done.
async fn differs(
    cx: &mut Cx,
    planted: &Planted,
    before: &Exchange,
    again: &Exchange,
) -> Result<Option<Draft>, Fault> {
    let kind = &planted.entity;
    let repeated = cx.seen("the same request again", again);
    if !said_yes(again) {
        return Ok(Some(Draft {
            subject: format!("{kind}: the repetition is refused"),
            saw: format!("putting the same {kind} again is not answered as the first time"),
            expected: "the same success as the first time".to_owned(),
            actual: answer(again),
            manner: manner(again),
            evidence: vec![repeated],
            ..Draft::default()
        }));
    }
    let Some(was) = before.json().filter(|_| said_yes(before)) else {
        return Ok(None);
    };
    let Some(after) = cx.planter().read(planted).await? else {
        return Ok(None);
    };
    let then = cx.planter().as_shown(planted, &was, Sight::Read);
    let now = after.json().unwrap_or_default();
    let shown = cx.planter().shown(&then, &now, Sight::Read);
    if let Some(wrong) = shown.iter().find(|s| !s.same) {
        return Ok(Some(Draft {
            subject: format!("{kind}.{}", wrong.fact),
            saw: format!("putting the same {kind} again changes its {}", wrong.fact),
            expected: wrong.sent.to_string(),
            actual: wrong
                .got
                .as_ref()
                .map_or("nothing".to_owned(), ToString::to_string),
            evidence: vec![
                cx.seen("before", before),
                repeated,
                cx.seen("and afterwards", &after),
            ],
            ..Draft::default()
        }));
    }
    let count = cx.planter().look_alikes(planted).await?.unwrap_or(1);
    Ok((count > 1).then(|| Draft {
        subject: format!("{kind}: added again"),
        saw: format!("putting the same {kind} again adds another one"),
        expected: "one in the list".to_owned(),
        actual: format!("{count} in the list"),
        evidence: vec![repeated],
        ..Draft::default()
    }))
}
