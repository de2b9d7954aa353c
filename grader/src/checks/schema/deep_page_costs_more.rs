use crate::check;
use crate::check::{QuietCx, cost, note};
use crate::checks::endpoints::created_differs;
use crate::control;
use crate::model::{Draft, Evidence, Exchange, Fault, Statement, Verdict};
use crate::pack::{Entity, Paging};
use crate::probe::catalog::Catalog;
use crate::probe::plan::Node;
use crate::probe::plant::{Planted, Wanted, said_yes};
use crate::probe::sql::Editor;

check! {
    /// ## What it looks at
    /// The tables are filled as for the other checks of cost. Each list is then turned to its tenth page, and the
    /// rows that the first and the tenth page read are counted. Twice as many or more for the tenth fails, if the
    /// best plan that there is reads them too. Where the contract turns pages by offset or by number, that is
    /// mentioned with what was measured.
    ///
    /// ## Why it matters
    /// OFFSET 900 reads nine hundred rows and throws them away. Whoever reads a list to its end reads it as often
    /// as it has pages: a crawler is enough to keep the database busy.
    ///
    /// ## Passes
    /// ```text
    /// page 1      101 rows read
    /// page 10     101 rows read     -- WHERE (starts_at, id) > ($1, $2) ORDER BY starts_at, id LIMIT 101
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// page 1      101 rows read
    /// page 10    1001 rows read     -- ORDER BY starts_at, id LIMIT 101 OFFSET 900
    /// ```
    ///
    /// ## How to mend it
    /// Let the cursor carry the sort key of the last thing that was shown, and go on after it with a row
    /// comparison: `WHERE (starts_at, id) > ($1, $2)`. Written with OR, PostgreSQL does not use the index for it.
    pub static CHECK = {
        id: "schema.deep-page-costs-more",
        summary: "a later page of a list costs more than the first",
        concept: "indexes",
        severity: Medium,
        needs: [created_differs::CHECK],
        world: Crowded,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Winand, SQL Performance Explained: Paging Through Results", "PostgreSQL manual 7.6: LIMIT and OFFSET", "Zalando RESTful API Guidelines #160"],
        hints: [
            "How does the database come to the thousandth row of a list?",
            "Skipping rows means reading them; a place in an index can be gone to at once.",
            "Put the sort key of the last item into the cursor, and go on with WHERE (a, id) > ($1, $2) ORDER BY a, id.",
        ],
        run,
    }
}

/// The page that is compared with the first.
const DEEP: usize = 10;

/// Fewer things than this in the tables, and there is no tenth page worth its name.
const FELT: f64 = 100.0;

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    // The tables are full after this.
    let growth = control!(cost::growth(cx).await?);
    let (mut findings, mut advice, mut deep) = (cx.findings(), cx.findings(), 0);
    let Some(editor) = cx.editor().await? else {
        let why = "this world has no database to look into".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name).filter(|e| e.list.is_some()) else {
            continue;
        };
        let like = control!(cx.planter().plant(&name).await?);
        let Some((first, last)) = turned(cx, &like).await? else {
            continue;
        };
        deep += 1;
        let Some(draft) = judged(cx, &editor, &growth.catalog, entity, (&first, &last)).await?
        else {
            continue;
        };
        let op = entity.list.as_ref().and_then(|l| pack.op(&l.op));
        let paging = op.and_then(|o| o.listing.as_ref()).map(|l| &l.paging);
        match paging {
            Some(Paging::Offset { .. } | Paging::Page { .. }) => advice.add(draft),
            _ => findings.add(draft),
        }
    }
    if deep == 0 {
        let why = "no list of this contract has ten pages".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(if findings.is_empty() {
        advice.advice()
    } else {
        findings.verdict()
    })
}

/// A page and what it read.
struct Page {
    exchange: Exchange,
    items: usize,
    statements: Vec<(Statement, Node)>,
}

impl Page {
    fn read(&self) -> f64 {
        self.statements
            .iter()
            .map(|(_, plan)| plan.rows_read())
            .sum()
    }
}

/// The first page and the tenth; none where there are not so many, or they are not equally full.
async fn turned(cx: &mut QuietCx, like: &Planted) -> Result<Option<(Page, Page)>, Fault> {
    let pack = cx.pack();
    let Some(mut pages) = cx.planter().pages(&pack, like, &Wanted::default()) else {
        return Ok(None);
    };
    let mut kept = Vec::new();
    for number in 1..=DEEP {
        let trace = if number == 1 || number == DEEP {
            Some(cx.trace().await?)
        } else {
            None
        };
        let page = pages.next(cx.planter()).await?;
        let traced = match trace {
            Some(trace) => Some(trace.close().await?),
            None => None,
        };
        let Some((exchange, items)) = page.and_then(|p| Some((p.exchange, p.items?.len()))) else {
            return Ok(None);
        };
        if !said_yes(&exchange) {
            return Ok(None);
        }
        if let Some(traced) = traced.filter(|t| !t.cut) {
            let statements = traced.statements.into_iter();
            let planned =
                statements.filter_map(|s| Some((s.plan.as_ref().and_then(Node::parse)?, s)));
            let statements = planned.map(|(plan, s)| (s, plan)).collect();
            kept.push(Page {
                exchange,
                items,
                statements,
            });
        }
    }
    let (Some(last), Some(first)) = (kept.pop(), kept.pop()) else {
        return Ok(None);
    };
    Ok((first.items == last.items).then_some((first, last)))
}

async fn judged(
    cx: &QuietCx,
    editor: &Editor,
    catalog: &Catalog,
    entity: &Entity,
    (first, last): (&Page, &Page),
) -> Result<Option<Draft>, Fault> {
    let (before, after) = (first.read(), last.read());
    if after < before * 2.0 || after - before < FELT {
        return Ok(None);
    }
    let worst = last
        .statements
        .iter()
        .max_by(|a, b| a.1.rows_read().total_cmp(&b.1.rows_read()));
    let Some((statement, plan)) = worst else {
        return Ok(None);
    };
    // Control: with every index used that there is, it still reads as much.
    let best = editor.best_plan(statement, catalog, &[]).await?;
    if best.is_none_or(|b| b.rows < plan.rows_read() / 2.0) {
        return Ok(None);
    }
    let Some(op) = entity.list.as_ref().map(|l| &l.op) else {
        return Ok(None);
    };
    let mut statement = statement.clone();
    statement.plan = None;
    let slope = (after - before) / ((DEEP - 1) as f64);
    Ok(Some(Draft {
        subject: op.to_string(),
        saw: cost::cut(format!(
            "page {DEEP} of {} reads more rows than page 1",
            cx.line(op)
        )),
        expected: format!("about {before:.0} rows read, as for page 1"),
        actual: format!("{after:.0} rows read for as many things: {slope:.0} more with each page"),
        evidence: vec![
            cx.seen("page 1", &first.exchange),
            cx.seen(format!("page {DEEP}"), &last.exchange),
            Evidence::Statements {
                says: format!("the statement that reads most for page {DEEP}"),
                statements: vec![statement],
            },
            note(format!(
                "page 1 read {before:.0} rows, page {DEEP} read {after:.0}"
            )),
        ],
        ..Draft::default()
    }))
}
