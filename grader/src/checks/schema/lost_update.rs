use serde_json::Value;

use crate::check::rush::{Rush, tables};
use crate::check::stock::Stock;
use crate::check::{Findings, LocksCx, a, note};
use crate::checks::endpoints::patch_ignored;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Entity, Manner};
use crate::probe::plant::{Planted, Sight, answer, said_yes};
use crate::probe::sql::Observer;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Five requests at once each take one of something of which there are three, at two copies of the service. They
    /// are held where they write, once for each table that such a request writes to, and let go together; then more
    /// is taken, one after the other, until the service says no. Never may more be taken than there was. And two
    /// properties of one thing are changed at once: afterwards both must be what they were changed to.
    ///
    /// ## Why it matters
    /// Whoever reads a number, computes with it and writes the result takes back what somebody else wrote in between.
    /// The hall then has more guests than seats, and the log shows nothing but successes.
    ///
    /// ## Passes
    /// ```text
    /// POST /orders ×5, one ticket each, three left      201, 201, 201, 409, 409
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /orders ×5, one ticket each, three left      201, 201, 201, 201, 201
    /// ```
    ///
    /// ## How to mend it
    /// Let the database count: `UPDATE … SET left = left - 1 WHERE left > 0` and look whether a row was changed, or take
    /// the row with `SELECT … FOR UPDATE` before you look. In an update name the columns that were sent and no others.
    pub static CHECK = {
        id: "schema.lost-update",
        summary: "of changes at the same moment some are lost, though all were acknowledged",
        concept: "transactions",
        severity: Critical,
        needs: [patch_ignored::CHECK],
        world: Replicas,
        alone: Locks,
        runtimes: RAISED,
        refs: ["Berenson et al., A critique of ANSI SQL isolation levels, SIGMOD 1995", "Warszawski & Bailis, ACIDRain, SIGMOD 2017"],
        hints: [
            "One ticket is left and two requests read that at the same moment. What does each of them do next?",
            "Between a read and a write that depends on it nobody else may write: lock, or let one statement do both.",
            "Find the SELECT whose result decides about a later INSERT or UPDATE, and lock the row it read with FOR UPDATE, in the same transaction.",
        ],
        run,
    }
}

/// So many want one each, and there are only so many.
const WANTING: usize = 5;
const THERE: u64 = 3;

