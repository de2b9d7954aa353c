use std::collections::BTreeSet;

use serde_json::Value;

use crate::check::fan::holder;
use crate::check::rush::Rush;
use crate::check::{LocksCx, a, note};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Entity, Pack};
use crate::probe::Request;
use crate::probe::changes::Changes;
use crate::probe::plant::{Planting, Ready, Wish, answer, said_yes};
use crate::probe::sql::Observer;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// The same request to make a thing that may exist only once is sent four times at once, to two copies of the
    /// service. All are held where they write (nobody may write to that table for a moment, everybody may read), and
    /// let go together, once for each table that such a request writes to. At the end there is one thing. What comes
    /// along with other things (a customer with an order) is counted too.
    ///
    /// ## Why it matters
    /// Look first and write then is two steps, and between them everybody else has looked too. It goes well on a desk
    /// and wrong on the first busy evening.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues ×4      201, 409, 409, 409
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues ×4      201, 201, 201, 201      four venues of one name in one city
    /// ```
    ///
    /// ## How to mend it
    /// Declare the unique constraint and insert without looking: `INSERT … ON CONFLICT`, or catch SQLSTATE 23505.
    pub static CHECK = {
        id: "schema.duplicate-under-race",
        summary: "equal requests at the same moment make the same thing more than once",
        concept: "constraints",
        severity: Critical,
        needs: [created_differs::CHECK],
        world: Replicas,
        alone: Locks,
        runtimes: RAISED,
        refs: ["Bailis et al., Feral concurrency control, SIGMOD 2015", "Warszawski & Bailis, ACIDRain, SIGMOD 2017"],
        hints: [
            "Two people press the button at the same moment. What has each of the two requests seen before it writes?",
            "What was seen before a write may be wrong by the time of the write; a constraint is asked at the write itself.",
            "Put a unique constraint over what may exist once, drop the SELECT before the INSERT, and answer its violation with the refusal of the contract.",
        ],
        run,
    }
}

/// So many equal requests at once.
const AT_ONCE: usize = 4;

