use std::sync::Arc;

use indexmap::IndexMap;

use crate::check::fan::children;
use crate::check::{Cx, Findings, a};
use crate::checks::endpoints::deleted_still_there;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::EndAt;
use crate::probe::plant::{Planted, Planter, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A thing is made, and one other that belongs to it or is joined to it. The other is removed again. The thing
    /// must still be there, with everything that was known about it.
    ///
    /// ## Why it matters
    /// Whoever keeps what is known of a thing in the rows of others loses it with the last of them: the last event
    /// is called off, and nobody knows any more where the house stands.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /events/12     204
    /// GET /venues/7         200
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// DELETE /events/12     204      (it was the last one at this venue)
    /// GET /venues/7         404
    /// ```
    ///
    /// ## How to mend it
    /// Give every kind of thing a table of its own, and let a DELETE name the rows of the thing that was asked for.
    /// Foreign keys say what goes along with it: what belongs to it, never what it belongs to.
    pub static CHECK = {
        id: "schema.deletion-anomaly",
        summary: "with the last thing that belongs to it, another thing is gone too",
        concept: "anomalies",
        severity: High,
        needs: [deleted_still_there::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["Codd 1972, Further normalization of the data base relational model"],
        hints: [
            "Which facts are gone from your database when the last event at a venue is removed?",
            "Two kinds of things need two tables, or one cannot be without the other.",
            "Look at the statements of your DELETE: each must name the table of what was asked to go, or of what belongs to it.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let plantable = cx.planter().plantable();
    let mut judged = 0;
    for name in &plantable {
        if pack.entity(name).is_none_or(|e| e.read.is_none()) {
            continue;
        }
        for (child, role) in children(&pack, &plantable, name) {
            if pack.entity(&child).is_none_or(|e| e.delete.is_none()) {
                continue;
            }
            let parent = Arc::new(control!(cx.planter().plant(name).await?));
            let belongs = IndexMap::from([(role, Arc::clone(&parent))]);
            let Ok(other) = cx.planter().plant_under(&child, belongs).await? else {
                continue;
            };
            let Some(before) = there(cx.planter(), &parent).await? else {
                continue;
            };
            let Some(gone) = cx.planter().delete(&other).await?.filter(said_yes) else {
                continue;
            };
            judged += 1;
            judge(cx, &parent, &child, [&before, &gone], &mut findings).await?;
        }
        for link in pack
            .links
            .values()
            .filter(|l| l.set.is_some() && l.unset.is_some())
        {
            let mut ends = link.ends.iter();
            let at = ends.find(|(_, end)| end.entity == *name && end.at != EndAt::Caller);
            let Some((role, _)) = at else { continue };
            let parent = Arc::new(control!(cx.planter().plant(name).await?));
            let ends = IndexMap::from([(role.clone(), Arc::clone(&parent))]);
            let Ok(linked) = cx.planter().link_between(&link.name, ends).await? else {
                continue;
            };
            let Some(before) = there(cx.planter(), &parent).await? else {
                continue;
            };
            let Some(gone) = cx.planter().unlink(&linked).await?.filter(said_yes) else {
                continue;
            };
            judged += 1;
            judge(cx, &parent, &link.name, [&before, &gone], &mut findings).await?;
        }
    }
    if judged == 0 {
        let why = "nothing that belongs to another thing can be removed here".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// C+: the thing can be read while the other one is there.
async fn there(planter: &mut Planter, of: &Planted) -> Result<Option<Exchange>, Fault> {
    Ok(planter.read(of).await?.filter(said_yes))
}

async fn judge(
    cx: &mut Cx,
    parent: &Planted,
    other: &str,
    [before, gone]: [&Exchange; 2],
    findings: &mut Findings,
) -> Result<(), Fault> {
    let Some(after) = cx.planter().read(parent).await? else {
        return Ok(());
    };
    if said_yes(&after) && cx.planter().unchanged(parent, before, &after) {
        return Ok(());
    }
    let kind = &parent.entity;
    let other = other.replace('_', " ");
    let actual = if said_yes(&after) {
        "other facts than before".to_owned()
    } else {
        answer(&after)
    };
    findings.add(Draft {
        subject: format!("{kind} without its last {other}"),
        saw: format!(
            "the last {other} of {} is removed, and the {kind} with it",
            a(kind)
        ),
        expected: format!("the {kind} as it was"),
        actual: format!("reading it: {actual}"),
        evidence: vec![
            cx.seen("before", before),
            cx.seen("the removal of the other", gone),
            cx.seen("the thing itself afterwards", &after),
        ],
        ..Draft::default()
    });
    Ok(())
}