async fn run(cx: &mut LocksCx) -> Result<Verdict, Fault> {
    let Some(observer) = cx.observer().await? else {
        let why = "there is no database to look at".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut met = Met::default();
    for limited in &pack.limited {
        if let Some(stock) = Stock::of(&pack, limited) {
            control!(oversold(cx, &observer, &stock, &mut met, &mut findings).await?);
        }
    }
    for entity in pack.entities.values() {
        let merges = entity
            .update
            .as_ref()
            .is_some_and(|u| u.manner == Manner::Merge);
        if merges && entity.read.is_some() {
            control!(overwritten(cx, &observer, entity, &mut met, &mut findings).await?);
        }
    }
    if met.judged == 0 {
        let why = "nothing here can be changed by two at once".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    if findings.is_empty() && met.most < 2 {
        let control = "the requests did not meet: never did two of them wait at once".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    Ok(findings.verdict())
}

/// How often requests were let go together, and how many waited at most.
#[derive(Default)]
struct Met {
    judged: usize,
    most: i64,
}

/// Takes more than there is, at once.
async fn oversold(
    cx: &mut LocksCx,
    observer: &Observer,
    stock: &Stock<'_>,
    met: &mut Met,
    findings: &mut Findings,
) -> Result<Result<(), String>, Fault> {
    macro_rules! given {
        ($made:expr) => {
            match $made {
                Ok(made) => made,
                Err(why) => return Ok(Err(why.to_string())),
            }
        };
    }
    let Some(thing) = given!(stock.open(cx, THERE).await?) else {
        return Ok(Ok(()));
    };
    let Some((_, honest)) = given!(stock.one(cx, &thing).await?) else {
        return Ok(Ok(()));
    };
    let changes = given!(cx.changes().await?);
    let written = cx.written(honest, &changes).await;
    changes.close().await?;
    let (sent, names) = written?;
    if !said_yes(&sent) {
        return Ok(Err(format!("taking one alone answered {}", answer(&sent))));
    }
    for table in tables(observer, &names).await? {
        let Some(thing) = given!(stock.open(cx, THERE).await?) else {
            return Ok(Ok(()));
        };
        let mut requests = Vec::new();
        for n in 0..WANTING {
            let Some((ready, request)) = given!(stock.one(cx, &thing).await?) else {
                return Ok(Ok(()));
            };
            drop(ready);
            requests.push(request.at(&cx.replica(n)));
        }
        let Some(rush) = cx.rush(&table, requests).await? else {
            return Ok(Err(format!("somebody holds `{table}` and does not let go")));
        };
        met.most = met.most.max(rush.waited);
        let mut taken = rush.answers.iter().filter(|e| said_yes(e)).count() as u64;
        // Then one after the other: a count that was lost shows itself here.
        let mut last = None;
        while taken <= THERE {
            let Some((_, request)) = given!(stock.one(cx, &thing).await?) else {
                break;
            };
            let sent = request.send().await?;
            if !said_yes(&sent) {
                break;
            }
            taken += 1;
            last = Some(sent);
        }
        if taken == 0 {
            return Ok(Err(
                "nothing could be taken after the requests had met".to_owned()
            ));
        }
        met.judged += 1;
        if taken > THERE {
            findings.add(sold(cx, stock, &rush, taken, last.as_ref()));
            return Ok(Ok(()));
        }
    }
    Ok(Ok(()))
}

fn sold(
    cx: &LocksCx,
    stock: &Stock<'_>,
    rush: &Rush,
    taken: u64,
    last: Option<&Exchange>,
) -> Draft {
    let kind = stock.kind.replace('_', " ");
    let answers: Vec<String> = rush.answers.iter().map(answer).collect();
    let mut evidence = vec![note(format!(
        "{WANTING} requests at once, {} of them waited for the same table: {}",
        rush.waited,
        answers.join(", ")
    ))];
    let yes = rush.answers.iter().filter(|e| said_yes(e)).take(2);
    evidence.extend(yes.map(|e| cx.seen("one of those that were acknowledged", e)));
    evidence.extend(last.map(|e| cx.seen("one more, after all others", e)));
    let line = stock.taker.maker().map(|op| cx.line(op));
    Draft {
        subject: format!("{} of {}", stock.counts, stock.kind),
        touches: line.into_iter().collect(),
        saw: format!("more of {} is taken than there is", a(&kind)),
        expected: format!("at most {THERE}, the {} that it was made with", stock.limit),
        actual: format!("at least {taken} were acknowledged"),
        evidence,
        ..Draft::default()
    }
}

/// Changes two facts of one thing at once.
async fn overwritten(
    cx: &mut LocksCx,
    observer: &Observer,
    entity: &Entity,
    met: &mut Met,
    findings: &mut Findings,
) -> Result<Result<(), String>, Fault> {
    let Ok(first) = cx.planter().plant(&entity.name).await? else {
        return Ok(Ok(()));
    };
    let Some((fact, value)) = changes(cx, &first).into_iter().next() else {
        return Ok(Ok(()));
    };
    let Some(request) = cx.planter().prepare_change(&first, &fact, &value).await? else {
        return Ok(Ok(()));
    };
    let window = match cx.changes().await? {
        Ok(window) => window,
        Err(why) => return Ok(Err(why.to_owned())),
    };
    let written = cx.written(request, &window).await;
    window.close().await?;
    let (_, names) = written?;
    for table in tables(observer, &names).await? {
        let Ok(thing) = cx.planter().plant(&entity.name).await? else {
            return Ok(Ok(()));
        };
        let mut both = changes(cx, &thing);
        both.truncate(2);
        let mut requests = Vec::new();
        for (n, (fact, value)) in both.iter().enumerate() {
            let request = cx.planter().prepare_change(&thing, fact, value).await?;
            requests.extend(request.map(|r| r.at(&cx.replica(n))));
        }
        if requests.len() < 2 {
            return Ok(Ok(()));
        }
        let Some(rush) = cx.rush(&table, requests).await? else {
            return Ok(Err(format!("somebody holds `{table}` and does not let go")));
        };
        met.most = met.most.max(rush.waited);
        met.judged += 1;
        if let Some(draft) = gone(cx, &thing, &both, &rush).await? {
            findings.add(draft);
            return Ok(Ok(()));
        }
    }
    Ok(Ok(()))
}

/// New values for the facts of a thing that can be changed.
fn changes(cx: &mut LocksCx, of: &Planted) -> Vec<(String, Value)> {
    let names = cx.planter().changeable(of);
    let new = |name: String| {
        let value = cx.planter().another(of, &name)?;
        Some((name, value))
    };
    names.into_iter().filter_map(new).collect()
}

/// A change that was acknowledged and is not there.
async fn gone(
    cx: &mut LocksCx,
    of: &Planted,
    both: &[(String, Value)],
    rush: &Rush,
) -> Result<Option<Draft>, Fault> {
    let mut now = of.clone();
    let accepted = both.iter().zip(&rush.answers).filter(|(_, e)| said_yes(e));
    let accepted: Vec<_> = accepted.collect();
    for ((fact, value), _) in &accepted {
        now.facts.insert(fact.clone(), value.clone());
    }
    let Some(read) = cx.planter().read(of).await?.filter(said_yes) else {
        return Ok(None);
    };
    let body = read.json().unwrap_or_default();
    let shown = cx.planter().shown(&now, &body, Sight::Read);
    let lost = accepted
        .iter()
        .find(|((fact, _), _)| shown.iter().any(|s| s.fact == *fact && !s.same));
    let Some(((fact, value), _)) = lost else {
        return Ok(None);
    };
    let pack = cx.pack();
    let update = pack.entity(&of.entity).and_then(|e| e.update.as_ref());
    let line = update.map(|u| cx.line(&u.call.op));
    let got = shown
        .iter()
        .find(|s| s.fact == *fact)
        .and_then(|s| s.got.clone());
    let mut evidence = vec![note(format!(
        "two properties were changed at once; {} of the two requests waited for the same table",
        rush.waited
    ))];
    evidence.extend(rush.answers.iter().map(|e| cx.seen("one of the two", e)));
    evidence.push(cx.seen("afterwards", &read));
    Ok(Some(Draft {
        subject: format!("two changes of {} at once", a(&of.entity)),
        touches: line.into_iter().collect(),
        saw: format!("of two changes of {} at once one is lost", a(&of.entity)),
        expected: format!("the {fact} is {value}, and the other one is new too"),
        actual: got.map_or("nothing".to_owned(), |g| g.to_string()),
        evidence,
        ..Draft::default()
    }))
}
