use serde_json::Value;

use super::{operation_missing, wrong_success_status};
use crate::check::{Cx, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Call;
use crate::probe::plant::{Planted, Shown, Sight, Walk};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Two things of one kind are made with different values, and both are read. Replies that are alike in
    /// every value, although everything sent was different, do not come from what was sent. A list that
    /// never shows what was made, and never changes, counts as well.
    ///
    /// ## Why it matters
    /// A fixed answer is a fine first step: it shows that the route is there. It passes a glance, and no
    /// client can use it.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues/7      200 {"name": "Paradiso", …}
    /// GET /venues/8      200 {"name": "Melkweg", …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues/7      200 {"name": "Example", …}
    /// GET /venues/8      200 {"name": "Example", …}
    /// ```
    ///
    /// ## How to mend it
    /// Replace the example values in the handler with a query for the thing whose id is in the path.
    pub static CHECK = {
        id: "endpoints.hard-coded-answers",
        summary: "the answers do not depend on what was sent",
        concept: "representations",
        severity: Critical,
        needs: [operation_missing::CHECK, wrong_success_status::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §3.2", "RFC 9110 §9.3.1"],
        hints: [
            "If you make two different things and read both, what differs in the two replies?",
            "A representation is made from the state of the one thing that the address names, each time it is asked for.",
            "Look for values that are written in the handler, and read them from the row with the id of the path instead.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut findings = cx.findings();
    for entity in cx.planter().plantable() {
        let first = control!(cx.planter().plant(&entity).await?);
        let before = cx.planter().look_for(&first).await?;
        let second = control!(cx.planter().plant(&entity).await?);
        let create = cx.pack().entity(&entity).and_then(|e| e.create.clone());
        if let Some(call) = create
            && let Some(draft) = alike(
                cx,
                (&call, Sight::Created),
                (&first, &first.created),
                (&second, &second.created),
            )
        {
            findings.add(Draft {
                subject: format!("making {}", a(&entity)),
                ..draft
            });
        }
        let read = cx.pack().entity(&entity).and_then(|e| e.read.clone());
        let reads = (
            cx.planter().read(&first).await?,
            cx.planter().read(&second).await?,
        );
        if let (Some(call), (Some(one), Some(two))) = (read, reads)
            && let Some(draft) = alike(cx, (&call, Sight::Read), (&first, &one), (&second, &two))
        {
            findings.add(Draft {
                subject: format!("reading {}", a(&entity)),
                ..draft
            });
        }
        if let Some((before, None)) = before
            && let Some(draft) = deaf_list(cx, &first, &second, &before).await?
        {
            findings.add(draft);
        }
    }
    Ok(findings.verdict())
}

/// Two replies about two things that show the same values, none of them what was sent.
fn alike(
    cx: &mut Cx,
    (call, sight): (&Call, Sight),
    (first, a): (&Planted, &Exchange),
    (second, b): (&Planted, &Exchange),
) -> Option<Draft> {
    let shown = |cx: &mut Cx, of: &Planted, e: &Exchange| -> Option<Vec<Shown>> {
        let all = cx.planter().marked(of, &e.json()?, sight);
        Some(all.into_iter().filter(|s| s.got.is_some()).collect())
    };
    let (one, two) = (shown(cx, first, a)?, shown(cx, second, b)?);
    let differ = one
        .iter()
        .zip(&two)
        .any(|(x, y)| x.sent != y.sent && (x.got != y.got || x.same || y.same));
    let told = one.iter().zip(&two).any(|(x, y)| x.sent != y.sent);
    if !told || differ {
        return None;
    }
    Some(Draft {
        saw: format!(
            "{} gives the same values for two different things",
            cx.line(&call.op)
        ),
        expected: "each reply shows the values of its own thing".to_owned(),
        actual: "both show the same, and neither what was sent".to_owned(),
        evidence: vec![cx.seen("the first", a), cx.seen("the second", b)],
        ..Draft::default()
    })
}

/// A list that shows neither of two things just made, and is the same before and after the second was made. A
/// list that knows its items by other names than we do changes when something is made; a fixed one does not.
async fn deaf_list(
    cx: &mut Cx,
    first: &Planted,
    second: &Planted,
    before: &Walk,
) -> Result<Option<Draft>, Fault> {
    let Some((after, None)) = cx.planter().look_for(second).await? else {
        return Ok(None);
    };
    let whole = before.complete && after.complete;
    if !whole
        || before.items != after.items
        || holds(cx, first, &after)
        || holds(cx, second, &after)
    {
        return Ok(None);
    }
    let (Some(page), Some(again)) = (before.pages.last(), after.pages.last()) else {
        return Ok(None);
    };
    let kind = &first.entity;
    Ok(Some(Draft {
        subject: format!("listing {kind}"),
        saw: format!("the list never shows {} that was made", a(kind)),
        expected: "the list holds the things that were made".to_owned(),
        actual: format!(
            "{} items, the same each time, none of them made by us",
            after.items.len()
        ),
        evidence: vec![
            cx.seen("the list", page),
            cx.seen("the list after one more was made", again),
        ],
        ..Draft::default()
    }))
}

/// Whether a thing's own values stand anywhere in the items.
fn holds(cx: &mut Cx, of: &Planted, walk: &Walk) -> bool {
    let text = walk
        .items
        .iter()
        .map(Value::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    let texts = cx.planter().own_texts(of);
    texts.into_iter().any(|mark| text.contains(&mark))
}
