use std::sync::Arc;

use indexmap::IndexMap;

use crate::check::fan::children;
use crate::check::{BreaksCx, a, note};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Fault, Verdict};
use crate::pack::{EndAt, Pack};
use crate::probe::plant::{Planted, answer, said_yes};
use crate::runtime::Stop;
use crate::{check, control, outcome};

check! {
    /// ## What it looks at
    /// Two things of a kind are made, and to one of them another one that belongs to it. The service is started anew.
    /// Both must still be there: the one to which nothing belongs just as the other.
    ///
    /// ## Why it matters
    /// A house without an event is a house. Where its facts can only be kept beside those of an event, it cannot be
    /// entered before its first event, and whoever tries loses it.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues      201      (the service is started anew)
    /// GET /venues/7     200
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues      201      (the service is started anew)
    /// GET /venues/7     404      a venue that has an event is still there
    /// ```
    ///
    /// ## How to mend it
    /// Give each kind of thing a table of its own, and write its row when it is made, not when the first of its
    /// others is.
    pub static CHECK = {
        id: "schema.insertion-anomaly",
        summary: "a thing is kept only once another one belongs to it",
        concept: "anomalies",
        severity: High,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["Codd 1972, Further normalization of the data base relational model"],
        hints: [
            "Into which table goes a venue that has no event yet?",
            "What can exist by itself needs a row of its own.",
            "Split the table that holds both into two, with a reference from the one that cannot be alone.",
        ],
        run,
    }
}

/// A thing without, and one with something that belongs to it.
struct Two {
    child: String,
    alone: Arc<Planted>,
    with: Arc<Planted>,
}

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let plantable = cx.planter().plantable();
    let mut all = Vec::new();
    for name in &plantable {
        let readable = pack
            .entity(name)
            .is_some_and(|e| e.create.is_some() && e.read.is_some());
        if !readable {
            continue;
        }
        let with = Arc::new(control!(cx.planter().plant(name).await?));
        let Some(child) = belongs(cx, &pack, &plantable, &with).await? else {
            continue;
        };
        let alone = Arc::new(control!(cx.planter().plant(name).await?));
        all.push(Two { child, alone, with });
    }
    if all.is_empty() {
        let why = "nothing belongs to anything that can be made and read here".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    if let Err(story) = outcome!(cx.restart(Stop::Term).await) {
        let control = format!("the service did not come up again: {}", story.summary);
        return Ok(Verdict::Inconclusive { control });
    }
    let mut findings = cx.findings();
    for two in &all {
        let with = cx.planter().read(&two.with).await?;
        let alone = cx.planter().read(&two.alone).await?;
        let (Some(with), Some(alone)) = (with, alone) else {
            continue;
        };
        // That everything is gone is told elsewhere.
        if !said_yes(&with) || said_yes(&alone) {
            continue;
        }
        let (kind, child) = (&two.alone.entity, two.child.replace('_', " "));
        findings.add(Draft {
            subject: format!("{kind} without {}", a(&child)),
            saw: format!("{} without {} is not kept", a(kind), a(&child)),
            expected: format!("the {kind} as it was made"),
            actual: format!("reading it answers {}", answer(&alone)),
            evidence: vec![
                cx.seen("it was made", &two.alone.created),
                note("the service was started anew"),
                cx.seen("it is read", &alone),
                cx.seen(
                    format!("another one, with {}, is still there", a(&child)),
                    &with,
                ),
            ],
            ..Draft::default()
        });
    }
    Ok(findings.verdict())
}

/// Makes something that belongs to this thing, or joins it to something; what that is.
async fn belongs(
    cx: &mut BreaksCx,
    pack: &Pack,
    plantable: &[String],
    of: &Arc<Planted>,
) -> Result<Option<String>, Fault> {
    for (child, role) in children(pack, plantable, &of.entity) {
        let to = IndexMap::from([(role, Arc::clone(of))]);
        if cx.planter().plant_under(&child, to).await?.is_ok() {
            return Ok(Some(child));
        }
    }
    for link in pack.links.values().filter(|l| l.set.is_some()) {
        let mut ends = link.ends.iter();
        let at = ends.find(|(_, end)| end.entity == of.entity && end.at != EndAt::Caller);
        let Some((role, _)) = at else { continue };
        let to = IndexMap::from([(role.clone(), Arc::clone(of))]);
        if cx.planter().link_between(&link.name, to).await?.is_ok() {
            return Ok(Some(link.name.clone()));
        }
    }
    Ok(None)
}
