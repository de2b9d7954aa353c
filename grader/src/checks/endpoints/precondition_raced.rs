use serde_json::Value;

use super::precondition_ignored::{self, is_conditional, shows_tags, tag};
use crate::check::honest::manner;
use crate::check::rush::{Rush, tables};
use crate::check::{LocksCx, a, note};
use crate::model::{Draft, Exchange, Fault, Manner, Verdict};
use crate::pack::{Entity, Operation};
use crate::probe::Request;
use crate::probe::catalog::Table;
use crate::probe::plant::{Planted, answer, said_yes};
use crate::probe::sql::Observer;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Two changes of one thing at once, both with the `If-Match` of the state before, where the contract knows it. They
    /// are held where they write, so that both have looked before either has written, and let go together. One of
    /// them may be made; the other must be refused. Two changes of two things at once are both made.
    ///
    /// ## Why it matters
    /// Between the comparison and the write somebody else writes. With one user at a time the condition looks right,
    /// and with two it loses what it was made to keep.
    ///
    /// ## Passes
    /// ```text
    /// PUT /depots/7 If-Match: "3" {…} ×2      204, 412
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PUT /depots/7 If-Match: "3" {…} ×2      204, 204
    /// ```
    ///
    /// ## How to mend it
    /// Let the statement that writes compare: `UPDATE … WHERE id = $1 AND version = $2`, and look whether a row was
    /// changed. Where the comparison stands in your code, take the row with `SELECT … FOR UPDATE` first.
    pub static CHECK = {
        id: "endpoints.precondition-raced",
        summary: "of two changes at once that are meant for one state, both are made",
        concept: "methods",
        severity: High,
        needs: [precondition_ignored::CHECK],
        world: Main,
        alone: Locks,
        runtimes: RAISED,
        refs: ["RFC 9110 §13.1.1", "RFC 9110 §13.2.1", "RFC 9110 §15.5.13", "ASVS v5.0.0-15.4.2"],
        hints: [
            "Two requests compare the tag at the same moment. What does each of them see?",
            "Comparing and writing must be one step to everybody else.",
            "Put the version that the client named into the WHERE of the UPDATE; no row changed means 412.",
        ],
        run,
    }
}

