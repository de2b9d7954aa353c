use super::{created_differs, patch_ignored};
use crate::check::honest::manner;
use crate::check::{Cx, Findings, a};
use crate::model::{Draft, Exchange, Fault, Manner, Verdict};
use crate::pack::{Entity, Manner as Way};
use crate::probe::plant::{Planted, Sight, answer, said_yes};
use crate::{check, control};
use serde_json::{Value, json};

check! {
    /// ## What it looks at
    /// One property of a thing is changed after the other, each by a request that names it alone. What was
    /// not named must be the same when the thing is read again. `{}`, where the contract allows it, changes
    /// nothing. Properties that only the service sets (a time of the last change) do not count.
    ///
    /// ## Why it matters
    /// Who corrects a spelling mistake in a title does not expect the date to be gone. The client that sent
    /// the change does not look, so nobody notices until the data is needed.
    ///
    /// ## Passes
    /// ```text
    /// PATCH /venues/7 {"capacity": 1200}      200
    /// GET /venues/7      200 {"name": "Paradiso", "capacity": 1200, …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PATCH /venues/7 {"capacity": 1200}      200
    /// GET /venues/7      200 {"name": null, "capacity": 1200, …}
    /// ```
    ///
    /// ## How to mend it
    /// Update only the columns that the body names. Absent and null are two things: ask whether the key is
    /// in the body, not whether its value is empty.
    pub static CHECK = {
        id: "endpoints.patch-erases",
        summary: "a change of one property alters others too",
        concept: "methods",
        severity: High,
        needs: [created_differs::CHECK, patch_ignored::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 5789 §2", "RFC 7396 §2"],
        hints: [
            "What does your UPDATE write into a column that the request does not name?",
            "A partial change speaks of what it names and of nothing else; absent is not the same as null.",
            "Build the SET list from the properties that are in the body, and leave defaults to the creation.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut changed = 0;
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name).filter(|e| merges(e)) else {
            continue;
        };
        let mut planted = control!(cx.planter().plant(&name).await?);
        // C+: the values that a change must leave alone are the ones that were sent.
        let mut before = control!(state(cx, &planted).await?);
        if nothing(cx, entity, &planted, &before, &mut findings).await? {
            changed += 1;
        }
        for fact in rounds(cx.planter().changeable(&planted)) {
            let Some(value) = cx.planter().another(&planted, &fact) else {
                continue;
            };
            let Some(change) = cx.planter().change_to(&planted, &fact, &value).await? else {
                continue;
            };
            if !said_yes(&change.exchange) {
                continue;
            }
            changed += 1;
            let after = control!(state(cx, &planted).await?);
            let named = sent(&change.exchange);
            judge(
                cx,
                (&planted, &fact),
                &change.exchange,
                (&before, &after),
                &named,
                &mut findings,
            );
            planted.facts.insert(fact, value);
            before = after;
        }
    }
    if changed == 0 {
        let why = "no operation of this contract changes a part of a thing".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// The facts in the order in which they are changed: the first once more at the end, so that the last one, which
/// may have stood at a default before, has to survive a change too.
fn rounds(mut facts: Vec<String>) -> Vec<String> {
    if let [first, _, ..] = facts.as_slice() {
        facts.push(first.clone());
    }
    facts
}

/// Whether a thing can be read, and changed by a request that leaves the rest as it is.
fn merges(entity: &Entity) -> bool {
    entity.read.is_some()
        && entity
            .update
            .as_ref()
            .is_some_and(|u| u.manner == Way::Merge)
}

/// A thing as a read shows it, and that read; or why nobody knows.
async fn state(cx: &mut Cx, planted: &Planted) -> Result<Result<(Exchange, Value), String>, Fault> {
    let read = cx.planter().read(planted).await?;
    let body = read.and_then(|e| Some((e.json().filter(|_| said_yes(&e))?, e)));
    Ok(body
        .map(|(body, e)| (e, body))
        .ok_or_else(|| format!("{} just made could not be read", a(&planted.entity))))
}

/// The body that a change sent: whatever stands in it was named, even where the contract made us name it.
fn sent(change: &Exchange) -> Value {
    let body = change.sent.body.as_ref();
    body.and_then(|b| serde_json::from_str(&b.text).ok())
        .unwrap_or_default()
}

type State = (Exchange, Value);

/// Adds a finding for what is not as before, though the change did not name it.
fn judge(
    cx: &mut Cx,
    (planted, fact): (&Planted, &str),
    change: &Exchange,
    (before, after): (&State, &State),
    named: &Value,
    findings: &mut Findings,
) {
    for (other, was, is) in differences(cx, planted, (&before.1, &after.1), named) {
        if other == fact {
            continue;
        }
        let kind = &planted.entity;
        findings.add(Draft {
            // The one that is lost tells the cause; which change lost it is a matter of what was tried first.
            subject: format!("{kind}.{other}"),
            touches: vec![line(cx, planted)],
            saw: format!(
                "a change of something else alters the {other} of {}",
                a(kind)
            ),
            expected: format!("{was}, as before"),
            actual: is.to_string(),
            evidence: vec![
                cx.seen("before", &before.0),
                cx.seen("the change", change),
                cx.seen("and afterwards", &after.0),
            ],
            ..Draft::default()
        });
    }
}

/// The facts and parents that two reads show differently, and that a change did not name: name, before, after.
fn differences(
    cx: &mut Cx,
    planted: &Planted,
    (before, after): (&Value, &Value),
    named: &Value,
) -> Vec<(String, Value, Value)> {
    let pack = cx.pack();
    let Some(entity) = pack.entity(&planted.entity) else {
        return Vec::new();
    };
    let then = cx.planter().as_shown(planted, before, Sight::Read);
    let now = cx.planter().shown(&then, after, Sight::Read);
    let named_fact = |name: &str| {
        let place = entity.facts.get(name).and_then(|f| f.change.as_ref());
        place.is_some_and(|p| !p.get(named).is_empty())
    };
    let mut all: Vec<_> = now
        .into_iter()
        .filter(|s| !s.same && !named_fact(&s.fact))
        .map(|s| (s.fact, s.sent, s.got.unwrap_or_default()))
        .collect();
    let named_parent = |role: &str| {
        let place = entity.parents.get(role).map(|p| &p.at);
        place.is_some_and(|p| !p.get(named).is_empty())
    };
    let was = cx.planter().parents_shown(planted, before);
    let is = cx.planter().parents_shown(planted, after);
    for ((role, was), (_, is)) in was.into_iter().zip(is) {
        if was != is && !named_parent(&role) {
            all.push((role, was.unwrap_or_default(), is.unwrap_or_default()));
        }
    }
    all
}

/// Sends `{}` where the contract allows it; whether it did. A refusal says nothing here: the contract may have
/// words for it that no program reads.
async fn nothing(
    cx: &mut Cx,
    entity: &Entity,
    planted: &Planted,
    before: &State,
    findings: &mut Findings,
) -> Result<bool, Fault> {
    let pack = cx.pack();
    let Some(update) = &entity.update else {
        return Ok(false);
    };
    let allowed = pack.op(&update.call.op).is_some_and(|op| {
        op.body.is_some() && pack.contract.validate_body(op, &json!({})).is_empty()
    });
    if !allowed {
        return Ok(false);
    }
    let key = planted.key.clone();
    let asked = cx
        .planter()
        .ask(planted, &update.call, key.as_ref(), Some(json!({})));
    let Some(exchange) = asked.await? else {
        return Ok(false);
    };
    if manner(&exchange) != Manner::Wrong {
        findings.add(Draft {
            subject: format!("a change of nothing in {}", a(&planted.entity)),
            touches: vec![line(cx, planted)],
            saw: format!(
                "a change of {} that names nothing breaks the service",
                a(&planted.entity)
            ),
            expected: "a success, and nothing changed".to_owned(),
            actual: answer(&exchange),
            manner: manner(&exchange),
            evidence: vec![cx.seen("a change that names nothing", &exchange)],
            ..Draft::default()
        });
        return Ok(true);
    }
    let Ok(after) = state(cx, planted).await? else {
        return Ok(true);
    };
    judge(
        cx,
        (planted, ""),
        &exchange,
        (before, &after),
        &json!({}),
        findings,
    );
    Ok(true)
}

fn line(cx: &Cx, planted: &Planted) -> String {
    let pack = cx.pack();
    let update = pack.entity(&planted.entity).and_then(|e| e.update.as_ref());
    update.map(|u| cx.line(&u.call.op)).unwrap_or_default()
}
