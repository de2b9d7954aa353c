use crate::check::{BreaksCx, note};
use crate::model::{Draft, Evidence, Fault, Verdict};
use crate::probe::catalog::Catalog;
use crate::runtime::{BootStory, Changes, Released, Stop, Trouble};
use crate::{check, outcome};

check! {
    /// ## What it looks at
    /// The service comes up on an empty database, and what it made there is written down: tables, columns with their
    /// types and defaults, keys, constraints, indexes, sequences, views. It is started again on that database, and
    /// once more on an empty one. All three must be the same.
    ///
    /// ## Why it matters
    /// The schema that a migration makes is the one that was tried. If it depends on the day, on a file beside the
    /// service or on what was there before, production gets another one, and the first to see it is a customer.
    ///
    /// ## Passes
    /// ```text
    /// (an empty database; the service starts)      6 tables, 9 indexes
    /// (another empty database)                     the same 6 tables, the same 9 indexes
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// (an empty database; the service starts)      public.lines is there
    /// (another empty database)                     public.lines is not there
    /// ```
    ///
    /// ## How to mend it
    /// Write down every change of the schema in a migration, run all of them in order, and keep in the database, and
    /// nowhere else, which ones have run.
    pub static CHECK = {
        id: "schema.migrations-differ",
        summary: "the same migrations make another schema the next time",
        concept: "constraints",
        severity: High,
        needs: [],
        world: Main,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["12factor X Dev/prod parity", "12factor XII Admin processes"],
        hints: [
            "If your database was lost today, what would make exactly this schema again?",
            "A schema is code: the same source gives the same result on every empty database.",
            "Move each CREATE and ALTER into a numbered migration, use no names that are made up at run time, and record in a table which ones have run.",
        ],
        run,
    }
}

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let first = schema(cx).await?;
    if first.tables.is_empty() {
        let why = "the service has no tables when it is up".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    let mut findings = cx.findings();
    match outcome!(again(cx).await) {
        Ok(second) => {
            findings.extend(differ("a second start", &first, &second));
        }
        Err(story) => return Ok(inconclusive("it did not come up a second time", &story)),
    }
    match outcome!(anew(cx).await) {
        Ok(third) => findings.extend(differ("another empty database", &first, &third)),
        Err(story) => findings.add(Draft {
            subject: "another empty database".to_owned(),
            saw: "the service does not come up on a second empty database".to_owned(),
            expected: "the schema of the first".to_owned(),
            actual: story.summary.clone(),
            evidence: vec![Evidence::Log {
                says: "its last lines".to_owned(),
                lines: story.log_tail.clone(),
            }],
            ..Draft::default()
        }),
    }
    Ok(findings.verdict())
}

fn inconclusive(what: &str, story: &BootStory) -> Verdict {
    Verdict::Inconclusive {
        control: format!("{what}: {}", story.summary),
    }
}

async fn schema(cx: &BreaksCx) -> Result<Catalog, Fault> {
    match cx.observer().await? {
        Some(observer) => observer.catalog().await,
        None => Err(Fault::new(
            "reading the tables",
            "this world has no database",
        )),
    }
}

/// The schema after another start on the same database.
async fn again(cx: &mut BreaksCx) -> Result<Catalog, Trouble> {
    cx.restart(Stop::Term).await?;
    Ok(schema(cx).await?)
}

/// The schema after a release and a start on an empty database.
async fn anew(cx: &mut BreaksCx) -> Result<Catalog, Trouble> {
    cx.stop(Stop::Kill).await?;
    cx.empty_database().await?;
    if let Some(story) = cx.release(1).await?.into_iter().find_map(Released::err) {
        return Err(Trouble::Story(story));
    }
    cx.launch(&Changes::new()).await?;
    let within = cx.pack().service.within;
    cx.ready(within).await?;
    Ok(schema(cx).await?)
}

/// What is different, in a learner's words.
fn differ(subject: &str, first: &Catalog, second: &Catalog) -> Option<Draft> {
    if first == second {
        return None;
    }
    let mut all = Vec::new();
    for table in &first.tables {
        match second.table(&table.schema, &table.name) {
            None => all.push(format!("`{table}` is not there")),
            Some(other) if other != table => all.push(format!("`{table}` looks otherwise")),
            Some(_) => {}
        }
    }
    let new = second
        .tables
        .iter()
        .filter(|t| first.table(&t.schema, &t.name).is_none());
    all.extend(new.map(|table| format!("`{table}` is new")));
    if all.is_empty() {
        all.push("views, sequences or extensions are others".to_owned());
    }
    Some(Draft {
        subject: subject.to_owned(),
        saw: format!("on {subject} the schema is another one"),
        expected: "the schema of the first start".to_owned(),
        actual: all.join(", "),
        evidence: vec![note(
            "tables, columns, keys, constraints, indexes, sequences and views were compared",
        )],
        ..Draft::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::catalog::{Column, Table};

    #[test]
    fn the_same_schema_is_no_finding() {
        let table = |columns: &[&str]| Table {
            schema: "public".into(),
            name: "t".into(),
            columns: columns
                .iter()
                .map(|c| Column {
                    name: (*c).into(),
                    ..Column::default()
                })
                .collect(),
            ..Table::default()
        };
        let catalog = |tables| Catalog {
            tables,
            ..Catalog::default()
        };
        let one = catalog(vec![table(&["a"])]);
        assert_eq!(differ("x", &one, &one.clone()), None);
        let other = differ("x", &one, &catalog(vec![table(&["a", "b"])])).unwrap();
        assert_eq!(other.actual, "`public.t` looks otherwise");
        let none = differ("x", &one, &catalog(Vec::new())).unwrap();
        assert_eq!(none.actual, "`public.t` is not there");
    }
}
