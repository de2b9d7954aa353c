use serde_json::Value;

use super::{operation_missing, wrong_success_status};
use crate::check::{Cx, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::probe::plant::{Planted, Sight, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A thing is made, read and listed; then it is removed. Afterwards a read must answer 404 or 410, and
    /// no page of the list may show it. How you remove it is yours to choose: a column that marks it as
    /// removed is fine, as long as the API does not show it any more.
    ///
    /// ## Why it matters
    /// People remove what nobody may see any more. What "removed" means must not depend on the operation
    /// that is asked.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /venues/7      204
    /// GET /venues/7         404
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// DELETE /venues/7      204
    /// GET /venues/7         200 {"id": 7, …}
    /// ```
    ///
    /// ## How to mend it
    /// Check that the DELETE statement names the row, that its transaction is committed, and that every
    /// query leaves out rows that are marked as removed.
    pub static CHECK = {
        id: "endpoints.deleted-still-there",
        summary: "a thing that was removed can still be seen",
        concept: "methods",
        severity: High,
        needs: [operation_missing::CHECK, wrong_success_status::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §9.3.5", "RFC 9110 §15.5.5"],
        hints: [
            "After a removal, which of your queries can still find the row?",
            "Removing is a promise about every later answer, not about the reply to the removal itself.",
            "Run the DELETE by hand, look whether the row is gone, and add the missing commit or the missing condition to the queries that still find it.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut removed = 0;
    for entity in cx.planter().plantable() {
        if pack.entity(&entity).is_none_or(|e| e.delete.is_none()) {
            continue;
        }
        let planted = control!(cx.planter().plant(&entity).await?);
        // C+: it could be seen before, or its absence afterwards says nothing.
        let before = cx.planter().read(&planted).await?;
        if before.as_ref().is_some_and(|e| !said_yes(e)) {
            let control = format!(
                "{} just made could not be read before its removal",
                a(&entity)
            );
            return Ok(Verdict::Inconclusive { control });
        }
        let Some(removal) = cx.planter().delete(&planted).await? else {
            continue;
        };
        if !said_yes(&removal) {
            let control = format!(
                "the removal of {} answered {}",
                a(&entity),
                answer(&removal)
            );
            return Ok(Verdict::Inconclusive { control });
        }
        removed += 1;
        seen_after(cx, &planted, &removal, &mut findings).await?;
    }
    if removed == 0 {
        return Ok(Verdict::Skipped {
            why: "this contract removes nothing".to_owned(),
        });
    }
    Ok(findings.verdict())
}

async fn seen_after(
    cx: &mut Cx,
    planted: &Planted,
    removal: &Exchange,
    findings: &mut crate::check::Findings,
) -> Result<(), Fault> {
    let kind = &planted.entity;
    let mut add = |cx: &Cx, how: &str, actual: String, after: &Exchange| {
        findings.add(Draft {
            subject: format!("{how} a removed {kind}"),
            saw: format!("{} can still be seen after its removal", a(kind)),
            expected: "404 or 410 when it is read, and no list that shows it".to_owned(),
            actual,
            evidence: vec![
                cx.seen("the removal", removal),
                cx.seen("and afterwards", after),
            ],
            ..Draft::default()
        });
    };
    if let Some(after) = cx.planter().read(planted).await?
        && shows(cx, planted, &after)
    {
        add(
            cx,
            "reading",
            format!("reading it answers {}", answer(&after)),
            &after,
        );
    }
    if let Some((walk, Some(item))) = cx.planter().look_for(planted).await?
        && let Some(page) = walk.pages.last()
        // A key may be given out again: only the thing's own values tell that it is the one.
        && own_values(cx, planted, &item, Sight::Listed)
    {
        add(cx, "listing", "the list still shows it".to_owned(), page);
    }
    Ok(())
}

/// Whether a reply still shows the thing. Another answer than 404 without the thing in it is a wrong answer to
/// an id that nothing has, which is another check's business.
fn shows(cx: &mut Cx, planted: &Planted, after: &Exchange) -> bool {
    said_yes(after) && own_values(cx, planted, &after.json().unwrap_or_default(), Sight::Read)
}

fn own_values(cx: &mut Cx, planted: &Planted, body: &Value, sight: Sight) -> bool {
    let marked = cx.planter().marked(planted, body, sight);
    marked.iter().any(|s| s.same)
}
