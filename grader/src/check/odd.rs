//! Values that a contract allows and few people try: sent one kind after the other, and compared with what comes
//! back.

use indexmap::IndexMap;
use serde_json::Value;

use super::honest::manner;
use super::{Cx, Findings, a};
use crate::control;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Bound, Contract, Entity, Fact, KeyPart, Spot};
use crate::probe::plant::{NotPlanted, Planted, Shown, Sight, Wish, answer, said_yes};

/// One kind of odd values.
#[derive(Debug, Clone)]
pub(crate) struct Odd {
    /// What they have in common, after "a value with": `an offset`.
    pub(crate) kind: &'static str,
    /// Whether the contract itself draws the bound that they stand on, so that a refusal is wrong too. Other refusals
    /// say nothing: rules that the contract tells in words may stand behind them.
    pub(crate) bound: bool,
    /// The value.
    pub(crate) value: Value,
}

impl Odd {
    /// A value of a kind.
    pub(crate) fn new(kind: &'static str, value: impl Into<Value>) -> Self {
        Self {
            kind,
            bound: false,
            value: value.into(),
        }
    }
}

/// What a check of odd values knows about its own.
pub(crate) struct Odds {
    /// What the values are, in the plural: `texts`.
    pub(crate) what: &'static str,
    /// The odd values of a fact, made from an ordinary one; those that its schema refuses are left out.
    pub(crate) of: fn(&Contract, &Fact, &Value) -> Vec<Odd>,
    /// What became of a value, where that tells the cause: `are trimmed`.
    pub(crate) cause: fn(&Odd, Option<&Value>) -> Option<&'static str>,
}

/// Makes things with odd values of their facts, and judges what the replies to the making and to a read show.
/// An ordinary thing of each kind is made first: what cannot be made at all says nothing about values.
pub(crate) async fn judge(cx: &mut Cx, odds: &Odds) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut tried = 0;
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name).filter(|e| e.create.is_some()) else {
            continue;
        };
        let ordinary = control!(cx.planter().plant(&name).await?);
        for (_, sorted) in kinds(&pack.contract, entity, &ordinary, odds) {
            if both(cx, &ordinary, &sorted, odds, &mut findings).await? {
                tried += 1;
                continue;
            }
            // Together they were refused: one by one, it shows which.
            for one in &sorted {
                let one = std::slice::from_ref(one);
                tried += usize::from(both(cx, &ordinary, one, odds, &mut findings).await?);
            }
        }
    }
    if tried == 0 {
        let why = format!("no {} that this contract allows can be sent", odds.what);
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

type Sorted<'p> = IndexMap<&'static str, Vec<(&'p Fact, Odd)>>;

/// The odd values of an entity's facts by their kind: one thing shows those of all its facts.
fn kinds<'p>(
    contract: &Contract,
    entity: &'p Entity,
    ordinary: &Planted,
    odds: &Odds,
) -> Sorted<'p> {
    let mut sorted = Sorted::new();
    for fact in entity.sent().filter(|f| is_free(entity, f)) {
        let Some(value) = ordinary.facts.get(&fact.name) else {
            continue;
        };
        for odd in (odds.of)(contract, fact, value) {
            if contract.accepts(&fact.schema, &odd.value) {
                sorted.entry(odd.kind).or_default().push((fact, odd));
            }
        }
    }
    sorted
}

/// Whether a fact is a plain value in the body: not one by which the thing is known, which may follow rules of its
/// own on its way into addresses.
fn is_free(entity: &Entity, fact: &Fact) -> bool {
    let in_body = |f: &Fact| matches!(f.send.as_ref().map(|p| &p.spot), Some(Spot::Body(_)));
    let part = |p: &KeyPart| matches!(p, KeyPart::Fact(name) if *name == fact.name);
    let key = entity.key.parts.iter().any(part)
        || entity.natural_key().is_some_and(|k| k.name == fact.name);
    let calls = [&entity.create, &entity.read, &entity.delete];
    let mut bounds = calls.into_iter().flatten().flat_map(|c| c.bind.values());
    let in_path = bounds.any(|b| matches!(b, Bound::Fact(name) if *name == fact.name));
    in_body(fact) && !key && !in_path
}

