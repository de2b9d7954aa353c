use std::collections::BTreeMap;

use crate::check;
use crate::check::{SurveyCx, note};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Fault, Verdict};
use crate::schema::survey::{Held, Survey};

check! {
    /// ## What it looks at
    /// Columns whose planted values are keys of other things: keys that the API shows, keys that only the database
    /// knows, and natural ones. At least one column for each reference must be part of a foreign key that has been
    /// checked. Histories, audit logs and what no request reads are left out, and so are references to things that
    /// have no table of their own.
    ///
    /// ## Why it matters
    /// Code that checks before it inserts is right until two requests come at once, somebody repairs data by hand,
    /// or a second program writes. Then rows point at nothing, and joins lose them without a word.
    ///
    /// ## Passes
    /// ```text
    /// venue_id bigint NOT NULL REFERENCES venues (id)
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// venue_id bigint NOT NULL
    /// ```
    ///
    /// ## How to mend it
    /// Declare the foreign key in a migration, and say what shall become of the rows when the other one is deleted:
    /// nothing (the default refuses), CASCADE, or SET NULL.
    pub static CHECK = {
        id: "schema.reference-without-foreign-key",
        summary: "a column refers to another table and nothing keeps it true",
        concept: "foreign-keys",
        severity: High,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["PostgreSQL manual 5.5.5 (Foreign Keys)", "CFinder, ASPLOS 2023"],
        hints: [
            "What does the database do when somebody deletes the row that this column points at?",
            "A reference is a promise that the other row is there; only a foreign key makes the database keep it.",
            "Remove the values that point at nothing, then `ALTER TABLE … ADD FOREIGN KEY (…) REFERENCES …`.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    let survey = cx.survey();
    let mut findings = cx.findings();
    let all = survey.held();
    let mut references: BTreeMap<(String, usize), Vec<&Held<'_>>> = BTreeMap::new();
    for held in all
        .iter()
        .filter(|h| h.path.len() == 1 && survey.identifies(h))
    {
        let key = (held.table.to_string(), held.path[0]);
        references.entry(key).or_default().push(held);
    }
    for columns in references.into_values() {
        let Some(first) = columns.first().filter(|h| has_home(&all, h.kind)) else {
            continue;
        };
        if columns.iter().any(|h| is_kept(h)) {
            continue;
        }
        findings.add(draft(&survey, first, &columns));
    }
    match findings.is_empty() {
        true => Ok(cx.clear()),
        false => Ok(findings.verdict()),
    }
}

/// Whether things of this kind have a table to refer to.
fn has_home(all: &[Held<'_>], kind: usize) -> bool {
    all.iter().any(|h| h.root == kind && h.path.is_empty())
}

/// Whether a foreign key that has been checked covers the column.
fn is_kept(held: &Held<'_>) -> bool {
    let mut keys = held.table.foreign_keys.iter();
    keys.any(|f| f.valid && f.columns.contains(&held.column.name))
}

fn draft(survey: &Survey, held: &Held<'_>, columns: &[&Held<'_>]) -> Draft {
    let (table, column) = (held.table, &held.column.name);
    let unchecked = table
        .foreign_keys
        .iter()
        .any(|f| f.columns.contains(column));
    let names: Vec<String> = columns
        .iter()
        .map(|h| format!("`{}`", h.column.name))
        .collect();
    Draft {
        subject: survey.called(held),
        saw: format!(
            "`{table}` refers by {} without a foreign key",
            names.join(", ")
        ),
        expected: format!("a foreign key that keeps {} true", survey.called(held)),
        actual: match unchecked {
            true => "there is one, but it is not valid: what is there was never checked".to_owned(),
            false => "the catalog shows none".to_owned(),
        },
        evidence: vec![
            survey.rows_of(
                held,
                &names_of(columns),
                "the values are keys of other things",
            ),
            note(format!(
                "every planted row of `{table}` holds {} there",
                survey.called(held)
            )),
        ],
        ..Draft::default()
    }
}

fn names_of(columns: &[&Held<'_>]) -> Vec<String> {
    columns.iter().map(|h| h.column.name.clone()).collect()
}
