use crate::check;
use crate::check::{SurveyCx, note};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Fault, Verdict};
use crate::probe::catalog::Table;

check! {
    /// ## What it looks at
    /// Every table in which planted facts stand and that a reading request looks at. The tables of migration tools
    /// are left out. A unique constraint over columns that are all NOT NULL does the same work and is mentioned
    /// only.
    ///
    /// ## Why it matters
    /// Without a key nothing keeps the same row from standing twice, no foreign key can point at one, and tools
    /// that copy a table by its keys cannot copy this one.
    ///
    /// ## Passes
    /// ```text
    /// CREATE TABLE lineup (event_id …, performer_id …, PRIMARY KEY (event_id, performer_id))
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// CREATE TABLE lineup (event_id …, performer_id …)
    /// ```
    ///
    /// ## How to mend it
    /// Declare the primary key in a migration. Where rows are there already, remove those that stand twice first.
    pub static CHECK = {
        id: "schema.primary-key-missing",
        summary: "a table with facts in it has no primary key",
        concept: "keys",
        severity: High,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Codd 1970, A Relational Model of Data for Large Shared Data Banks", "PostgreSQL manual 5.5.4 (Primary Keys)"],
        hints: [
            "How would you delete one of two rows that are equal in every column?",
            "A row is known by its primary key: never NULL, never twice.",
            "Name the columns that tell rows apart and add `PRIMARY KEY (…)`; for a link table those are the keys of both sides.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    let survey = cx.survey();
    let (mut wrong, mut advice) = (cx.findings(), cx.findings());
    for labelled in &survey.labels.tables {
        let (stored, view) = (&survey.stored[labelled.table], survey.labels.view(labelled));
        let Some(view) = view.filter(|_| stored.read && stored.table.primary_key.is_none()) else {
            continue;
        };
        let kind = |k: &usize| survey.labels.domain.kinds[*k].name.clone();
        let about: Vec<String> = view.roots.iter().map(kind).collect();
        let draft = Draft {
            subject: format!("the table of {}", about.join(" and ")),
            saw: format!("`{}` has no primary key", stored.table),
            expected: "a primary key in every table".to_owned(),
            actual: "the catalog shows none".to_owned(),
            evidence: vec![
                stored.rows.evidence("what the table holds"),
                note(format!("its columns: {}", columns(&stored.table))),
            ],
            ..Draft::default()
        };
        match has_other_key(&stored.table) {
            true => advice.add(draft),
            false => wrong.add(draft),
        }
    }
    match wrong.is_empty() {
        true => Ok(cx.clear_with(advice)),
        false => Ok(wrong.verdict()),
    }
}

/// Whether a unique constraint or index over columns that are never NULL does a primary key's work.
fn has_other_key(table: &Table) -> bool {
    let never_null = |name: &String| table.column(name).is_some_and(|c| c.not_null);
    let constraint = table
        .uniques
        .iter()
        .any(|u| u.columns.iter().all(never_null));
    let index = table.indexes.iter().any(|i| {
        let plain = |k: &crate::probe::catalog::IndexKey| k.column.as_ref().is_some_and(never_null);
        i.unique && i.usable && i.predicate.is_none() && i.keys.iter().all(plain)
    });
    constraint || index
}

fn columns(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    names.join(", ")
}
