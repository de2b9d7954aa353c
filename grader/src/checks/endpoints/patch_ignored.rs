use serde_json::Value;

use super::created_differs;
use crate::check::honest::manner;
use crate::check::{Cx, Findings, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Entity, Fact, Manner as Way, Place};
use crate::probe::plant::{Changed, Planted, Shown, Sight, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// One property of a thing is changed after the other. When the thing is read again, the property must
    /// have its new value; so must the reply to the change, if it shows the thing. Where the contract lets a
    /// property be null, null clears it; where it does not and declares a refusal, null is refused.
    ///
    /// ## Why it matters
    /// A 200 says that the change was made. The client shows the new value and throws the old one away.
    ///
    /// ## Passes
    /// ```text
    /// PATCH /venues/7 {"capacity": 1200}      200
    /// GET /venues/7      200 {"capacity": 1200, …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PATCH /venues/7 {"capacity": 1200}      200
    /// GET /venues/7      200 {"capacity": 1500, …}
    /// ```
    ///
    /// ## How to mend it
    /// Look for the property in the list of those that your update takes. `COALESCE(new, old)` cannot tell
    /// null from absent: use it only where null is refused before.
    pub static CHECK = {
        id: "endpoints.patch-ignored",
        summary: "a change that was acknowledged is not there afterwards",
        concept: "methods",
        severity: High,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 5789 §2", "RFC 7396 §2", "RFC 9110 §9.3.4"],
        hints: [
            "Which properties can your update change, and which does the contract let a client send?",
            "An acknowledged change is a stored change, and null is a value where the contract allows it.",
            "Compare the columns of your UPDATE with the request schema in the contract, property by property, with null among the values.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut changed = 0;
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name).filter(|e| e.read.is_some()) else {
            continue;
        };
        if entity.update.is_none() {
            continue;
        }
        let mut planted = control!(cx.planter().plant(&name).await?);
        for fact in cx.planter().changeable(&planted) {
            let Some(value) = cx.planter().another(&planted, &fact) else {
                continue;
            };
            let Some(change) = cx.planter().change_to(&planted, &fact, &value).await? else {
                continue;
            };
            // A refusal of an honest change is told by the check of statuses for the first fact that can be
            // changed; of others nobody knows which rules between them the contract has in its words.
            if !said_yes(&change.exchange) {
                continue;
            }
            changed += 1;
            planted.facts.insert(fact, value);
            there(cx, entity, &planted, &change, &mut findings).await?;
        }
        for fact in entity.changeable() {
            null(cx, entity, &planted, fact, &mut findings).await?;
        }
    }
    if changed == 0 {
        let why = "no operation of this contract changes a thing".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// Judges what the reply to a change and a read show of the one fact.
async fn there(
    cx: &mut Cx,
    entity: &Entity,
    planted: &Planted,
    change: &Changed,
    findings: &mut Findings,
) -> Result<(), Fault> {
    let read = cx.planter().read(planted).await?.filter(said_yes);
    let Some((read, body)) = read.and_then(|e| Some((e.json()?, e))).map(|(b, e)| (e, b)) else {
        return Ok(());
    };
    let reply = change
        .exchange
        .json()
        .filter(|_| shows_itself(entity, &change.exchange));
    let fact = &change.fact;
    for (body, exchange) in [(Some(body), &read), (reply, &change.exchange)] {
        let shown = body.map(|b| cx.planter().shown(planted, &b, Sight::Read));
        let mut shown = shown.into_iter().flatten();
        let wrong = shown.find(|s| s.fact == *fact && !s.same);
        // A list that was added to instead of replaced is a PUT that is not idempotent, and told as that.
        let wrong = wrong.filter(|s| !is_put(entity) || !was_added_to(s));
        if let Some(wrong) = wrong {
            let got = wrong
                .got
                .as_ref()
                .map_or("nothing".to_owned(), Value::to_string);
            findings.add(Draft {
                saw: format!(
                    "the {fact} of {} is not what it was changed to",
                    a(&entity.name)
                ),
                expected: change.value.to_string(),
                actual: got,
                evidence: vec![
                    cx.seen("the change", &change.exchange),
                    cx.seen("what is shown afterwards", exchange),
                ],
                ..about(cx, entity, fact)
            });
            return Ok(());
        }
    }
    Ok(())
}

fn is_put(entity: &Entity) -> bool {
    entity
        .update
        .as_ref()
        .is_some_and(|u| u.manner == Way::Replace)
}

/// Whether a list shows all that was sent, and more.
fn was_added_to(shown: &Shown) -> bool {
    match (&shown.sent, &shown.got) {
        (Value::Array(sent), Some(Value::Array(got))) => {
            got.len() > sent.len() && sent.iter().all(|v| got.contains(v))
        }
        _ => false,
    }
}

/// Whether the reply to a change shows the thing in the way a read does: only then can the one be read like the
/// other.
fn shows_itself(entity: &Entity, change: &Exchange) -> bool {
    let Some(key) = entity.key.read.as_ref() else {
        return false;
    };
    change.json().is_some_and(|body| !key.get(&body).is_empty())
}

fn about(cx: &Cx, entity: &Entity, fact: &str) -> Draft {
    let update = entity.update.as_ref().map(|u| cx.line(&u.call.op));
    Draft {
        subject: format!("{}.{fact}", entity.name),
        touches: update.into_iter().collect(),
        ..Draft::default()
    }
}

/// Sends null for one fact.
async fn null(
    cx: &mut Cx,
    entity: &Entity,
    planted: &Planted,
    fact: &Fact,
    findings: &mut Findings,
) -> Result<(), Fault> {
    let pack = cx.pack();
    let Some((update, operation)) = entity
        .update
        .as_ref()
        .and_then(|u| Some((u, pack.op(&u.call.op)?)))
    else {
        return Ok(());
    };
    // Only in a body that is right but for the null is it the null that is judged.
    let old = planted.facts.get(&fact.name).cloned().unwrap_or_default();
    let place = fact.change.as_ref().and_then(Place::pointer);
    let (Some(mut body), Some(place)) =
        (cx.planter().change_with(planted, &fact.name, &old), place)
    else {
        return Ok(());
    };
    place.set(&mut body, &Value::Null);
    let allowed = pack.contract.validate_body(operation, &body).is_empty();
    let refusals = [400, 422].iter().any(|s| operation.declares(*s).is_some());
    // What a whole representation must not hold is a matter of validation; in a change of one part, null says
    // "clear it", and a service that cannot must say so.
    let asks_to_refuse = refusals && update.manner == Way::Merge;
    if !allowed && !asks_to_refuse {
        return Ok(());
    }
    let key = planted.key.clone();
    let asked = cx
        .planter()
        .ask(planted, &update.call, key.as_ref(), Some(body));
    let Some(exchange) = asked.await? else {
        return Ok(());
    };
    let name = &fact.name;
    let (saw, expected) = match (allowed, said_yes(&exchange)) {
        (true, true) => {
            let mut cleared = planted.clone();
            cleared.facts.insert(name.clone(), Value::Null);
            let change = Changed {
                exchange,
                fact: name.clone(),
                value: Value::Null,
            };
            there(cx, entity, &cleared, &change, findings).await?;
            // As it was, so that what follows starts from where it was.
            cx.planter().change_to(&cleared, name, &old).await?;
            return Ok(());
        }
        (false, true) => (
            format!("null for the {name} of {} is acknowledged", a(&entity.name)),
            "a refusal: the contract allows no null here",
        ),
        // An orderly refusal is right where null is none of the values, and may be where some rule that the
        // contract tells in words speaks against it.
        (_, false) if exchange.status().is_some_and(|s| s < 500) => return Ok(()),
        (_, false) => (
            format!(
                "null for the {name} of {} breaks the service",
                a(&entity.name)
            ),
            if allowed {
                "a success: the contract allows null"
            } else {
                "a refusal: the contract allows no null here"
            },
        ),
    };
    let subject = if allowed {
        "null that clears"
    } else {
        "null where none may be"
    };
    findings.add(Draft {
        saw,
        expected: expected.to_owned(),
        actual: answer(&exchange),
        manner: manner(&exchange),
        evidence: vec![cx.seen("a change to null", &exchange)],
        subject: subject.to_owned(),
        ..about(cx, entity, name)
    });
    Ok(())
}
