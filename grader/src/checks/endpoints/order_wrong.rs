use super::{created_differs, list_leaves_out};
use crate::check::order::{lineup, out_of_order};
use crate::check::{QuietCx, a};
use crate::model::{Draft, Fault, Verdict};
use crate::pack::By;
use crate::probe::plant::Wanted;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Where the project promises the order of a list, things are made that differ in what it is ordered by,
    /// in no order. The list must show them in the promised one. Instants are compared by time, whatever
    /// their offset; numbers by their value; texts only where every alphabet agrees.
    ///
    /// ## Why it matters
    /// Who asks for "soonest first" shows the first page and stops there. In another order the next event is
    /// on page nine.
    ///
    /// ## Passes
    /// ```text
    /// GET /events      200 {"items": [{"starts_at": "2027-03-01T…"}, {"starts_at": "2027-03-02T…"}], …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /events      200 {"items": [{"starts_at": "2027-03-02T…"}, {"starts_at": "2027-03-01T…"}], …}
    /// ```
    ///
    /// ## How to mend it
    /// Order in the query, over the whole list, before LIMIT; not in the program, over one page. Keep
    /// instants in a column for instants, and numbers in one for numbers: texts have another order.
    pub static CHECK = {
        id: "endpoints.order-wrong",
        summary: "a list is not in the order that is promised",
        concept: "pagination",
        severity: Medium,
        needs: [list_leaves_out::CHECK, created_differs::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: ALL,
        refs: ["PostgreSQL manual 7.5: Sorting Rows", "RFC 3339 §5.1"],
        hints: [
            "By which column does your query order, and of which type is it?",
            "The order is a property of the whole list, so the database makes it before it cuts out a page.",
            "Write ORDER BY with the promised column first and the primary key last, and store instants as `timestamptz`.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut read = 0;
    for name in cx.planter().plantable() {
        let rules = pack.entity(&name).and_then(|e| pack.list_rules(e));
        let Some(rules) = rules.filter(|r| !r.order.is_empty()) else {
            continue;
        };
        let facts: Vec<&str> = rules.order.iter().map(|by| by.fact.as_str()).collect();
        let things = control!(lineup(cx, &name, &facts).await?);
        let Some((first, _)) = things.first() else {
            continue;
        };
        let Some(walk) = cx.planter().walk_through(first, &Wanted::default()).await? else {
            continue;
        };
        read += 1;
        if !walk.complete {
            let control = format!(
                "the list that shows {} could not be read to its end",
                a(&name)
            );
            return Ok(Verdict::Inconclusive { control });
        }
        let Some((early, late)) = out_of_order(&walk, &things, &rules.order) else {
            continue;
        };
        let Some(call) = pack.entity(&name).and_then(|e| e.list.as_ref()) else {
            continue;
        };
        let pages = [early, late].into_iter().filter_map(|at| walk.page_of(at));
        let mut evidence: Vec<_> = pages
            .map(|page| cx.seen("where two things stand in the wrong order", page))
            .collect();
        evidence.dedup();
        findings.add(Draft {
            subject: call.op.to_string(),
            saw: format!("{} is not in the order that is promised", cx.line(&call.op)),
            expected: format!("ordered by {}", said(&rules.order)),
            actual: "a thing stands before another that should come first".to_owned(),
            evidence,
            ..Draft::default()
        });
    }
    if read == 0 {
        let why = "this project promises the order of no list".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// `starts_at, the greatest first, then title`
fn said(order: &[By]) -> String {
    let one = |by: &By| match by.falling {
        true => format!("{}, the greatest first", by.fact),
        false => by.fact.clone(),
    };
    order.iter().map(one).collect::<Vec<_>>().join(", then ")
}