async fn run(cx: &mut LocksCx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let (mut judged, mut most) = (0, 0);
    for name in cx.planter().plantable() {
        let conditional = pack
            .entity(&name)
            .filter(|e| shows_tags(cx, e))
            .and_then(|e| Some((e, pack.op(&e.update.as_ref()?.call.op)?)))
            .filter(|(_, operation)| is_conditional(operation));
        let Some((entity, operation)) = conditional else {
            continue;
        };
        let Some(observer) = cx.observer().await? else {
            continue;
        };
        for table in control!(written(cx, &observer, entity).await?) {
            let Some(both) = control!(changes(cx, entity, true).await?) else {
                continue;
            };
            let Some(rush) = cx.rush(&table, both.requests).await? else {
                let control = format!("somebody holds `{table}` and does not let go");
                return Ok(Verdict::Inconclusive { control });
            };
            judged += 1;
            most = most.max(rush.waited);
            let found = judge(cx, operation, &both.of, &rush).await?;
            if found.is_some() {
                findings.extend(found);
                break;
            }
            if !rush.answers.iter().any(said_yes) {
                let said: Vec<String> = rush.answers.iter().map(answer).collect();
                let control = format!("neither of two was made: {}", said.join(", "));
                return Ok(Verdict::Inconclusive { control });
            }
            // C+: two changes of two things do not stand in each other's way.
            let Some(apart) = control!(changes(cx, entity, false).await?) else {
                continue;
            };
            let rush = cx.rush(&table, apart.requests).await?;
            let answers = rush.map(|r| r.answers).unwrap_or_default();
            if let Some(no) = answers.iter().find(|e| !said_yes(e)) {
                let (name, said) = (a(&name), answer(no));
                let control =
                    format!("of two at once that change {name} each, one answered {said}");
                return Ok(Verdict::Inconclusive { control });
            }
        }
    }
    if judged == 0 {
        let why = "this contract knows no conditional changes that reach the database".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    if findings.is_empty() && most < 2 {
        let control = "the requests did not meet: never did two of them wait at once".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    Ok(findings.verdict())
}

/// The tables that a conditional change of such a thing writes to.
async fn written(
    cx: &mut LocksCx,
    observer: &Observer,
    entity: &Entity,
) -> Result<Result<Vec<Table>, String>, Fault> {
    let one = match changes(cx, entity, false).await? {
        Ok(one) => one.and_then(|one| one.requests.into_iter().next()),
        Err(why) => return Ok(Err(why)),
    };
    let Some(request) = one else {
        return Ok(Ok(Vec::new()));
    };
    let window = match cx.changes().await? {
        Ok(window) => window,
        Err(why) => return Ok(Err(why.to_owned())),
    };
    let written = cx.written(request, &window).await;
    window.close().await?;
    let (sent, names) = written?;
    if !said_yes(&sent) {
        let (name, said) = (a(&entity.name), answer(&sent));
        return Ok(Err(format!(
            "a change of {name} with the ETag of now answered {said}"
        )));
    }
    Ok(Ok(tables(observer, &names).await?))
}

/// Two changes that were not sent yet, each meant for the state of now.
struct Both {
    /// What the first is about.
    of: Planted,
    requests: Vec<Request>,
}

/// Two changes of one thing, or of one thing each; none where such a thing has nothing that can be changed.
async fn changes(
    cx: &mut LocksCx,
    entity: &Entity,
    same: bool,
) -> Result<Result<Option<Both>, String>, Fault> {
    let mut things: Vec<Planted> = Vec::new();
    let mut requests = Vec::new();
    let mut given: Vec<Value> = Vec::new();
    for n in 0..2 {
        if things.is_empty() || !same {
            match cx.planter().plant(&entity.name).await? {
                Ok(planted) => things.push(planted),
                Err(why) => return Ok(Err(why.to_string())),
            }
        }
        let Some(of) = things.last().cloned() else {
            return Ok(Ok(None));
        };
        let now = match tag(cx, &of).await? {
            Ok(now) => now,
            Err(why) => return Ok(Err(why)),
        };
        let names = cx.planter().changeable(&of);
        let new = names.into_iter().find_map(|name| {
            let value = cx.planter().another(&of, &name)?;
            (!given.contains(&value)).then_some((name, value))
        });
        let Some((fact, value)) = new else {
            return Ok(Ok(None));
        };
        let change = (fact.as_str(), &value);
        let request = cx.planter().prepare_change_from(&of, change, &now).await?;
        let Some(request) = request else {
            return Ok(Ok(None));
        };
        requests.push(request.at(&cx.replica(n)));
        given.push(value);
    }
    let first = things.into_iter().next();
    Ok(Ok(first.map(|of| Both { of, requests })))
}

/// Both made, or the one that lost told of it as of a mistake of the service.
async fn judge(
    cx: &mut LocksCx,
    operation: &Operation,
    of: &Planted,
    rush: &Rush,
) -> Result<Option<Draft>, Fault> {
    let both = rush.answers.iter().all(said_yes);
    // Whoever is told to come again later was told the truth.
    let broken = |e: &&Exchange| {
        !said_yes(e) && e.status() != Some(503) && !matches!(manner(e), Manner::Wrong)
    };
    let broke = rush.answers.iter().find(broken);
    if !both && broke.is_none() {
        return Ok(None);
    }
    let line = operation.line();
    let said: Vec<String> = rush.answers.iter().map(answer).collect();
    let mut evidence = vec![note(format!(
        "two changes of one thing at once, both with its ETag of before; {} of them waited for the same table",
        rush.waited
    ))];
    evidence.extend(rush.answers.iter().map(|e| cx.seen("one of the two", e)));
    let after = cx.planter().read(of).await?;
    evidence.extend(after.map(|e| cx.seen("what is there afterwards", &e)));
    Ok(Some(Draft {
        subject: "two changes of one state at once".to_owned(),
        touches: vec![line.clone()],
        saw: match both {
            true => format!("two {line} at once with the same If-Match are both made"),
            false => format!("of two {line} at once with the same If-Match one breaks the service"),
        },
        expected: "one made, the other 412".to_owned(),
        actual: said.join(", "),
        manner: broke.map_or(Manner::Wrong, manner),
        evidence,
        ..Draft::default()
    }))
}
