use serde_json::Value;

use super::created_differs;
use crate::check::odd::{self, Odd, Odds};
use crate::check::{Cx, Findings, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Call, Contract, Entity, Fact, Pack};
use crate::probe::plant::{Planted, Sight, Wish, said_yes, same};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Nothing, in both of its forms. A property that may be null is sent as null and must come back as null,
    /// or not at all. An optional property is left out: where the contract names a default, that default
    /// must come back; where it does not, no null may stand in its place unless the contract allows one.
    ///
    /// ## Why it matters
    /// "No end date" and "the end date is 1970" are different things. Whoever fills the gap with a zero, an
    /// empty text or a default of his own has invented a fact.
    ///
    /// ## Passes
    /// ```text
    /// POST /events {"title": "Gala", …}      201 {"status": "draft", …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /events {"title": "Gala", …}      201 {"status": null, …}
    /// ```
    ///
    /// ## How to mend it
    /// Keep null as NULL in the column. Write the contract's default in one place, where a thing is made
    /// and the property is not in the body.
    pub static CHECK = {
        id: "endpoints.null-altered",
        summary: "a property without a value comes back as something else",
        concept: "representations",
        severity: Medium,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["JSON Schema 2020-12 §9.2", "RFC 8259 §3", "OpenAPI 3.1 §4.8.24"],
        hints: [
            "What does your service answer for a property that nobody has sent?",
            "Absent, null and empty are three things; the contract says which of them exist and what the first one means.",
            "Make one thing without each optional property and compare the reply with the default in the contract.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut tried = 0;
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name) else {
            continue;
        };
        let optional: Vec<_> = entity.sent().filter(|f| !f.required).collect();
        if entity.create.is_none() || optional.is_empty() {
            continue;
        }
        let ordinary = control!(cx.planter().plant(&name).await?);
        for fact in optional {
            let wish = Wish {
                parents: ordinary.parents.clone(),
                without: vec![fact.name.clone()],
                ..Wish::default()
            };
            // A refusal says nothing: rules between properties may stand behind it.
            if let Ok(planted) = cx.planter().plant_as(&name, wish).await? {
                tried += 1;
                absent(cx, entity, fact, &planted, &mut findings).await?;
            }
        }
    }
    let odds = Odds {
        what: "properties",
        of: nulls,
        cause,
    };
    match odd::judge(cx, &odds).await? {
        Verdict::Skipped { .. } if tried > 0 => Ok(findings.verdict()),
        Verdict::Skipped { .. } => {
            let why =
                "every property of this contract must be sent, and none may be null".to_owned();
            Ok(Verdict::Skipped { why })
        }
        Verdict::Pass { .. } => Ok(findings.verdict()),
        other if findings.is_empty() => Ok(other),
        _ => Ok(findings.verdict()),
    }
}

fn nulls(_: &Contract, _: &Fact, _: &Value) -> Vec<Odd> {
    vec![Odd::new("null", Value::Null)]
}

fn cause(_: &Odd, got: Option<&Value>) -> Option<&'static str> {
    match got? {
        Value::String(text) if text.is_empty() => Some("that are null become an empty text"),
        Value::String(text)
            if ["null", "none", "undefined"].contains(&text.to_lowercase().as_str()) =>
        {
            Some("that are null become the word for it")
        }
        Value::Number(n) if n.as_f64() == Some(0.0) => Some("that are null become 0"),
        _ => None,
    }
}

/// Judges what replies show of a fact that was not sent.
async fn absent(
    cx: &mut Cx,
    entity: &Entity,
    fact: &Fact,
    planted: &Planted,
    findings: &mut Findings,
) -> Result<(), Fault> {
    let read = cx.planter().read(planted).await?;
    let created = entity
        .create
        .as_ref()
        .map(|c| (c, Sight::Created, planted.created.clone()));
    let read = entity
        .read
        .as_ref()
        .zip(read)
        .map(|(c, e)| (c, Sight::Read, e));
    for (call, sight, exchange) in created.into_iter().chain(read) {
        let pack = cx.pack();
        let Some((expected, got)) = wrong(&pack, (call, sight), fact, &exchange) else {
            continue;
        };
        findings.add(Draft {
            subject: format!("{}.{} left out", entity.name, fact.name),
            touches: vec![cx.line(&call.op)],
            saw: format!("{} made without {} shows {got}", a(&entity.name), fact.name),
            expected,
            actual: got.to_string(),
            evidence: vec![
                cx.seen("what was made", &planted.created),
                cx.seen("what is shown", &exchange),
            ],
            ..Draft::default()
        });
    }
    Ok(())
}

/// What a reply should show of a fact that was not sent, and what it shows; none where that is right.
fn wrong(
    pack: &Pack,
    (call, sight): (&Call, Sight),
    fact: &Fact,
    exchange: &Exchange,
) -> Option<(String, Value)> {
    let place = match sight {
        Sight::Created => fact.created.as_ref(),
        _ => fact.reply.as_ref(),
    };
    let body = exchange.json().filter(|_| said_yes(exchange))?;
    let place = place?;
    let got = place.get(&body).first().copied()?.clone();
    let contract = &pack.contract;
    if let Some(default) = contract.says(&fact.schema, "default") {
        let right = same(contract, &fact.schema, None, default, &got);
        return (!right).then(|| (format!("{default}, the default of the contract"), got));
    }
    let status = exchange.status()?;
    let broken = contract.validate_reply(pack.op(&call.op)?, status, "application/json", &body);
    let here = place.pointer()?.to_string();
    let wrong = got.is_null() && broken.iter().any(|v| v.pointer == here);
    wrong.then(|| {
        (
            "no such property: the contract allows no null here".to_owned(),
            got,
        )
    })
}
