use indexmap::IndexMap;
use serde_json::Value;
use std::sync::Arc;

use crate::check;
use crate::check::retold::leaves;
use crate::check::{Cx, Findings, a};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{CopyPolicy, CopyRule};
use crate::probe::plant::{NotPlanted, Planted, Planting, answer, said_yes};

check! {
    /// ## What it looks at
    /// Something takes over a fact at a moment, and the project says that it keeps it: an order line the price of its
    /// ticket. The original is changed. What was made before must still show the old value, with every sum that it
    /// showed, and what is made afterwards the new one.
    ///
    /// ## Why it matters
    /// A price at which somebody bought is another fact than the price of today. Whoever keeps only the second one
    /// rewrites every bill with the next sale.
    ///
    /// ## Passes
    /// ```text
    /// POST /orders       201 {"items": [{"unit_price_cents": 4550, …}], …}
    /// PATCH /ticket-types/5 {"price_cents": 4900}      200
    /// GET /orders/41     200 {"items": [{"unit_price_cents": 4550, …}], …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /orders/41     200 {"items": [{"unit_price_cents": 4900, …}], …}
    /// ```
    ///
    /// ## How to mend it
    /// Give the line a column of its own for the price, fill it in the same transaction that makes the line, and sum
    /// over that column.
    pub static CHECK = {
        id: "schema.snapshot-not-frozen",
        summary: "what was taken over at a moment changes with its original",
        concept: "historic-facts",
        severity: Critical,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["Snodgrass 1999, Developing time-oriented database applications in SQL, §1"],
        hints: [
            "A price goes up tomorrow. What does the bill of yesterday show, and from which column?",
            "The value at a moment and the value of today are two facts, even when they are equal today.",
            "Copy the value into the row that records the moment, and never join today's value where the moment is told.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut judged = 0;
    for rule in pack
        .copies
        .iter()
        .filter(|r| r.policy == CopyPolicy::Snapshot)
    {
        match asked(cx, rule, &mut findings).await? {
            Ok(Some(())) => judged += 1,
            Ok(None) => {}
            Err(why) => {
                return Ok(Verdict::Inconclusive {
                    control: why.to_string(),
                });
            }
        }
    }
    if judged == 0 {
        let why = "the project says of nothing that it is kept as it was".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// The names of the copied fact and the original.
struct Names<'r> {
    holder: &'r str,
    copy: &'r str,
    kind: &'r str,
    fact: &'r str,
    /// Which of the holder's parents the original is.
    role: String,
    /// Under which name replies show the copy.
    shown: String,
}

fn names<'r>(cx: &Cx, rule: &'r CopyRule) -> Option<Names<'r>> {
    let pack = cx.pack();
    let (copy, fact) = (rule.copy.fact.as_deref()?, rule.of.fact.as_deref()?);
    let holder = pack.entity(&rule.copy.of)?;
    let mut parents = holder.parents.iter();
    let (role, _) = parents.find(|(_, p)| p.entity == rule.of.of)?;
    let shown = holder
        .facts
        .get(copy)?
        .created
        .as_ref()?
        .pointer()?
        .last()?;
    Some(Names {
        holder: &rule.copy.of,
        copy,
        kind: &rule.of.of,
        fact,
        role: role.clone(),
        shown: shown.to_owned(),
    })
}

/// One rule. None where the API gives no way to ask it.
async fn asked(
    cx: &mut Cx,
    rule: &CopyRule,
    findings: &mut Findings,
) -> Result<Planting<Option<()>>, Fault> {
    let Some(names) = names(cx, rule) else {
        return Ok(Ok(None));
    };
    let original = match cx.planter().plant(names.kind).await? {
        Ok(original) => Arc::new(original),
        Err(why) => return Ok(Err(why)),
    };
    let (Some(old), Some(new)) = (
        original.facts.get(names.fact).cloned(),
        far_from(cx, &original, names.fact),
    ) else {
        return Ok(Ok(None));
    };
    let empty = around(cx, &original).await?;
    let first = match several(cx, &names, &original).await? {
        Ok(first) => first,
        Err(why) => return Ok(Err(why)),
    };
    let Some(before) = whole(cx, &first).await? else {
        return Ok(Ok(None));
    };
    let full = around(cx, &original).await?;
    let shows = |e: &Exchange, value: &Value| -> Vec<String> {
        let all = e.json().map(|b| leaves(&b)).unwrap_or_default();
        let named = all
            .into_iter()
            .filter(|(at, v)| is_named(at, &names.shown) && v == value);
        named.map(|(at, _)| at).collect()
    };
    let places = shows(&before, &old);
    // C+: what was just taken over is shown. That it is shown rightly, other checks say.
    if places.is_empty() {
        let why = format!(
            "{} does not show the {} it took over",
            a(names.holder),
            names.copy
        );
        return Ok(Err(NotPlanted::NoWay(why)));
    }
    let changed = cx.planter().change_to(&original, names.fact, &new).await?;
    let Some(change) = changed.map(|c| c.exchange).filter(said_yes) else {
        return Ok(Ok(None));
    };
    let Some(after) = whole(cx, &first).await? else {
        return Ok(Ok(None));
    };
    let subject = format!("{}.{}", names.holder, names.copy);
    let about = |saw: String, actual: String, seen: Vec<_>| Draft {
        subject: subject.clone(),
        saw,
        expected: format!("{old}, as it was when it was made"),
        actual,
        evidence: seen,
        ..Draft::default()
    };
    let is = after.json().map(|b| leaves(&b)).unwrap_or_default();
    let moved = places.iter().find(|at| is.get(*at) != Some(&old));
    let evidence = |cx: &Cx, last: &Exchange| {
        vec![
            cx.seen("before the original was changed", &before),
            cx.seen("the change of the original", &change),
            cx.seen("afterwards", last),
        ]
    };
    if !said_yes(&after) || moved.is_some() {
        let saw = format!(
            "the {} of {} changed with its original",
            names.copy,
            a(names.holder)
        );
        let got = moved.and_then(|at| is.get(at)).map(Value::to_string);
        findings.add(about(
            saw,
            got.unwrap_or_else(|| answer(&after)),
            evidence(cx, &after),
        ));
        return Ok(Ok(Some(())));
    }
    let steps = steps(&first, &old, &new);
    if let Some((at, value)) = follows(&before, &after, (&old, &new), &steps) {
        let saw = format!(
            "a sum over the {} of {} changed with the original",
            names.copy,
            a(names.holder)
        );
        findings.add(about(
            saw,
            format!("{at} is {value} now"),
            evidence(cx, &after),
        ));
        return Ok(Ok(Some(())));
    }
    let later = around(cx, &original).await?;
    for view in &later {
        let like = |all: &[Exchange]| all.iter().find(|e| e.sent.path == view.sent.path).cloned();
        let (Some(none), Some(was)) = (like(&empty), like(&full)) else {
            continue;
        };
        // It counts what was made, and with today's value.
        if let Some((at, value)) = follows(&was, view, (&old, &new), &steps)
            && none
                .json()
                .is_some_and(|b| leaves(&b).get(&at) != leaves_of(&was).get(&at))
        {
            let saw = format!(
                "a report counts {} with the {} of today",
                a(names.holder),
                names.fact
            );
            let seen = vec![
                cx.seen("the report before", &was),
                cx.seen("the change of the original", &change),
                cx.seen("the report afterwards", view),
            ];
            findings.add(about(saw, format!("{at} is {value} now"), seen));
            return Ok(Ok(Some(())));
        }
    }
    let second = match made(cx, &names, &original).await? {
        Ok(second) => second,
        Err(why) => return Ok(Err(why)),
    };
    if let Some(fresh) = whole(cx, &second).await?
        && said_yes(&fresh)
        && shows(&fresh, &new).is_empty()
    {
        let saw = format!(
            "a new {} does not take over the {} of today",
            names.holder, names.fact
        );
        findings.add(Draft {
            expected: new.to_string(),
            ..about(saw, "another value".to_owned(), evidence(cx, &fresh))
        });
    }
    Ok(Ok(Some(())))
}

fn leaves_of(exchange: &Exchange) -> std::collections::BTreeMap<String, Value> {
    exchange.json().map(|b| leaves(&b)).unwrap_or_default()
}

fn is_named(place: &str, name: &str) -> bool {
    place.rsplit('/').next() == Some(name)
}

/// Another value for the fact; a number so far from the old one that no sum moves by the difference by chance.
fn far_from(cx: &mut Cx, of: &Planted, fact: &str) -> Option<Value> {
    let old = of.facts.get(fact)?.clone();
    let far = |new: &Value| match (old.as_f64(), new.as_f64()) {
        (Some(old), Some(new)) => (old - new).abs() >= 100.0,
        _ => true,
    };
    (0..20).find_map(|_| cx.planter().another(of, fact).filter(far))
}

/// One that takes the fact over from this original.
async fn made(cx: &mut Cx, names: &Names<'_>, of: &Arc<Planted>) -> Result<Planting, Fault> {
    let parents = IndexMap::from([(names.role.clone(), Arc::clone(of))]);
    cx.planter().plant_under(names.holder, parents).await
}

/// One of which there is more than one piece, so that a sum over it is not the value itself.
async fn several(cx: &mut Cx, names: &Names<'_>, of: &Arc<Planted>) -> Result<Planting, Fault> {
    let mut one = made(cx, names, of).await?;
    for _ in 0..4 {
        let is_one = |v: &Value| v.as_f64() == Some(1.0);
        match &one {
            Ok(thing) if thing.facts.values().any(is_one) => one = made(cx, names, of).await?,
            _ => break,
        }
    }
    Ok(one)
}

/// The read that shows a thing: its own, or that of what it is a part of.
async fn whole(cx: &mut Cx, of: &Planted) -> Result<Option<Exchange>, Fault> {
    let pack = cx.pack();
    let reads = |p: &Planted| pack.entity(&p.entity).is_some_and(|e| e.read.is_some());
    if reads(of) {
        return cx.planter().read(of).await;
    }
    let together = |p: &&Arc<Planted>| p.created.number == of.created.number && reads(p);
    match of.parents.values().find(together).cloned() {
        Some(whole) => cx.planter().read(&whole).await,
        None => Ok(None),
    }
}

/// What is told under the addresses of everything that the original belongs to.
async fn around(cx: &mut Cx, of: &Arc<Planted>) -> Result<Vec<Exchange>, Fault> {
    let (mut seen, mut todo) = (Vec::new(), vec![Arc::clone(of)]);
    while let Some(thing) = todo.pop() {
        for call in cx.planter().views(&thing) {
            let asked = cx.planter().ask(&thing, &call, thing.key.as_ref(), None);
            seen.extend(asked.await?.filter(said_yes));
        }
        todo.extend(thing.parents.values().cloned());
    }
    Ok(seen)
}

/// By how much a sum moves that follows the original: by the difference, so often as the thing says how many.
fn steps(of: &Planted, old: &Value, new: &Value) -> Vec<f64> {
    let (Some(old), Some(new)) = (old.as_f64(), new.as_f64()) else {
        return Vec::new();
    };
    let counts = of.facts.values().filter_map(Value::as_f64).chain([1.0]);
    counts.map(|n| n * (new - old)).collect()
}

/// A number that moved by one of these steps, where it stands and what it is now.
fn follows(
    before: &Exchange,
    after: &Exchange,
    ends: (&Value, &Value),
    steps: &[f64],
) -> Option<(String, Value)> {
    let was = leaves_of(before);
    let mut is = leaves_of(after).into_iter();
    let (old, new) = ends;
    is.find(|(at, value)| {
        // Today's value itself may be told beside the other one.
        if (was.get(at), value) == (Some(old), new) {
            return false;
        }
        let moved = value.as_f64().zip(was.get(at).and_then(Value::as_f64));
        moved.is_some_and(|(is, was)| steps.iter().any(|s| (is - was - s).abs() < 0.005))
    })
}
