use std::sync::Arc;

use serde_json::Value;

use super::{created_differs, operation_missing, wrong_success_status};
use crate::check::honest::manner;
use crate::check::kept::{self, Kept, said};
use crate::check::{Cx, Findings, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Entity, OpId, Operation, Parent, Spot};
use crate::probe::plant::{NotPlanted, Planted, Wanted, answer, said_yes};
use crate::probe::sql::Token;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A thing that belongs to another is made, and changed, with the id of something that does not exist.
    /// That must be refused with a status that the contract declares for the operation, and no row of your
    /// database may carry what the request said; a history may, which keeps what was changed or removed too. The same
    /// requests with an id that exists work.
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
    /// Or a 422, and the event stands in a table all the same.
    ///
    /// ## How to mend it
    /// Declare a foreign key, catch its violation, and answer with the status that the contract names for a
    /// request that is understood and cannot be done. What you look up yourself, look up before you write, in the
    /// same transaction.
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
            let trial = Trial {
                entity,
                role,
                parent,
                planted,
                nobody,
            };
            creating(cx, &trial, &mut findings).await?;
            changing(cx, &trial, &mut findings).await?;
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

/// What is tried: a thing of this entity, made rightly, and somebody that it could belong to and that is not there.
struct Trial<'p> {
    entity: &'p Entity,
    role: &'p str,
    parent: &'p Parent,
    planted: Planted,
    nobody: Arc<Planted>,
}

async fn creating(cx: &mut Cx, trial: &Trial<'_>, findings: &mut Findings) -> Result<(), Fault> {
    let Trial { entity, role, .. } = trial;
    let mut parents = trial.planted.parents.clone();
    parents.insert((*role).to_owned(), Arc::clone(&trial.nobody));
    let made = cx.planter().plant_under(&entity.name, parents).await?;
    let (op, exchange) = match made {
        Ok(stored) => {
            let op = entity.create.as_ref().map(|c| c.op.clone());
            (op, stored.created)
        }
        Err(NotPlanted::Refused(op, exchange) | NotPlanted::NoKey(op, exchange)) => {
            (Some(op), *exchange)
        }
        Err(NotPlanted::NoWay(_) | NotPlanted::NoCredential(..)) => return Ok(()),
    };
    let texts = |e: &Exchange| said(entity.sent(), |f| f.send.as_ref(), e);
    let kept = Kept::learn(cx, &texts(&trial.planted.created)).await?;
    let kept = kept.map(|kept| (kept, texts(&exchange)));
    match op {
        Some(op) => judge(cx, trial, &op, &exchange, kept, findings).await,
        None => Ok(()),
    }
}

/// Gives a thing another parent, one that does not exist, where the update takes it in its body.
async fn changing(cx: &mut Cx, trial: &Trial<'_>, findings: &mut Findings) -> Result<(), Fault> {
    let pack = cx.pack();
    let planted = &trial.planted;
    let own = planted.parents.get(trial.role).and_then(|p| p.key.clone());
    let (Some(update), Some(own), Some(key)) = (&trial.entity.update, own, &trial.nobody.key)
    else {
        return Ok(());
    };
    let Some(operation) = pack.op(&update.call.op) else {
        return Ok(());
    };
    let with = |body: Option<Value>, key: &Value| {
        let mut body = body?;
        let set = trial.parent.at.set(&mut body, key.clone());
        (set && takes(&pack.contract, operation, trial.parent, &body)).then_some(body)
    };
    let right = with(cx.planter().change_of(planted), &own);
    let wrong = with(cx.planter().change_of(planted), key);
    let (Some(right), Some(wrong)) = (right, wrong) else {
        return Ok(());
    };
    let mine = planted.key.as_ref();
    // C+: the parent that it has already is taken.
    let before = cx.planter().ask(planted, &update.call, mine, Some(right));
    let Some(before) = before.await?.filter(said_yes) else {
        return Ok(());
    };
    let texts = |e: &Exchange| said(trial.entity.changeable(), |f| f.change.as_ref(), e);
    let kept = Kept::learn(cx, &texts(&before)).await?;
    let after = cx.planter().ask(planted, &update.call, mine, Some(wrong));
    let Some(exchange) = after.await? else {
        return Ok(());
    };
    let kept = kept.map(|kept| (kept, texts(&exchange)));
    judge(cx, trial, &update.call.op, &exchange, kept, findings).await
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

/// Judges an answer, and what became of the request's own texts where it is known where they would stand.
async fn judge(
    cx: &mut Cx,
    trial: &Trial<'_>,
    op: &OpId,
    exchange: &Exchange,
    kept: Option<(Kept, Vec<Token>)>,
    findings: &mut Findings,
) -> Result<(), Fault> {
    let pack = cx.pack();
    let Some(operation) = pack.op(op) else {
        return Ok(());
    };
    let kept = kept.filter(|(_, texts)| !texts.is_empty());
    let refused = exchange.status().filter(|s| (400..500).contains(s));
    let mut row = None;
    let how = match (refused, kept) {
        (Some(status), _) if !is_declared(operation, status) => {
            "is refused with a status of another meaning"
        }
        (Some(_), None) => return Ok(()),
        (Some(_), Some((kept, texts))) => {
            row = kept.stays(&texts).await?;
            if row.is_none() || !says_how_it_is(cx, trial, &kept, &texts).await? {
                return Ok(());
            }
            "is refused, and what was sent is stored all the same"
        }
        (None, _) if !said_yes(exchange) => "breaks the service",
        (None, None) => "is taken",
        (None, Some((kept, texts))) => {
            row = kept.comes(&texts).await?;
            match row {
                Some(_) => "is taken",
                None => "is taken, and nothing of it is stored",
            }
        }
    };
    let (role, kind) = (trial.role, a(&trial.entity.name));
    let mut evidence = vec![cx.seen(format!("a {role} that does not exist"), exchange)];
    evidence.extend(row.map(|hit| kept::row("what it left in the database", hit)));
    findings.add(Draft {
        subject: format!("{role} of {kind}: {how}"),
        touches: vec![operation.line()],
        saw: format!("a {role} that does not exist {how}"),
        expected: format!("a refusal: {}", declared(operation)),
        actual: answer(exchange),
        manner: manner(exchange),
        evidence,
        ..Draft::default()
    });
    Ok(())
}

/// Whether texts that stand where accepted ones do are taken for true: a list shows them, or what was accepted goes
/// from there when the thing is changed or removed.
async fn says_how_it_is(
    cx: &mut Cx,
    trial: &Trial<'_>,
    kept: &Kept,
    texts: &[Token],
) -> Result<bool, Fault> {
    let planted = &trial.planted;
    let all = Wanted::default();
    let listed = cx.planter().walk_through(planted, &all).await?;
    let mut items = listed.iter().flat_map(|walk| &walk.items);
    if items.any(|item| shows(item, texts)) || kept.forgets().await? {
        return Ok(true);
    }
    cx.planter().change(planted).await?;
    if kept.forgets().await? {
        return Ok(true);
    }
    cx.planter().delete(planted).await?;
    kept.forgets().await
}

fn shows(item: &Value, texts: &[Token]) -> bool {
    let item = item.to_string();
    texts.iter().all(|token| {
        let (Token::Text(token) | Token::Number(token)) = token;
        let written = Value::from(token.as_str()).to_string();
        item.contains(written.trim_matches('"'))
    })
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