async fn run(cx: &mut LocksCx) -> Result<Verdict, Fault> {
    let Some(observer) = cx.observer().await? else {
        let why = "there is no database to look at".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let pack = cx.pack();
    let mut findings = cx.findings();
    let (mut judged, mut most) = (0, 0);
    for entity in pack.entities.values() {
        let Some(maker) = maker(&pack, entity) else {
            continue;
        };
        let changes = control!(cx.changes().await?);
        let tables = tables(cx, &observer, maker, &changes).await;
        changes.close().await?;
        for table in control!(tables?) {
            let ready = control!(cx.planter().prepare(maker, Wish::default()).await?);
            let mut requests = Vec::new();
            for n in 0..AT_ONCE {
                let like = control!(alike(cx, maker, entity, &ready).await?);
                requests.push(like.at(&cx.replica(n)));
            }
            let Some(rush) = cx.rush(&table, requests).await? else {
                let control = format!("somebody holds `{table}` and does not let go");
                return Ok(Verdict::Inconclusive { control });
            };
            most = most.max(rush.waited);
            if !rush.answers.iter().any(said_yes) {
                // Who meets others may be sent away; one alone may not.
                let alone = ready.request().send().await?;
                if !said_yes(&alone) {
                    continue;
                }
            }
            judged += 1;
            if let Some(several) = several(cx, entity, &ready, &rush).await? {
                findings.add(draft(cx, entity, &rush, several));
                break;
            }
        }
    }
    if judged == 0 {
        let why = "the project says of nothing that it may exist only once".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    if findings.is_empty() && most < 2 {
        let control = "the requests did not meet: never did two of them wait at once".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    Ok(findings.verdict())
}

/// The entity with whose making one of this entity comes about, where no two of it may share some of their facts: itself,
/// or what it is a part of.
fn maker<'p>(pack: &'p Pack, entity: &'p Entity) -> Option<&'p str> {
    if entity.create.is_some() {
        return (!entity.unique.is_empty()).then_some(entity.name.as_str());
    }
    entity.find.as_ref()?;
    let natural = entity.natural_key().is_some() || !entity.unique.is_empty();
    let op = entity.maker()?;
    let mut wholes = pack.entities.values();
    let whole = wholes.find(|e| e.create.as_ref().is_some_and(|c| c.op == *op))?;
    natural.then_some(whole.name.as_str())
}

/// The same request; where the thing is only a part of it, another one with the same part: what else two equal requests
/// want may already keep them apart.
async fn alike(
    cx: &mut LocksCx,
    maker: &str,
    entity: &Entity,
    first: &Ready,
) -> Result<Planting<Request>, Fault> {
    let at = entity.made_by.as_ref().and_then(|m| m.at.pointer());
    let (Some(at), Some(own)) = (at, at.and_then(|at| at.get(&first.body).first().copied())) else {
        return Ok(Ok(first.request()));
    };
    let other = match cx.planter().prepare(maker, Wish::default()).await? {
        Ok(other) => other,
        Err(why) => return Ok(Err(why)),
    };
    let mut body = other.body.clone();
    at.set(&mut body, own);
    Ok(Ok(other.with(&body)))
}

/// The tables that an honest request of this kind writes to.
async fn tables(
    cx: &mut LocksCx,
    observer: &Observer,
    maker: &str,
    changes: &Changes,
) -> Result<Result<Vec<crate::probe::catalog::Table>, String>, Fault> {
    let ready = match cx.planter().prepare(maker, Wish::default()).await? {
        Ok(ready) => ready,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let (sent, names) = cx.written(ready.request(), changes).await?;
    if !said_yes(&sent) {
        return Ok(Err(format!(
            "making {} alone answered {}",
            a(maker),
            answer(&sent)
        )));
    }
    let catalog = observer.catalog().await?;
    let mut tables = Vec::new();
    for table in names.iter().filter_map(|name| holder(&catalog, name)) {
        if !tables.contains(table) {
            tables.push(table.clone());
        }
    }
    Ok(Ok(tables))
}

/// More than one thing that came of the requests: what shows them, and how many. None where there is one.
async fn several(
    cx: &mut LocksCx,
    entity: &Entity,
    ready: &Ready,
    rush: &Rush,
) -> Result<Option<(Vec<Exchange>, usize)>, Fault> {
    if entity.find.is_some() {
        let Some(facts) = facts_in(entity, &ready.body) else {
            return Ok(None);
        };
        let found = cx.planter().all_found(&entity.name, &facts).await?;
        return Ok(
            found.and_then(|(seen, items)| (items.len() > 1).then_some((vec![seen], items.len())))
        );
    }
    let place = entity.key_place();
    let key = |e: &&Exchange| -> Option<String> {
        let body = e.json()?;
        Some((*place?.get(&body).first()?).to_string())
    };
    let accepted: Vec<&Exchange> = rush.answers.iter().filter(|e| said_yes(e)).collect();
    let keys: BTreeSet<String> = accepted.iter().filter_map(key).collect();
    if keys.len() < 2 {
        return Ok(None);
    }
    let shown = accepted.into_iter().take(2).cloned().collect();
    Ok(Some((shown, keys.len())))
}

/// The facts of a thing that is a part of a request, where they stand in it.
fn facts_in(entity: &Entity, body: &Value) -> Option<indexmap::IndexMap<String, Value>> {
    let at = entity.made_by.as_ref()?.at.pointer()?;
    let own = *at.get(body).first()?;
    let fact = |(name, fact): (&String, &crate::pack::Fact)| {
        let value = fact.send.as_ref()?.get(own).first().copied()?.clone();
        Some((name.clone(), value))
    };
    Some(entity.facts.iter().filter_map(fact).collect())
}

fn draft(
    cx: &LocksCx,
    entity: &Entity,
    rush: &Rush,
    (shown, count): (Vec<Exchange>, usize),
) -> Draft {
    let name = &entity.name;
    let line = entity.maker().map(|op| cx.line(op)).unwrap_or_default();
    let answers: Vec<String> = rush.answers.iter().map(answer).collect();
    let mut evidence = vec![note(format!(
        "{AT_ONCE} equal requests were sent at once; {} waited for the same table",
        rush.waited
    ))];
    evidence.extend(shown.iter().map(|e| cx.seen("what came of it", e)));
    Draft {
        subject: format!("{name} made at once"),
        touches: vec![line.clone()],
        saw: format!(
            "equal requests at the same moment make {} more than once",
            a(name)
        ),
        expected: format!(
            "one {}, whatever the others are answered",
            name.replace('_', " ")
        ),
        actual: format!("{count} of them, after {}", answers.join(", ")),
        evidence,
        ..Draft::default()
    }
}
