//! What requests cost in the database, in statements and in rows.
//!
//! Costs are counts, never times: they are the same in every repeat. Nothing is judged by the plan that a
//! planner happened to choose: a statement reads too much when its best plan does, with every index used that is there.

mod ask;
mod cause;
mod growth;
mod many;
mod parts;
mod scene;
mod tell;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::QuietCx;
use crate::model::{Draft, Fault, Verdict};
use crate::pack::Pack;
use crate::probe::sql::Copies;

pub(crate) use ask::{Ask, What};
pub(crate) use cause::{Cure, Serves};
pub(crate) use growth::{Cause, Costly, Grown, Growth, Seen, see};
pub(crate) use many::{Series, series, slope, written};
pub(crate) use scene::{ancestry, free_parents, reads, writes};
pub(crate) use tell::{counts, cut, evidence, missing, plan};

/// Copies of each planted row at the first of three sizes; each next is twice as many.
const COPIES: u32 = 60;

/// No table grows beyond so many rows: the planner then counts every one of them (manual 20.7.4: 300 times the
/// statistics target), so its plans are the same in every repeat.
const MOST_ROWS: u64 = 28_000;

/// What was measured once in a crowded world, for all checks that ask; the reason where it could not be.
pub(crate) type Kept = Result<Arc<Growth>, String>;

/// What every request costs while the tables fill. Measured once for all checks of a world.
pub(crate) async fn growth(cx: &mut QuietCx) -> Result<Kept, Fault> {
    let raised = cx.raised();
    let kept = raised.growth.get_or_try_init(|| async {
        let measured = measured(cx).await?;
        Ok::<_, Fault>(measured.map(Arc::new))
    });
    kept.await.cloned()
}

/// What is found in the measurement: the drafts of each statement that grows, or why nothing could be judged.
pub(crate) async fn judged(
    cx: &mut QuietCx,
    find: impl Fn(&QuietCx, &Growth, &Costly, &Grown) -> Vec<Draft>,
) -> Result<Verdict, Fault> {
    let growth = crate::control!(growth(cx).await?);
    let mut findings = cx.findings();
    for costly in &growth.costly {
        for grown in &costly.grown {
            findings.extend(find(cx, &growth, costly, grown));
        }
    }
    if findings.is_empty() && growth.asked == 0 {
        let control = "every answer changed while the tables were filled".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    Ok(findings.verdict())
}

/// The drafts about indexes of this kind that a statement misses.
pub(crate) fn misses(serves: Serves) -> impl Fn(&QuietCx, &Growth, &Costly, &Grown) -> Vec<Draft> {
    move |cx, growth, costly, grown| {
        let Cause::Missing(cures, best) = &grown.cause else {
            return Vec::new();
        };
        let told = cures
            .iter()
            .filter(|c| c.serves == serves && !is_reference(costly, grown));
        told.map(|cure| missing(cx, growth, (costly, grown), (cure, best)))
            .collect()
    }
}

/// Whether a statement is the database's own look for what refers to a row that goes.
pub(crate) fn is_reference(costly: &Costly, grown: &Grown) -> bool {
    grown.statement.nested && matches!(costly.ask.what, What::Delete)
}

async fn measured(cx: &mut QuietCx) -> Result<Result<Growth, String>, Fault> {
    let sessions = (cx.editor().await?, cx.observer().await?);
    let (Some(editor), Some(observer)) = sessions else {
        return Ok(Err("this world has no database to look into".to_owned()));
    };
    let asks = match scene::scene(cx).await? {
        Ok(asks) => asks,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let catalog = observer.catalog().await?;
    let words = words(&cx.pack());
    let mut copies = match Copies::of(editor, &catalog, &words, COPIES * 4).await? {
        Ok(copies) => copies,
        Err(why) => return Ok(Err(why)),
    };
    let most = MOST_ROWS / copies.largest().max(1) / 4;
    let least = u32::try_from(most).unwrap_or(COPIES).clamp(10, COPIES);
    let sizes = [least, least * 2, least * 4];
    growth::measure(cx, asks, &mut copies, &sizes, &catalog).await
}

/// The words of every closed list in the contract, in lower case.
fn words(pack: &Pack) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut left = vec![&pack.contract.document];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(all) => left.extend(all),
            Value::Object(members) => {
                let listed = members.get("enum").and_then(Value::as_array);
                let all = listed.into_iter().flatten().chain(members.get("const"));
                words.extend(all.filter_map(Value::as_str).map(str::to_lowercase));
                left.extend(members.values());
            }
            _ => {}
        }
    }
    words
}
