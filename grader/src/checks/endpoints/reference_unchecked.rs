use std::sync::Arc;

use serde_json::Value;

use super::{created_differs, operation_missing, wrong_success_status};
use crate::check::honest::manner;
use crate::check::{Cx, Findings, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Entity, OpId, Operation, Parent, Spot};
use crate::probe::plant::{NotPlanted, Planted, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A thing that belongs to another is made, and changed, with the id of something that does not exist.
    /// That must be refused with a status that the contract declares for the operation, and nothing may be
    /// stored. The same requests with an id that exists work.
    ///
    /// ## Why it matters
    /// An event at a venue that is not there breaks every page that shows it, long after the request that
    /// made it. The database can refuse it; a service that does not let it will store it one day.
    ///
    /// ## Passes
    /// ```text
    /// POST /events {"venue_id": 2000000001, …}      422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /events {"venue_id": 2000000001, …}      201
    /// ```
    ///
    /// ## How to mend it
    /// Declare a foreign key, catch its violation, and answer with the status that the contract names for a
    /// request that is understood and cannot be done.
    pub static CHECK = {
        id: "endpoints.reference-unchecked",
        summary: "a reference to something that does not exist is not refused as it should be",
        concept: "validation",
        severity: High,
        needs: [operation_missing::CHECK, wrong_success_status::CHECK, created_differs::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.21", "RFC 9110 §15.5.1"],
        hints: [
            "What happens in your tables when the id in the body belongs to nothing?",
            "A reference is a promise that something is there; the database keeps it with a foreign key, for two requests at once too.",
            "Add REFERENCES to the column, and turn the database's refusal into the status of the contract.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut asked = 0;
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name).filter(|e| e.create.is_some()) else {
            continue;
        };
        for (role, parent) in &entity.parents {
            // In a path it is the address that names nothing, which is another check's business.
            if !matches!(parent.at.spot, Spot::Body(_) | Spot::Query(_)) {
                continue;
            }
            // C+: with a parent that exists it works.
            let mut planted = control!(cx.planter().plant(&name).await?);
            if !planted.parents.contains_key(role) {
                let there = control!(cx.planter().plant(&parent.entity).await?);
                let with = [(role.clone(), Arc::new(there))].into_iter().collect();
                planted = control!(cx.planter().plant_under(&name, with).await?);
            }
            let Some(nobody) = nobody(cx, &planted, role) else {
                continue;
            };
            asked += 1;
            creating(cx, entity, role, (&planted, &nobody), &mut findings).await?;
            changing(
                cx,
                entity,
                (role, parent),
                (&planted, &nobody),
                &mut findings,
            )
            .await?;
        }
    }
    if asked == 0 {
        let why =
            "nothing in this contract refers to another thing by an id in its body".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// The parent of a thing under an id that nothing has.
fn nobody(cx: &mut Cx, planted: &Planted, role: &str) -> Option<Arc<Planted>> {
    let mut nobody = planted.parents.get(role)?.as_ref().clone();
    nobody.key = Some(cx.planter().unknown_key(&nobody)?);
    Some(Arc::new(nobody))
}

async fn creating(
    cx: &mut Cx,
    entity: &Entity,
    role: &str,
    (planted, nobody): (&Planted, &Arc<Planted>),
    findings: &mut Findings,
) -> Result<(), Fault> {
    let mut parents = planted.parents.clone();
    parents.insert(role.to_owned(), Arc::clone(nobody));
    let made = cx.planter().plant_under(&entity.name, parents).await?;
    let (op, exchange) = match made {
        Ok(stored) => {
            let op = entity.create.as_ref().map(|c| c.op.clone());
            (op, stored.created)
        }
        Err(NotPlanted::Refused(op, exchange) | NotPlanted::NoKey(op, exchange)) => {
            (Some(op), *exchange)
        }
        Err(NotPlanted::NoWay(_)) => return Ok(()),
    };
    if let Some(op) = op {
        judge(cx, (entity, role), &op, &exchange, findings);
    }
    Ok(())
}

/// Gives a thing another parent, one that does not exist, where the update takes it in its body.
async fn changing(
    cx: &mut Cx,
    entity: &Entity,
    (role, parent): (&str, &Parent),
    (planted, nobody): (&Planted, &Planted),
    findings: &mut Findings,
) -> Result<(), Fault> {
    let pack = cx.pack();
    let (Some(update), Some(key)) = (&entity.update, &nobody.key) else {
        return Ok(());
    };
    let Some(operation) = pack.op(&update.call.op) else {
        return Ok(());
    };
    let Some(honest) = cx.planter().change_of(planted) else {
        return Ok(());
    };
    let own = planted.parents.get(role).and_then(|p| p.key.clone());
    let with = |key: &Value| {
        let mut body = honest.clone();
        let set = parent.at.set(&mut body, key.clone());
        (set && takes(&pack.contract, operation, parent, &body)).then_some(body)
    };
    let (Some(right), Some(wrong)) = (own.as_ref().and_then(with), with(key)) else {
        return Ok(());
    };
    let mine = planted.key.clone();
    // C+: the parent that it has already is taken.
    let before = cx
        .planter()
        .ask(planted, &update.call, mine.as_ref(), Some(right))
        .await?;
    if !before.is_some_and(|e| said_yes(&e)) {
        return Ok(());
    }
    let after = cx
        .planter()
        .ask(planted, &update.call, mine.as_ref(), Some(wrong))
        .await?;
    if let Some(exchange) = after {
        judge(cx, (entity, role), &update.call.op, &exchange, findings);
    }
    Ok(())
}

/// Whether the contract knows the reference in the body of a change: what it does not know may be ignored.
fn takes(
    contract: &crate::pack::Contract,
    operation: &Operation,
    parent: &Parent,
    body: &Value,
) -> bool {
    let known = operation
        .body
        .as_ref()
        .zip(parent.at.pointer())
        .is_some_and(|(b, at)| contract.describes(&b.schema.value, at));
    known && contract.validate_body(operation, body).is_empty()
}

fn judge(
    cx: &Cx,
    (entity, role): (&Entity, &str),
    op: &OpId,
    exchange: &Exchange,
    findings: &mut Findings,
) {
    let pack = cx.pack();
    let Some(operation) = pack.op(op) else {
        return;
    };
    let refused = exchange.status().filter(|s| (400..500).contains(s));
    if refused.is_some_and(|status| is_declared(operation, status)) {
        return;
    }
    let stored = said_yes(exchange);
    let how = match refused {
        Some(_) => "is refused with a status of another meaning",
        None if stored => "is taken",
        None => "breaks the service",
    };
    findings.add(Draft {
        subject: format!("{} of {}: {how}", role, a(&entity.name)),
        touches: vec![operation.line()],
        saw: format!("a {role} that does not exist {how}"),
        expected: format!("a refusal: {}", declared(operation)),
        actual: answer(exchange),
        manner: manner(exchange),
        evidence: vec![cx.seen(format!("a {role} that does not exist"), exchange)],
        ..Draft::default()
    });
}

/// Whether a refusal is one that the contract names for the operation; any, where it names none.
fn is_declared(operation: &Operation, status: u16) -> bool {
    refusals(operation).is_empty() || operation.declares(status).is_some()
}

/// The refusals that an operation declares for what is wrong with a request.
fn refusals(operation: &Operation) -> Vec<u16> {
    let all = [400, 404, 409, 422];
    all.into_iter()
        .filter(|s| operation.declares(*s).is_some())
        .collect()
}

fn declared(operation: &Operation) -> String {
    let all: Vec<_> = refusals(operation).iter().map(u16::to_string).collect();
    match all.as_slice() {
        [] => "any status of the 4xx class".to_owned(),
        all => all.join(" or "),
    }
}