/// Makes a thing with these values and judges what comes back; false where nothing could be judged.
async fn both(
    cx: &mut Cx,
    ordinary: &Planted,
    sorted: &[(&Fact, Odd)],
    odds: &Odds,
    findings: &mut Findings,
) -> Result<bool, Fault> {
    let values = sorted.iter();
    let wish = Wish {
        parents: ordinary.parents.clone(),
        facts: values
            .map(|(fact, odd)| (fact.name.clone(), odd.value.clone()))
            .collect(),
        ..Wish::default()
    };
    let name = &ordinary.entity;
    let made = cx.planter().plant_as(name, wish);
    let planted = match made.await? {
        Ok(planted) => planted,
        Err(NotPlanted::Refused(op, exchange)) => {
            let [(fact, odd)] = sorted else {
                return Ok(false);
            };
            let orderly = exchange.status().is_some_and(|s| s < 500);
            if orderly && !odd.bound {
                return Ok(false);
            }
            findings.add(Draft {
                subject: format!("{} with {} are refused", odds.what, odd.kind),
                touches: vec![cx.line(&op)],
                saw: format!("{} with {} cannot be made", a(name), odd.kind),
                expected: format!("success: the contract allows this {}", fact.name),
                actual: answer(&exchange),
                manner: manner(&exchange),
                evidence: vec![cx.seen(format!("{} with {}", fact.name, odd.kind), &exchange)],
                ..Draft::default()
            });
            return Ok(true);
        }
        Err(_) => return Ok(false),
    };
    let pack = cx.pack();
    let create = pack.entity(name).and_then(|e| e.create.as_ref());
    let read = pack.entity(name).and_then(|e| e.read.as_ref());
    let mut replies: Vec<(Sight, String, Exchange)> = Vec::new();
    if let Some(call) = create {
        replies.push((Sight::Created, cx.line(&call.op), planted.created.clone()));
    }
    if let (Some(call), Some(exchange)) = (read, cx.planter().read(&planted).await?) {
        replies.push((Sight::Read, cx.line(&call.op), exchange));
    }
    for (sight, line, exchange) in replies.iter().filter(|(_, _, e)| said_yes(e)) {
        let Some(body) = exchange.json() else {
            continue;
        };
        for shown in cx.planter().shown(&planted, &body, *sight) {
            let odd = sorted.iter().find(|(fact, _)| fact.name == shown.fact);
            // The reply to a making may say less than a read.
            let told = *sight == Sight::Read || shown.got.is_some();
            if let Some((_, odd)) = odd.filter(|_| !shown.same && told) {
                findings.add(Draft {
                    touches: vec![line.clone()],
                    evidence: vec![cx.seen(format!("what {line} shows"), exchange)],
                    ..altered(name, odd, &shown, odds)
                });
            }
        }
    }
    Ok(true)
}

fn altered(name: &str, odd: &Odd, shown: &Shown, odds: &Odds) -> Draft {
    let cause = (odds.cause)(odd, shown.got.as_ref());
    let subject = match cause {
        Some(cause) => format!("{} {cause}", odds.what),
        None => format!("{} with {}", odds.what, odd.kind),
    };
    let got = shown.got.as_ref();
    Draft {
        subject,
        saw: format!(
            "the {} of {} comes back as another value",
            shown.fact,
            a(name)
        ),
        expected: format!("{}, as it was sent", shown.sent),
        actual: got.map_or_else(|| "nothing".to_owned(), Value::to_string),
        note: cause.map(|cause| format!("It looks as if {} {cause}.", odds.what)),
        ..Draft::default()
    }
}
