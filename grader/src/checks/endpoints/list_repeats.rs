use super::list_leaves_out;
use crate::check::census::{Census, again, census};
use crate::check::{Cx, QuietCx};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::probe::plant::Walk;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A dozen things are made, and their list is read to its end in large and in small pages. No item may
    /// come twice, on one page or on two. Nothing is added or removed meanwhile.
    ///
    /// ## Why it matters
    /// A client that adds up what it reads counts the repeated thing twice, or shows it twice, or sends the
    /// same letter to the same person again.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues?limit=2              200 {"items": [7, 8], "next_cursor": "b"}
    /// GET /venues?limit=2&cursor=b     200 {"items": [9], "next_cursor": null}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues?limit=2              200 {"items": [7, 8], "next_cursor": "b"}
    /// GET /venues?limit=2&cursor=b     200 {"items": [8, 9], "next_cursor": null}
    /// ```
    ///
    /// ## How to mend it
    /// If the cursor names the last item shown, the next page begins after it: `>`, not `>=`. If it counts,
    /// look for an offset that is one too small. If one page repeats an item, look for a join that
    /// multiplies rows.
    pub static CHECK = {
        id: "endpoints.list-repeats",
        summary: "a walk through all pages of a list shows a thing twice",
        concept: "pagination",
        severity: Medium,
        needs: [list_leaves_out::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: ALL,
        refs: ["Zalando RESTful API Guidelines #159", "Zalando RESTful API Guidelines #160"],
        hints: [
            "Which item do you see twice in a walk with small pages: the last one of a page, or any?",
            "A page must begin after the last item of the one before it.",
            "Compare with `>` where the cursor stands for an item that was shown, and count offsets from what was shown, not from what was asked.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let mut findings = cx.findings();
    let mut read = 0;
    for entity in cx.planter().plantable() {
        let Some(census) = control!(census(cx, &entity).await?) else {
            continue;
        };
        read += 1;
        if let Some(control) = census.endless(&entity) {
            return Ok(Verdict::Inconclusive { control });
        }
        let Some(twice) = repeated(&census) else {
            continue;
        };
        // On a service that others use, something may have moved between two pages.
        let second = again(cx, &census).await?;
        if second.is_some_and(|census| repeated(&census).is_some()) {
            findings.extend(draft(cx, &census, &twice));
        }
    }
    if read == 0 {
        let why = "this contract has no list in which a thing can be told".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// Where one of our things stands twice.
struct Twice<'c> {
    walk: &'c Walk,
    at: [usize; 2],
}

/// The first of our things that a walk shows twice, the same to the last property. Two items with one key that differ
/// otherwise may be things of different parents.
fn repeated(census: &Census) -> Option<Twice<'_>> {
    census.walks().find_map(|walk| {
        census.things.iter().find_map(|(_, signs)| {
            let mut at = (0..walk.items.len()).filter(|i| signs.are_on(&walk.items[*i]));
            let first = at.next()?;
            let second = at.find(|i| walk.items[*i] == walk.items[first])?;
            Some(Twice {
                walk,
                at: [first, second],
            })
        })
    })
}

fn draft(cx: &Cx, census: &Census, twice: &Twice<'_>) -> Option<Draft> {
    let (thing, _) = census.things.first()?;
    let pack = cx.pack();
    let call = pack.entity(&thing.entity)?.list.as_ref()?;
    let on = twice.at.map(|at| twice.walk.on[at]);
    let pages: Vec<&Exchange> = twice
        .at
        .iter()
        .filter_map(|at| twice.walk.page_of(*at))
        .collect();
    let actual = if on[0] == on[1] {
        "one page shows a thing twice".to_owned()
    } else {
        format!(
            "a thing stands on page {} and again on page {}",
            on[0] + 1,
            on[1] + 1
        )
    };
    let mut evidence = vec![cx.seen("where it stands first", pages.first()?)];
    if on[0] != on[1] {
        evidence.push(cx.seen("where it stands again", pages.last()?));
    }
    Some(Draft {
        subject: call.op.to_string(),
        saw: format!("a walk through {} shows a thing twice", cx.line(&call.op)),
        expected: "each thing on one page, once".to_owned(),
        actual,
        evidence,
        ..Draft::default()
    })
}
