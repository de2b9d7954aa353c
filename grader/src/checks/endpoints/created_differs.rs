use std::collections::BTreeMap;

use super::{hard_coded_answers, reply_breaks_schema};
use crate::check::{Cx, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::OpId;
use crate::probe::plant::{Planted, Shown, Sight, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A thing of each kind is made with values of its own. They are compared with what comes back: in the
    /// reply to its making, when it is read, and in the list. Another spelling of the same value is equal:
    /// an instant in another offset, 5 and 5.0.
    ///
    /// ## Why it matters
    /// Whoever stores something trusts to get it back. A value that is cut, rounded, shifted by an hour or
    /// swapped with its neighbour is worse than an error, because nobody notices.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues {"name": "Paradiso", "capacity": 1500}      201
    /// GET /venues/7      200 {"name": "Paradiso", "capacity": 1500, …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues {"name": "Paradiso", "capacity": 1500}      201
    /// GET /venues/7      200 {"name": "Paradiso", "capacity": 0, …}
    /// ```
    ///
    /// ## How to mend it
    /// Follow the one value from the request body to its column and back: the INSERT's column list, the
    /// column's type, the SELECT, the function that makes the JSON.
    pub static CHECK = {
        id: "endpoints.created-differs",
        summary: "a thing that was made comes back with other values than were sent",
        concept: "representations",
        severity: High,
        needs: [reply_breaks_schema::CHECK, hard_coded_answers::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §9.3.3", "RFC 3339 §5.6"],
        hints: [
            "At which step between the request and the reply does the value change?",
            "What is acknowledged is what is stored, and what is stored is what is shown: no default, no rounding, no other time zone in between.",
            "Print the value on its way in, in the statement's parameters, in the row and in the reply; mend the first place where it differs.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut findings = cx.findings();
    for entity in cx.planter().plantable() {
        let planted = control!(cx.planter().plant(&entity).await?);
        let wrong = control!(wrong(cx, &planted).await?);
        for (fact, sights) in &wrong {
            let Some((_, _, shown)) = sights.first() else {
                continue;
            };
            let subject = format!("{entity}.{fact}");
            let (known, note) = cause(shown).unzip();
            let swapped = || swapped(&entity, fact, &wrong);
            let known = known.flatten().map(str::to_owned).or_else(swapped);
            findings.add(Draft {
                subject: known.unwrap_or(subject),
                touches: sights.iter().map(|(op, _, _)| cx.line(op)).collect(),
                saw: format!("the {fact} of {} comes back as another value", a(&entity)),
                expected: format!("{} as it was sent", shown.sent),
                actual: told(shown),
                note: note.map(str::to_owned),
                evidence: std::iter::once(cx.seen("what was sent", &planted.created))
                    .chain(
                        shows(sights, &planted)
                            .map(|(op, e, _)| cx.seen(format!("what {op} shows"), e)),
                    )
                    .collect(),
                ..Draft::default()
            });
        }
    }
    Ok(findings.verdict())
}

/// The first sight that is not the making itself, whose exchange stands in the finding already.
fn shows<'s>(
    sights: &'s Sights,
    planted: &Planted,
) -> impl Iterator<Item = &'s (OpId, Exchange, Shown)> {
    let made = planted.created.number;
    sights
        .iter()
        .filter(move |(_, e, _)| e.number != made)
        .take(1)
}

/// A friendly second sentence where the two values show the cause, and that cause where it is one however many
/// facts it alters.
fn cause(shown: &Shown) -> Option<(Option<&'static str>, &'static str)> {
    let (sent, got) = (shown.sent.as_str()?, shown.got.as_ref()?.as_str()?);
    if sent.len() > 19 && got.get(..19) == sent.get(..19) && sent.get(10..11) == Some("T") {
        Some((
            Some("the offset of instants"),
            "The clock shows the same time and the offset is gone: convert to UTC instead of dropping it.",
        ))
    } else if got.to_lowercase() == sent.to_lowercase() {
        Some((
            Some("the case of texts"),
            "Only upper and lower case differ: compare without regard to case if you must, and keep what was sent.",
        ))
    } else if !got.is_empty() && sent.starts_with(got) {
        Some((
            None,
            "It is cut off: look at the width of the column and at what shortens it on the way.",
        ))
    } else {
        None
    }
}

/// Two facts that show each other's values are one mistake.
fn swapped(entity: &str, fact: &str, wrong: &BTreeMap<String, Sights>) -> Option<String> {
    let first = |fact: &str| wrong.get(fact)?.first().map(|(_, _, shown)| shown);
    let own = first(fact)?;
    let other = wrong.keys().find(|other| {
        let shows = |a: &Shown, b: &Shown| a.got.as_ref() == Some(&b.sent);
        *other != fact && first(other).is_some_and(|other| shows(own, other) && shows(other, own))
    })?;
    let mut pair = [fact, other.as_str()];
    pair.sort_unstable();
    Some(format!("{entity}: {} change places", pair.join(" and ")))
}

fn told(shown: &Shown) -> String {
    shown
        .got
        .as_ref()
        .map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

type Sights = Vec<(OpId, Exchange, Shown)>;

/// Every fact that some reply shows wrongly, with the operations that do.
async fn wrong(
    cx: &mut Cx,
    planted: &Planted,
) -> Result<Result<BTreeMap<String, Sights>, String>, Fault> {
    let pack = cx.pack();
    let mut wrong: BTreeMap<String, Sights> = BTreeMap::new();
    let Some(entity) = pack.entity(&planted.entity) else {
        return Ok(Ok(wrong));
    };
    let mut judge = |op: &OpId, exchange: &Exchange, shown: Vec<Shown>, absent_counts: bool| {
        for shown in shown
            .into_iter()
            .filter(|s| !s.same && (absent_counts || s.got.is_some()))
        {
            wrong.entry(shown.fact.clone()).or_default().push((
                op.clone(),
                exchange.clone(),
                shown,
            ));
        }
    };
    if let (Some(create), Some(body)) = (&entity.create, planted.created.json()) {
        // A contract may let the reply to a create say less than a read.
        let shown = cx.planter().shown(planted, &body, Sight::Created);
        judge(&create.op, &planted.created, shown, false);
    }
    if let (Some(read), Some(exchange)) = (&entity.read, cx.planter().read(planted).await?) {
        if !said_yes(&exchange) {
            return Ok(Err(format!(
                "{} just made could not be read",
                a(&planted.entity)
            )));
        }
        let shown = cx
            .planter()
            .shown(planted, &exchange.json().unwrap_or_default(), Sight::Read);
        judge(&read.op, &exchange, shown, true);
    }
    if let (Some(list), Some((walk, Some(item)))) =
        (&entity.list, cx.planter().look_for(planted).await?)
        && let Some(page) = walk.pages.last()
    {
        judge(
            &list.op,
            page,
            cx.planter().shown(planted, &item, Sight::Listed),
            false,
        );
    }
    Ok(Ok(wrong))
}
