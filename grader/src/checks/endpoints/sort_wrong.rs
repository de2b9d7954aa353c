use super::{list_leaves_out, order_wrong};
use crate::check::honest::manner;
use crate::check::order::{lineup, out_of_order};
use crate::check::{Cx, QuietCx};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{OpId, Sort};
use crate::probe::plant::{Wanted, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Where the contract has a parameter for the order of a list, each of its words is asked for: every
    /// property, rising and falling. Things that differ in all of them must come in that order.
    ///
    /// ## Why it matters
    /// A sort that is not listened to looks right as long as the list is short. A sort of texts where
    /// numbers were meant puts 100 before 9.
    ///
    /// ## Passes
    /// ```text
    /// GET /products?sort=-price      200 [{"price": 100}, {"price": 9}]
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /products?sort=-price      200 [{"price": 9}, {"price": 100}]
    /// ```
    ///
    /// ## How to mend it
    /// Map each word of the contract to a column and a direction in a table of your own, and put what you
    /// find there into ORDER BY, never what the client sent. The primary key comes last.
    pub static CHECK = {
        id: "endpoints.sort-wrong",
        summary: "a list is not in the order that was asked for",
        concept: "pagination",
        severity: Medium,
        needs: [list_leaves_out::CHECK, order_wrong::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: ALL,
        refs: ["Zalando RESTful API Guidelines #137", "PostgreSQL manual 7.5: Sorting Rows"],
        hints: [
            "Which ORDER BY does your query have for this word, and for its opposite?",
            "Each word of the contract stands for one column and one direction.",
            "Look the word up in a table of columns and directions, and build ORDER BY from what stands there, with the primary key at its end.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut read = 0;
    for name in cx.planter().plantable() {
        let entity = pack.entity(&name);
        let rules = entity.and_then(|e| pack.list_rules(e));
        let Some(rules) = rules.filter(|r| !r.sorts.is_empty()) else {
            continue;
        };
        let Some(call) = entity.and_then(|e| e.list.as_ref()) else {
            continue;
        };
        let facts: Vec<&str> = rules.sorts.iter().map(|s| s.by.fact.as_str()).collect();
        let things = control!(lineup(cx, &name, &facts).await?);
        let Some((first, _)) = things.first() else {
            continue;
        };
        for sort in &rules.sorts {
            let wanted = Wanted {
                query: sort.query.clone(),
                ..Wanted::default()
            };
            let Some(walk) = cx.planter().walk_through(first, &wanted).await? else {
                continue;
            };
            read += 1;
            if let Some(refused) = walk.pages.last().filter(|page| !said_yes(page)) {
                let actual = answer(refused);
                findings.add(draft(cx, &call.op, sort, actual, refused));
            } else if let Some((early, _)) =
                out_of_order(&walk, &things, std::slice::from_ref(&sort.by))
                && let Some(page) = walk.page_of(early)
            {
                let actual = "a thing stands before another that should come first".to_owned();
                findings.add(draft(cx, &call.op, sort, actual, page));
            }
        }
    }
    if read == 0 {
        let why = "this contract has no parameter whose words name an order".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

fn draft(cx: &Cx, op: &OpId, sort: &Sort, actual: String, seen: &Exchange) -> Draft {
    let asked: Vec<String> = sort.query.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let asked = asked.join("&");
    let way = if sort.by.falling { "falling" } else { "rising" };
    Draft {
        subject: format!("{op} by {}", sort.by.fact),
        saw: format!("{} does not listen to `{asked}`", cx.line(op)),
        expected: format!("{}, {way}", sort.by.fact),
        actual,
        manner: manner(seen),
        evidence: vec![cx.seen(format!("asked with {asked}"), seen)],
        ..Draft::default()
    }
}
