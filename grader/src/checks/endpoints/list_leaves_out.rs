use std::collections::BTreeSet;

use super::{hard_coded_answers, operation_missing, reply_breaks_schema};
use crate::check::census::{Census, again, broken_off, census, keys};
use crate::check::honest::manner;
use crate::check::{Cx, QuietCx, a};
use crate::model::{Draft, Fault, Verdict};
use crate::probe::plant::{Walk, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A dozen things are made. Then their list is read to its end, twice: in the largest pages that the
    /// contract allows, and in small ones. Both walks must show all that was made, and the small pages
    /// together must show all that the large ones show. Nothing is added or removed meanwhile.
    ///
    /// ## Why it matters
    /// A client that walks through all pages believes that it has seen everything. What falls between two
    /// pages is not billed, not exported, not deleted, and nobody gets an error.
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
    /// GET /venues?limit=2&cursor=b     200 {"items": [10], "next_cursor": null}
    /// ```
    ///
    /// ## How to mend it
    /// Write the cursor from the last item that is shown, not from the first that is not. Go on with `>` if
    /// you do, with `>=` if you keep the first of the next page. Say that there is more as long as there is:
    /// ask the database for one row more than the page holds.
    pub static CHECK = {
        id: "endpoints.list-leaves-out",
        summary: "a walk through all pages of a list does not show all that is there",
        concept: "pagination",
        severity: Medium,
        needs: [operation_missing::CHECK, reply_breaks_schema::CHECK, hard_coded_answers::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: ALL,
        refs: ["Zalando RESTful API Guidelines #159", "Zalando RESTful API Guidelines #160"],
        hints: [
            "Write down the ids on each page of a walk with small pages: which one is missing, and where should it stand?",
            "A page must begin exactly where the one before it ended, and the list must not end before the last page.",
            "Look at the comparison that the cursor becomes (`>` or `>=`), at which row the cursor is written from, and at when `next` is left empty.",
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
        let Some(first) = missing(cx, &census) else {
            continue;
        };
        // On a service that others use, something may have moved between the two walks.
        let second = again(cx, &census).await?;
        if second.is_none_or(|census| missing(cx, &census).is_none()) {
            continue;
        }
        // C+: what the list does not show is there.
        for thing in &first.made {
            let (thing, _) = &census.things[*thing];
            if cx
                .planter()
                .read(thing)
                .await?
                .is_some_and(|e| !said_yes(&e))
            {
                let control = format!("{} just made could not be read", a(&entity));
                return Ok(Verdict::Inconclusive { control });
            }
        }
        findings.extend(draft(cx, &census, &first));
    }
    if read == 0 {
        let why = "this contract has no list in which a thing can be told".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// What a walk does not show.
struct Missing<'c> {
    walk: &'c Walk,
    /// Places in [`Census::things`].
    made: Vec<usize>,
    /// The keys of other things that the large pages show.
    others: BTreeSet<String>,
}

fn missing<'c>(cx: &mut Cx, census: &'c Census) -> Option<Missing<'c>> {
    for walk in census.walks() {
        let shown = |i: &usize| {
            let (_, signs) = &census.things[*i];
            walk.items.iter().any(|item| signs.are_on(item))
        };
        let made: Vec<usize> = (0..census.things.len()).filter(|i| !shown(i)).collect();
        let (like, _) = census.things.first()?;
        let (all, own) = (keys(cx, like, &census.large), keys(cx, like, walk));
        let others: BTreeSet<String> = all.into_keys().filter(|k| !own.contains_key(k)).collect();
        if !made.is_empty() || !others.is_empty() {
            return Some(Missing { walk, made, others });
        }
    }
    None
}

fn draft(cx: &Cx, census: &Census, missing: &Missing<'_>) -> Option<Draft> {
    let (thing, _) = census.things.first()?;
    let pack = cx.pack();
    let call = pack.entity(&thing.entity)?.list.as_ref()?;
    let walk = missing.walk;
    let mut draft = Draft {
        subject: call.op.to_string(),
        saw: format!(
            "a walk through {} does not show all that is there",
            cx.line(&call.op)
        ),
        expected: "each thing on one of the pages".to_owned(),
        ..Draft::default()
    };
    if let Some(page) = broken_off(walk) {
        draft.actual = format!("page {} answers {}", walk.pages.len(), answer(page));
        draft.manner = manner(page);
        draft.evidence = vec![cx.seen("the page at which the walk broke off", page)];
        return Some(draft);
    }
    let (made, of) = (missing.made.len(), census.things.len());
    draft.actual = match (made, missing.others.len()) {
        (0, n) => {
            format!("{n} of the things that larger pages show stand on none of the smaller ones")
        }
        (n, _) => format!(
            "{n} of {of} things just made stand on none of {} pages",
            walk.pages.len()
        ),
    };
    if !walk.complete {
        draft.note = Some(
            "The walk comes back to a page that it has been on: is the cursor listened to?"
                .to_owned(),
        );
    }
    if let Some(missing) = missing.made.first() {
        draft.evidence.push(cx.seen(
            "one of the things that are missing",
            &census.things[*missing].0.created,
        ));
    }
    let pages = walk.pages.iter().take(2).enumerate();
    draft
        .evidence
        .extend(pages.map(|(n, page)| cx.seen(format!("page {}", n + 1), page)));
    Some(draft)
}
