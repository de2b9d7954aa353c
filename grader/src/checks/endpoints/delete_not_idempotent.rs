use super::{created_differs, deleted_still_there, unknown_id_not_404};
use crate::check::honest::manner;
use crate::check::{Cx, a};
use crate::model::{Draft, Fault, Manner, Verdict};
use crate::probe::plant::{answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A thing is removed, and removed again. The second removal may be answered with 404, 410 or a success:
    /// idempotent means that its effect is the same. It must not break the service, and a neighbour of the
    /// thing must still be there, as it was.
    ///
    /// ## Why it matters
    /// A client whose connection broke does not know whether the removal arrived. It asks again, and so do
    /// proxies on its behalf, because the method promises that this does no harm.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /venues/7      204
    /// DELETE /venues/7      404
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// DELETE /venues/7      204
    /// DELETE /venues/7      500
    /// ```
    ///
    /// ## How to mend it
    /// Look at what your handler does beside the DELETE itself (an archive, a counter, a message) when
    /// there is nothing left to remove.
    pub static CHECK = {
        id: "endpoints.delete-not-idempotent",
        summary: "removing a thing twice does more than removing it once",
        concept: "methods",
        severity: High,
        needs: [deleted_still_there::CHECK, unknown_id_not_404::CHECK, created_differs::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §9.2.2", "RFC 9110 §9.3.5"],
        hints: [
            "What does your handler do when the thing was removed a moment ago?",
            "Idempotent speaks of the effect: after two removals everything is as after one.",
            "Send the same DELETE twice by hand, read your log at the second one, and look for what assumes that there is a row.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut removed = 0;
    for name in cx.planter().plantable() {
        if pack.entity(&name).is_none_or(|e| e.delete.is_none()) {
            continue;
        }
        let planted = control!(cx.planter().plant(&name).await?);
        let parents = planted.parents.clone();
        let neighbour = control!(cx.planter().plant_under(&name, parents).await?);
        // C+: the first removal works, and the neighbour can be seen after it.
        let Some(first) = cx.planter().delete(&planted).await? else {
            continue;
        };
        if !said_yes(&first) {
            let control = format!("the removal of {} answered {}", a(&name), answer(&first));
            return Ok(Verdict::Inconclusive { control });
        }
        let before = cx.planter().read(&neighbour).await?;
        let Some(second) = cx.planter().delete(&planted).await? else {
            continue;
        };
        removed += 1;
        let touches: Vec<String> = pack
            .entity(&name)
            .and_then(|e| e.delete.as_ref())
            .map(|c| cx.line(&c.op))
            .into_iter()
            .collect();
        if manner(&second) != Manner::Wrong {
            findings.add(Draft {
                subject: format!("the second removal of {}", a(&name)),
                touches: touches.clone(),
                saw: format!("removing {} a second time breaks the service", a(&name)),
                expected: "404, 410 or a success".to_owned(),
                actual: answer(&second),
                manner: manner(&second),
                evidence: vec![cx.seen("the first", &first), cx.seen("the second", &second)],
                ..Draft::default()
            });
        }
        let after = cx.planter().read(&neighbour).await?;
        if let (Some(before), Some(after)) = (before, after)
            && !cx.planter().unchanged(&neighbour, &before, &after)
        {
            findings.add(Draft {
                subject: format!("the neighbour of a removed {name}"),
                touches,
                saw: format!("removing {} a second time alters another one", a(&name)),
                expected: "what was not named is as it was".to_owned(),
                actual: format!("reading it answers {}", answer(&after)),
                evidence: vec![
                    cx.seen("the neighbour before", &before),
                    cx.seen("the second removal", &second),
                    cx.seen("the neighbour afterwards", &after),
                ],
                ..Draft::default()
            });
        }
    }
    if removed == 0 {
        let why = "this contract removes nothing".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}
