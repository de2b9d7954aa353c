//! What requests cost while the tables behind them fill, and why.

use crate::model::{Exchange, Fault, Statement};
use crate::probe::catalog::Catalog;
use crate::probe::plan::Node;
use crate::probe::plant::said_yes;
use crate::probe::sql::{Best, Copies, Filled};
use crate::probe::trace::Traced;

use super::super::QuietCx;
use super::ask::{Answer, Ask, What, greatest};
use super::cause::{Cure, cures};

/// Rows that a statement must read more than before to be looked at: fewer are no growth that anybody feels.
const FELT: f64 = 100.0;

/// What one statement of a request cost at each size.
#[derive(Clone)]
pub(crate) struct Grown {
    /// The statement, as it was sent when the tables were fullest.
    pub(crate) statement: Statement,
    /// Rows it read at each size.
    pub(crate) read: Vec<f64>,
    /// Rows it gave to the service at each size.
    pub(crate) given: Vec<f64>,
    /// Why.
    pub(crate) cause: Cause,
}

/// Why a statement costs more in fuller tables.
#[derive(Clone)]
pub(crate) enum Cause {
    /// It gives more rows to the service, whose answer is the same.
    Given,
    /// Indexes are missing: with them it reads few rows.
    Missing(Vec<Cure>, Best),
    /// It has to read them as it is written.
    Written(Best),
}

/// A request whose cost grows.
#[derive(Clone)]
pub(crate) struct Costly {
    pub(crate) ask: Ask,
    pub(crate) grown: Vec<Grown>,
    /// The exchange when the tables were fullest.
    pub(crate) exchange: Exchange,
}

/// All that was measured.
#[derive(Clone, Default)]
pub(crate) struct Growth {
    /// Requests that were judged.
    pub(crate) asked: usize,
    /// Requests whose answers changed with the tables, so that their cost says nothing.
    pub(crate) unclear: Vec<String>,
    pub(crate) costly: Vec<Costly>,
    /// What stood in the tables at each size.
    pub(crate) filled: Vec<Vec<Filled>>,
    pub(crate) catalog: Catalog,
}

/// What one request did at one size.
pub(crate) struct Seen {
    pub(crate) answer: Answer,
    /// Statements with a plan that touches tables, or with values, in order. `BEGIN`, `SET`, a ping are not among them.
    pub(crate) statements: Vec<(Statement, Node)>,
}

impl Seen {
    pub(super) fn of(exchange: Exchange, things: usize, traced: Traced) -> Self {
        let planned = |s: Statement| {
            let plan = s.plan.as_ref().and_then(Node::parse)?;
            let counts = plan.touches_tables() || !s.parameters.is_empty();
            counts.then_some((s, plan))
        };
        Self {
            answer: Answer { exchange, things },
            statements: traced.statements.into_iter().filter_map(planned).collect(),
        }
    }

    /// What the service sent itself: without what functions, triggers and foreign keys asked.
    pub(crate) fn sent(&self) -> impl Iterator<Item = &(Statement, Node)> {
        self.statements.iter().filter(|(s, _)| !s.nested)
    }
}

/// Asks once with a window open. None where there was no honest request, or more than we keep.
pub(crate) async fn see(cx: &mut QuietCx, ask: &Ask) -> Result<Option<Seen>, Fault> {
    let Ok(prepared) = ask.prepare(cx).await? else {
        return Ok(None);
    };
    let trace = cx.trace().await?;
    let answer = ask.send(cx, &prepared).await?;
    let traced = trace.close().await?;
    let Some(answer) = answer.filter(|_| !traced.cut) else {
        return Ok(None);
    };
    let Answer { exchange, things } = answer;
    Ok(Some(Seen::of(exchange, things, traced)))
}

/// Asks everything at each of these sizes (copies of each row), and finds out why what grows does.
pub(super) async fn measure(
    cx: &mut QuietCx,
    asks: Vec<Ask>,
    copies: &mut Copies,
    sizes: &[u32],
    catalog: &Catalog,
) -> Result<Result<Growth, String>, Fault> {
    let mut growth = Growth {
        catalog: catalog.clone(),
        ..Growth::default()
    };
    // Once unseen: what a service does at the first request of a kind is no cost of the tables.
    let mut asks: Vec<(Ask, Vec<Seen>)> = asks.into_iter().map(|a| (a, Vec::new())).collect();
    for (ask, _) in &asks {
        if let Ok(prepared) = ask.prepare(cx).await? {
            ask.send(cx, &prepared).await?;
        }
    }
    for size in sizes {
        if let Err(why) = copies.grow_to(*size).await? {
            return Ok(Err(why));
        }
        growth.filled.push(copies.filled());
        let round = growth.filled.len();
        for (ask, seen) in asks.iter_mut().filter(|(_, seen)| seen.len() + 1 == round) {
            seen.extend(see(cx, ask).await?);
        }
    }
    for (ask, seen) in asks {
        if seen.len() < sizes.len() {
            continue;
        }
        if !is_steady(&ask, &seen) {
            growth.unclear.push(ask.about);
            continue;
        }
        growth.asked += 1;
        let grown = judged(copies, catalog, &ask, &seen).await?;
        if let Some(last) = seen.into_iter().next_back().filter(|_| !grown.is_empty()) {
            let exchange = last.answer.exchange;
            growth.costly.push(Costly {
                ask,
                grown,
                exchange,
            });
        }
    }
    Ok(Ok(growth))
}

