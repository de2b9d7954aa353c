use std::collections::BTreeMap;

use super::{created_differs, list_leaves_out, list_repeats};
use crate::check::census::small_pages;
use crate::check::{Cx, QuietCx, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Pack;
use crate::probe::catalog::Table;
use crate::probe::plant::{End, Planted, Wanted};
use crate::probe::sql::{Editor, Observer, Ran};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Twenty-five things that are equal in all that two may share are made, and their list is read in small
    /// pages. Between two pages the grader updates rows of your tables to the values that they have. That
    /// changes nothing that anybody can see; it moves the rows to other places on disk. Every thing must
    /// still come once, and once only.
    ///
    /// ## Why it matters
    /// Without a total order a page is a random sample. Rows that are equal in the order come as the
    /// database finds them, and that changes with every update and every new plan: in production, under
    /// load, and never on your machine.
    ///
    /// ## Passes
    /// ```text
    /// SELECT … FROM event ORDER BY starts_at, id LIMIT 10
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// SELECT … FROM event ORDER BY starts_at LIMIT 10
    /// ```
    ///
    /// ## How to mend it
    /// End every ORDER BY of a list with something that no two rows share: the primary key. A cursor then
    /// carries all parts of the order, and the comparison uses all of them.
    pub static CHECK = {
        id: "endpoints.order-not-total",
        summary: "equal things have no order of their own, so pages depend on where rows lie on disk",
        concept: "pagination",
        severity: Medium,
        needs: [list_leaves_out::CHECK, list_repeats::CHECK, created_differs::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["PostgreSQL manual 7.6: LIMIT and OFFSET", "Zalando RESTful API Guidelines #160"],
        hints: [
            "If twenty events start at the same instant, what decides which of them stands on the first page?",
            "An order is total when no two rows are equal in it; only then is a page the same page twice.",
            "Add the primary key as the last part of ORDER BY, and to the cursor and its comparison.",
        ],
        run,
    }
}

/// How many things are equal.
const EQUALS: usize = 25;

/// The size of a page: never so many that all that is equal stands on one.
const PAGE: usize = 10;
const LARGEST: usize = 20;

/// How often rows are moved before the first page: as long as there is room on their own page, they stay on it.
const WARM: usize = 6;

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let sessions = (cx.editor().await?, cx.editor().await?, cx.observer().await?);
    let (Some(editor), Some(holder), Some(observer)) = sessions else {
        let why = "this world has no database to look into".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    holder.hold_versions().await?;
    let mut findings = cx.findings();
    let mut read = 0;
    for entity in cx.planter().plantable() {
        if pack.entity(&entity).is_none_or(|e| e.list.is_none()) {
            continue;
        }
        let Some(equals) = control!(cx.planter().equals(&entity, EQUALS).await?) else {
            continue;
        };
        let (Some(like), true) = (equals.first(), paged(&pack, &equals)) else {
            continue;
        };
        read += 1;
        let before = control!(content(cx, like).await?);
        let stored = rows(&observer).await?;
        let seen = control!(churned(cx, &pack, like, before.len(), (&editor, &observer)).await?);
        // Control: all is as it was, in the tables and in each thing that is shown. Which things are shown is what the
        // check asks: without an order, the list that is read again may lack some too.
        let after = control!(content(cx, like).await?);
        let altered = |(key, item)| before.get(key).is_some_and(|was| was != item);
        if stored != rows(&observer).await? || after.iter().any(altered) {
            let control = "an update that sets nothing anew changed something".to_owned();
            return Ok(Verdict::Inconclusive { control });
        }
        findings.extend(draft(cx, &pack, like, &before, &seen));
    }
    if read == 0 {
        let why = "this contract has no list with pages in which a thing can be told".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

fn paged(pack: &Pack, equals: &[Planted]) -> bool {
    equals
        .first()
        .is_some_and(|like| small_pages(pack, like, 1).is_some())
}

/// How often each key was seen.
type Seen = BTreeMap<String, usize>;

/// What the list shows, each item by its key; why it cannot be known.
async fn content(
    cx: &mut Cx,
    like: &Planted,
) -> Result<Result<BTreeMap<String, String>, String>, Fault> {
    let walk = cx.planter().walk_through(like, &Wanted::default()).await?;
    let Some(walk) = walk.filter(|w| w.complete) else {
        return Ok(Err(format!(
            "the list that shows {} could not be read to its end",
            a(&like.entity)
        )));
    };
    let pair = |item| Some((cx.planter().key_on(like, item)?, item.to_string()));
    let items: Option<_> = walk.items.iter().map(pair).collect();
    Ok(items.ok_or_else(|| {
        format!(
            "the items of the list that shows {} have no key",
            a(&like.entity)
        )
    }))
}

/// Every row of every table, in one order.
async fn rows(observer: &Observer) -> Result<Vec<Vec<Option<String>>>, Fault> {
    let mut all = Vec::new();
    for table in observer.tables().await? {
        all.extend(observer.rows(&table, &[]).await?.rows);
    }
    all.sort();
    Ok(all)
}

/// Reads the list in small pages, and moves rows about between them.
async fn churned(
    cx: &mut Cx,
    pack: &Pack,
    like: &Planted,
    total: usize,
    (editor, observer): (&Editor, &Observer),
) -> Result<Result<(Seen, Vec<Exchange>), String>, Fault> {
    let tables = observer.tables().await?;
    let size = u64::try_from((total / 12).clamp(PAGE, LARGEST)).unwrap_or_default();
    let wanted = small_pages(pack, like, size).unwrap_or_default();
    let Some(mut pages) = cx.planter().pages(pack, like, &wanted) else {
        return Ok(Err("the list could not be asked for".to_owned()));
    };
    let (mut seen, mut exchanges) = (Seen::new(), Vec::new());
    for turn in 0..WARM {
        if let Err(why) = moved(editor, &tables, turn).await? {
            return Ok(Err(why));
        }
    }
    // Twice as many pages as there should be: a list may go on for ever when its rows move.
    while exchanges.len() < 30 + total / 5
        && let Some(page) = pages.next(cx.planter()).await?
    {
        for item in page.items.iter().flatten() {
            if let Some(key) = cx.planter().key_on(like, item) {
                *seen.entry(key).or_default() += 1;
            }
        }
        exchanges.push(page.exchange);
        if let Err(why) = moved(editor, &tables, WARM + exchanges.len()).await? {
            return Ok(Err(why));
        }
    }
    if pages.end() != End::Said {
        return Ok(Err(
            "the list did not end while its rows were moved".to_owned()
        ));
    }
    Ok(Ok((seen, exchanges)))
}

/// Moves rows of all tables; why it cannot be done.
async fn moved(
    editor: &Editor,
    tables: &[Table],
    turn: usize,
) -> Result<Result<(), String>, Fault> {
    for table in tables.iter().filter(|t| !t.is_bookkeeping()) {
        let ran = editor.churn(table, turn).await?;
        if let Some(refused) = ran.as_ref().and_then(Ran::refused) {
            return Ok(Err(format!("rows could not be moved: {}", refused.message)));
        }
    }
    Ok(Ok(()))
}

fn draft(
    cx: &Cx,
    pack: &Pack,
    like: &Planted,
    before: &BTreeMap<String, String>,
    (seen, pages): &(Seen, Vec<Exchange>),
) -> Option<Draft> {
    let missing = before.keys().filter(|k| !seen.contains_key(*k)).count();
    let twice = seen.values().filter(|n| **n > 1).count();
    if missing + twice == 0 {
        return None;
    }
    let op = &pack.entity(&like.entity)?.list.as_ref()?.op;
    let evidence = pages.iter().take(3).enumerate();
    Some(Draft {
        subject: op.to_string(),
        saw: format!(
            "the pages of {} depend on where rows lie on disk",
            cx.line(op)
        ),
        expected: "each thing on exactly one page, whatever happens to the rows on disk".to_owned(),
        actual: format!(
            "of {} things {missing} came on no page and {twice} on more than one, and nothing visible had changed",
            before.len()
        ),
        evidence: evidence
            .map(|(n, page)| cx.seen(format!("page {}, then rows were moved", n + 1), page))
            .collect(),
        ..Draft::default()
    })
}
