use std::collections::BTreeSet;

use crate::check::{QuietCx, note};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::probe::catalog::Catalog;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// The tables and columns of the database, before and after two things of each kind are made and joined. None may
    /// be new. Partitions of a table and temporary tables are no new tables.
    ///
    /// ## Why it matters
    /// A table a customer, or a column a year, is data in the place of structure: no query can ask all of them, no key
    /// can refer to them, and the service needs the right to change the schema for every request.
    ///
    /// ## Passes
    /// ```text
    /// POST /events      201      the same tables and columns before and after
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /events      201      one table more: tickets_12
    /// ```
    ///
    /// ## How to mend it
    /// Make one table for all of them, with a column that says which one a row belongs to, in a migration. Where
    /// there are too many rows for one table, partition it.
    pub static CHECK = {
        id: "schema.made-at-run-time",
        summary: "a request makes a table or a column",
        concept: "normal-forms",
        severity: High,
        needs: [created_differs::CHECK],
        world: Fresh,
        alone: Quiet,
        runtimes: ALL,
        refs: ["Karwin 2010, SQL Antipatterns, Metadata Tribbles"],
        hints: [
            "Which of your requests runs CREATE or ALTER, and what would it be for a thousand customers?",
            "What differs from case to case is data, and data stands in rows.",
            "Move the case from the name of the table into a column, and the CREATE TABLE into a migration.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let Some(observer) = cx.observer().await? else {
        let why = "there is no database to look at".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut before = names(&observer.catalog().await?);
    // Each kind after those it belongs to: the first that makes a table is the one that does.
    for entity in cx.planter().plantable() {
        let mut last = None;
        for _ in 0..2 {
            last = Some(control!(cx.planter().plant(&entity).await?));
        }
        let after = names(&observer.catalog().await?);
        if let (Some(planted), Some(new)) = (last, fresh(&before, &after)) {
            let line = pack
                .entity(&entity)
                .and_then(|e| e.maker().map(|op| cx.line(op)));
            findings.add(draft(cx, &entity, line, new, &planted.created));
            return Ok(findings.verdict());
        }
        before = after;
    }
    for (name, link) in &pack.links {
        let Ok(linked) = cx.planter().link(name).await? else {
            continue;
        };
        let after = names(&observer.catalog().await?);
        if let Some(new) = fresh(&before, &after) {
            let line = link.set.as_ref().map(|call| cx.line(&call.op));
            findings.add(draft(cx, name, line, new, &linked.created));
            return Ok(findings.verdict());
        }
        before = after;
    }
    Ok(findings.verdict())
}

fn draft(cx: &QuietCx, kind: &str, line: Option<String>, new: String, made: &Exchange) -> Draft {
    Draft {
        subject: format!("making one: {kind}"),
        touches: line.into_iter().collect(),
        saw: format!(
            "the tables are others after a new {} was made",
            kind.replace('_', " ")
        ),
        expected: "the same tables and columns before and after".to_owned(),
        actual: new,
        evidence: vec![
            cx.seen("the request", made),
            note("nobody else asked anything meanwhile"),
        ],
        ..Draft::default()
    }
}

/// Tables, views and columns by their names.
fn names(catalog: &Catalog) -> BTreeSet<String> {
    let tables = catalog.tables.iter().flat_map(|table| {
        let columns = table.columns.iter();
        let columns = columns.map(move |c| format!("the column `{}` of `{table}`", c.name));
        [format!("the table `{table}`")].into_iter().chain(columns)
    });
    let views = catalog.views.iter();
    let views = views.map(|v| format!("the view `{}.{}`", v.schema, v.name));
    tables.chain(views).collect()
}

/// What is new; of a new table not its columns too.
fn fresh(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Option<String> {
    let mut new: Vec<_> = after.difference(before).map(String::as_str).collect();
    if new.iter().any(|n| !n.starts_with("the column")) {
        new.retain(|n| !n.starts_with("the column"));
    }
    (!new.is_empty()).then(|| new.join(", "))
}