/// Control: it answered each time, and with as much as before.
fn is_steady(ask: &Ask, seen: &[Seen]) -> bool {
    let yes = seen.iter().all(|s| said_yes(&s.answer.exchange));
    let things = |s: &Seen| s.answer.things;
    // The first page of a list that was not full may fill: it is then as long as any other.
    let same = seen.windows(2).all(|w| things(&w[0]) == things(&w[1]));
    let statements = seen
        .windows(2)
        .all(|w| w[0].statements.len() == w[1].statements.len());
    yes && statements && (same || !ask.reads())
}

async fn judged(
    copies: &Copies,
    catalog: &Catalog,
    ask: &Ask,
    seen: &[Seen],
) -> Result<Vec<Grown>, Fault> {
    let mut all = Vec::new();
    let count = seen.first().map_or(0, |s| s.statements.len());
    for at in 0..count {
        let each = || seen.iter().filter_map(move |s| s.statements.get(at));
        let read: Vec<f64> = each().map(|(_, plan)| plan.rows_read()).collect();
        let given: Vec<f64> = each().map(|(s, _)| s.rows.unwrap_or_default()).collect();
        let Some((statement, _)) = each().next_back() else {
            continue;
        };
        if !grows(&read) {
            continue;
        }
        let cause = match grows(&given) {
            true if statement.nested => None,
            true => Some(Cause::Given),
            false => why(copies, catalog, statement, &read).await?,
        };
        if let Some(cause) = cause.filter(|cause| !is_excused(cause, ask, seen, statement)) {
            let mut statement = statement.clone();
            statement.plan = None;
            all.push(Grown {
                statement,
                read,
                given,
                cause,
            });
        }
    }
    Ok(all)
}

/// Why a statement reads more and more; none where the planner only happened to choose so, or it cannot be known.
async fn why(
    copies: &Copies,
    catalog: &Catalog,
    statement: &Statement,
    read: &[f64],
) -> Result<Option<Cause>, Fault> {
    let editor = copies.editor();
    let best = editor.best_plan(statement, catalog, &[]).await?;
    // Control: with every index used that there is, it still reads as much.
    let last = read.last().copied().unwrap_or_default();
    let Some(best) = best.filter(|b| b.rows >= last / 2.0) else {
        return Ok(None);
    };
    let cures = cures(editor, catalog, statement, &best).await?;
    Ok(Some(match cures.is_empty() {
        true => Cause::Written(best),
        false => Cause::Missing(cures, best),
    }))
}

/// Whether the numbers grow with the tables at each step, and enough to be felt.
fn grows(counts: &[f64]) -> bool {
    let (Some(first), Some(last)) = (counts.first(), counts.last()) else {
        return false;
    };
    last - first >= FELT && counts.windows(2).all(|w| w[1] >= w[0].max(1.0) * 1.5)
}

/// What has to read everything: a search for a part of a text, a reply that says how many there are, a trigger's
/// or a function's own doing.
fn is_excused(cause: &Cause, ask: &Ask, seen: &[Seen], statement: &Statement) -> bool {
    let Cause::Written(best) = cause else {
        return false;
    };
    const SEARCHES: [&str; 5] = [" ~", "!~", "@@", "strpos(", "POSITION"];
    let conditions = best.plan.all().into_iter().flat_map(|n| &n.conditions);
    let searches = conditions
        .into_iter()
        .any(|(_, text)| SEARCHES.iter().any(|s| text.contains(s)));
    let says = |s: &Seen| s.answer.exchange.json().map_or(0.0, |body| greatest(&body));
    let counts: Vec<f64> = seen.iter().map(says).collect();
    searches
        || statement.nested
        || !ask.reads()
        || matches!(ask.what, What::Delete)
        || grows(&counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_growth_at_each_step() {
        assert!(grows(&[610.0, 1210.0, 2410.0]));
        assert!(!grows(&[610.0, 1210.0, 21.0]));
        assert!(!grows(&[21.0, 21.0, 21.0]));
        assert!(!grows(&[10.0, 20.0, 40.0]), "too little to be felt");
        assert!(!grows(&[1000.0, 1100.0, 1200.0]));
    }
}
