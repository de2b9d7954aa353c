use std::collections::BTreeMap;

use super::stale_copy;
use crate::check::fan::{fan, holder};
use crate::check::retold::{Retold, change_all, hubs, says};
use crate::check::{QuietCx, a, note};
use crate::model::{Draft, Fault, Verdict};
use crate::probe::catalog::{Action, Catalog};
use crate::probe::changes::{Changes, Deed};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// One fact of a thing is changed, once with five others that belong to it and once with ten. The database's own
    /// log of changes says how many rows were written with the new value. It must be as many both times. Where a
    /// foreign key carries a natural key along (`ON UPDATE CASCADE`), that is mentioned and costs nothing.
    ///
    /// ## Why it matters
    /// Whoever rewrites a thousand rows to change one fact has kept that fact a thousand times. It is slow, it locks
    /// a thousand rows, and the one way of changing it that forgets the copies is yet to be written.
    ///
    /// ## Passes
    /// ```text
    /// PATCH /customers/9 {"name": …}      5 orders: 1 row      10 orders: 1 row
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PATCH /customers/9 {"name": …}      5 orders: 6 rows     10 orders: 11 rows
    /// ```
    ///
    /// ## How to mend it
    /// Keep the fact where it belongs and nowhere else, and join it when it is shown. Then a change is one row, and
    /// there is nothing to keep in step.
    pub static CHECK = {
        id: "schema.update-amplified",
        summary: "one change rewrites as many rows as there are copies of the fact",
        concept: "anomalies",
        severity: Low,
        needs: [stale_copy::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Codd 1972, Further normalization of the data base relational model", "arXiv 2601.10130"],
        hints: [
            "How many rows does your service write when one customer with a thousand orders is renamed?",
            "The number of rows that a change of one fact writes is the number of times the fact is kept.",
            "Look for the trigger or the second UPDATE that keeps a copied column in step, and drop it together with the column.",
        ],
        run,
    }
}

/// How many belong to the thing that is changed first; the second time it is twice as many.
const AROUND: usize = 5;

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let Some(observer) = cx.observer().await? else {
        let why = "there is no database to look at".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let catalog = observer.catalog().await?;
    let (mut wrong, mut notes) = (cx.findings(), cx.findings());
    let mut judged = 0;
    for entity in hubs(cx) {
        let few = control!(fan(cx, &entity, AROUND).await?);
        let many = control!(fan(cx, &entity, 2 * AROUND).await?);
        if !few.is_wide() {
            continue;
        }
        let changes = control!(cx.changes().await?);
        let told = both(cx, [&few, &many], &changes).await;
        changes.close().await?;
        let (once, twice) = told?;
        for first in &once {
            let Some(second) = twice.iter().find(|f| f.fact == first.fact) else {
                continue;
            };
            judged += 1;
            let grown = grown(&catalog, first, second);
            if grown.is_empty() {
                continue;
            }
            let carried = grown.iter().all(|(table, _)| is_carried(&catalog, table));
            let findings = if carried { &mut notes } else { &mut wrong };
            findings.add(draft(cx, &entity, first, second, &grown));
        }
    }
    if judged == 0 {
        let why = "no fact that others could repeat can be changed here".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    if wrong.is_empty() {
        return Ok(notes.advice());
    }
    Ok(wrong.verdict())
}

async fn both(
    cx: &mut QuietCx,
    [few, many]: [&crate::check::fan::Fan; 2],
    changes: &Changes,
) -> Result<(Vec<Retold>, Vec<Retold>), Fault> {
    let once = change_all(cx, few, Some(changes)).await?;
    let twice = change_all(cx, many, Some(changes)).await?;
    Ok((once, twice))
}

/// The rows of each table that were written with the new value.
fn written(catalog: &Catalog, fact: &Retold) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for row in fact.commits.iter().flat_map(|c| &c.rows) {
        if row.deed == Deed::Update
            && says(row, &fact.new)
            && let Some(table) = holder(catalog, &row.table)
        {
            *counts.entry(table.to_string()).or_default() += 1;
        }
    }
    counts
}

/// The tables of which so many more rows were written as more belonged to the thing, and both counts.
fn grown(catalog: &Catalog, first: &Retold, second: &Retold) -> Vec<(String, (usize, usize))> {
    let (once, twice) = (written(catalog, first), written(catalog, second));
    let pair = |(table, n): (String, usize)| {
        let before = once.get(&table).copied().unwrap_or_default();
        (n >= before + AROUND).then_some((table, (before, n)))
    };
    twice.into_iter().filter_map(pair).collect()
}

/// Whether a foreign key of the table takes over what changes in the key it refers to.
fn is_carried(catalog: &Catalog, table: &str) -> bool {
    let table = catalog.tables.iter().find(|t| t.to_string() == table);
    table.is_some_and(|t| {
        t.foreign_keys
            .iter()
            .any(|k| k.on_update == Action::Cascade)
    })
}

fn draft(
    cx: &QuietCx,
    entity: &str,
    first: &Retold,
    second: &Retold,
    grown: &[(String, (usize, usize))],
) -> Draft {
    let fact = &first.fact;
    let total = |pick: fn(&(usize, usize)) -> usize| -> usize {
        grown.iter().map(|(_, counts)| pick(counts)).sum()
    };
    let line = |(table, (few, many)): &(String, (usize, usize))| {
        note(format!(
            "`{table}`: {few} rows with {AROUND} that belong to it, {many} rows with {}",
            2 * AROUND
        ))
    };
    let mut evidence = vec![cx.seen("the change, with more that belong to it", &second.change)];
    evidence.extend(grown.iter().map(line));
    Draft {
        subject: format!("{entity}.{fact}"),
        saw: format!("a change of the {fact} of {} rewrites many rows", a(entity)),
        expected: format!(
            "as many rows with {} that belong to it as with {AROUND}",
            2 * AROUND
        ),
        actual: format!("{} rows, then {}", total(|c| c.0), total(|c| c.1)),
        evidence,
        ..Draft::default()
    }
}
