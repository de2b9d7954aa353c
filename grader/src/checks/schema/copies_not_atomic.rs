use super::stale_copy;
use crate::check::fan::{ReadSet, fan, holder};
use crate::check::retold::{Retold, change_all, hubs, says};
use crate::check::{QuietCx, a, note};
use crate::model::{Draft, Fault, Verdict};
use crate::probe::catalog::Catalog;
use crate::probe::changes::Commit;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// One fact of a thing is changed, and the database's own log of changes is read: in how many transactions
    /// the new value was written to tables that answers come from. It must be one. What is written to tables that
    /// nobody reads by the API (an audit, an outbox) may come in its own time.
    ///
    /// ## Why it matters
    /// Between two transactions there is a moment in which the service may die, and a request may look. Whoever keeps
    /// a fact twice and changes the copies one after the other has both values for that moment, and for ever if it
    /// goes wrong then.
    ///
    /// ## Passes
    /// ```text
    /// PATCH /customers/9      BEGIN; UPDATE customers …; UPDATE orders …; COMMIT
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PATCH /customers/9      UPDATE customers …; (committed)      UPDATE orders …; (committed)
    /// ```
    ///
    /// ## How to mend it
    /// Keep the fact once; then one statement is enough. Where a copy is there for a reason, change it in the same
    /// transaction as the original.
    pub static CHECK = {
        id: "schema.copies-not-atomic",
        summary: "the copies of one fact are changed in more than one transaction",
        concept: "transactions",
        severity: High,
        needs: [stale_copy::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["PostgreSQL manual, Transactions", "Haerder & Reuter 1983, Principles of transaction-oriented database recovery"],
        hints: [
            "Your service ends right after the first UPDATE of this request. What do the other tables say then?",
            "Statements that only together leave the data right belong into one transaction.",
            "Take one connection for the whole request, begin, change everything, and commit once at the end.",
        ],
        run,
    }
}

/// How many belong to the thing that is changed.
const AROUND: usize = 5;

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let Some(observer) = cx.observer().await? else {
        let why = "there is no database to look at".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let catalog = observer.catalog().await?;
    let mut findings = cx.findings();
    let mut judged = 0;
    for entity in hubs(cx) {
        let fan = control!(fan(cx, &entity, AROUND).await?);
        if !fan.is_wide() {
            continue;
        }
        let (_, read) = fan.look_and_trace(cx).await?;
        let changes = control!(cx.changes().await?);
        let facts = change_all(cx, &fan, Some(&changes)).await;
        changes.close().await?;
        for fact in facts? {
            let commits = kept(&catalog, &read, &fact);
            judged += usize::from(!commits.is_empty());
            if commits.len() > 1 {
                findings.add(draft(cx, &entity, &fact, &commits));
            }
        }
    }
    if judged == 0 {
        let why = "no fact that others could repeat can be changed here".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// The transactions that wrote the new value to tables that are read, each with the names of those tables.
fn kept(catalog: &Catalog, read: &ReadSet, fact: &Retold) -> Vec<Vec<String>> {
    let tables = |commit: &Commit| -> Vec<String> {
        let rows = commit.rows.iter().filter(|row| says(row, &fact.new));
        let tables = rows.filter_map(|row| holder(catalog, &row.table));
        let mut names: Vec<_> = tables
            .filter(|t| read.has(t))
            .map(ToString::to_string)
            .collect();
        names.sort();
        names.dedup();
        names
    };
    let all = fact.commits.iter().map(tables);
    all.filter(|tables| !tables.is_empty()).collect()
}

fn draft(cx: &QuietCx, entity: &str, fact: &Retold, commits: &[Vec<String>]) -> Draft {
    let name = &fact.fact;
    let mut evidence = vec![cx.seen("the change", &fact.change)];
    let told = commits.iter().enumerate().map(|(n, tables)| {
        let tables = tables.join("`, `");
        note(format!(
            "transaction {} wrote the new value to `{tables}`",
            n + 1
        ))
    });
    evidence.extend(told.take(5));
    Draft {
        subject: format!("{entity}.{name}"),
        saw: format!(
            "a change of the {name} of {} is more than one transaction",
            a(entity)
        ),
        expected: "one transaction for all places that hold the new value".to_owned(),
        actual: format!("{} transactions", commits.len()),
        evidence,
        ..Draft::default()
    }
}
