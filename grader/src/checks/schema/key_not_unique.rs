use std::collections::BTreeSet;

use crate::check::home::{Home, homes};
use crate::check::{QuietCx, note};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Evidence, Fault, Verdict};
use crate::pack::Entity;
use crate::probe::catalog::{Catalog, Column, Table};
use crate::probe::sql::{Editor, Ran, SqlError};
use crate::runtime::postgres::{ident, literal};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// The project says which values no two things share (a venue's name in its city, a customer's e-mail). A thing is
    /// made, and its row is inserted a second time, straight into the database with the service's own rights, under
    /// another number, in a transaction that is taken back. The database must refuse it. A unique index over an
    /// expression (`lower(email)`) or over the rows that are not marked as removed does.
    ///
    /// ## Why it matters
    /// Code looks first and writes then, and between the two somebody else writes. Only the database sees both.
    ///
    /// ## Passes
    /// ```text
    /// INSERT INTO venue (name, city, …) VALUES ('Paradiso', 'Amsterdam', …)
    /// ERROR:  duplicate key value violates unique constraint "venue_name_in_city"
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// INSERT INTO venue (name, city, …) VALUES ('Paradiso', 'Amsterdam', …)
    /// INSERT 0 1
    /// ```
    ///
    /// ## How to mend it
    /// Add a unique constraint over exactly these columns, in a migration, and turn its error (SQLSTATE 23505) into
    /// the refusal that the contract asks for.
    pub static CHECK = {
        id: "schema.key-not-unique",
        summary: "the database takes two rows where the domain allows one",
        concept: "keys",
        severity: Critical,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: ALL,
        refs: ["Bailis et al., Feral concurrency control, SIGMOD 2015", "CFinder, ASPLOS 2023", "PostgreSQL SQLSTATE 23505"],
        hints: [
            "What keeps two requests at the same moment from making the same venue twice?",
            "A rule about all rows can only be kept by whoever sees all rows: the database.",
            "Add `UNIQUE` over these columns in a migration; then the look before the insert may go, and the error becomes the 409.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let (Some(observer), Some(editor)) = (cx.observer().await?, cx.editor().await?) else {
        let why = "there is no database to look at".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let pack = cx.pack();
    let mut findings = cx.findings();
    let (mut judged, mut doubt) = (0, None);
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name) else {
            continue;
        };
        let sets = declared(entity);
        if sets.is_empty() {
            continue;
        }
        let planted = control!(cx.planter().plant(&name).await?);
        let homes = homes(cx, &observer, &planted).await?;
        let catalog = observer.catalog().await?;
        for set in sets {
            let mut tried = Vec::new();
            for home in &homes {
                tried.push(try_again(&editor, &catalog, home, &set).await?);
            }
            // One place that keeps the rule is enough: others may be histories.
            if tried.iter().any(|t| matches!(t, Tried::Refused)) {
                judged += 1;
                continue;
            }
            let unclear = tried.iter().find_map(|t| match t {
                Tried::Unclear(why) => Some(why.clone()),
                _ => None,
            });
            let taken = tried.into_iter().find_map(|t| match t {
                Tried::Taken(sql) => Some(sql),
                _ => None,
            });
            match (unclear, taken) {
                (None, Some(sql)) => {
                    judged += 1;
                    findings.add(draft(&name, &set, &homes, &sql));
                }
                (Some(why), _) => doubt = Some(format!("{name}: {why}")),
                (None, None) => {
                    doubt = Some(format!("{name}: no row was found that holds what was sent"));
                }
            }
        }
    }
    if let (true, Some(control)) = (findings.is_empty(), doubt) {
        return Ok(Verdict::Inconclusive { control });
    }
    if judged == 0 {
        let why = "the project says of nothing that no two share it".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// The sets that no two share, by the names of facts and parents: what the project says, and the fact by which a thing
/// is known.
fn declared(entity: &Entity) -> Vec<Vec<String>> {
    let mut sets = entity.unique.clone();
    let natural = entity.natural_key().map(|fact| vec![fact.name.clone()]);
    if let Some(natural) = natural.filter(|n| !sets.contains(n)) {
        sets.push(natural);
    }
    sets
}

/// What came of a second row like the first.
enum Tried {
    /// The database refused it as a duplicate.
    Refused,
    /// It took it; the statement.
    Taken(String),
    /// It refused it for another reason, which says nothing.
    Unclear(String),
}

/// Inserts the row again, with other values where only the row's own number must be another, and takes it back.
async fn try_again(
    editor: &Editor,
    catalog: &Catalog,
    home: &Home,
    set: &[String],
) -> Result<Tried, Fault> {
    let table = &home.table;
    let declared: BTreeSet<&str> = home
        .facts
        .iter()
        .filter(|(fact, _)| set.contains(fact))
        .map(|(_, column)| column.as_str())
        .collect();
    if declared.is_empty() {
        return Ok(Tried::Unclear(
            "where its key stands was not found".to_owned(),
        ));
    }
    let mut other = numbers(table, &declared);
    // What refuses for the sake of another key is given another value there, one key after the other.
    for _ in 0..4 {
        let sql = insert(home, &other);
        let answers = editor.try_and_undo(&[&sql]).await?;
        let Some(refused) = answers.iter().find_map(Ran::refused) else {
            let done = matches!(answers.first(), Some(Ran::Done { affected: 1, .. }));
            return Ok(match done {
                true => Tried::Taken(sql),
                false => Tried::Unclear("the row could not be found again".to_owned()),
            });
        };
        match refused.sqlstate.as_str() {
            "23505" | "23P01" => {
                let columns = columns_of(catalog, table, refused);
                if columns.is_empty() || columns.iter().any(|c| declared.contains(c.as_str())) {
                    return Ok(Tried::Refused);
                }
                let before = other.len();
                other.extend(columns);
                if other.len() == before {
                    return Ok(Tried::Unclear(refused.message.clone()));
                }
            }
            _ => return Ok(Tried::Unclear(refused.message.clone())),
        }
    }
    Ok(Tried::Unclear("other keys are in the way".to_owned()))
}

/// The columns of the primary key that are not what the project declares.
fn numbers(table: &Table, declared: &BTreeSet<&str>) -> BTreeSet<String> {
    let key = table.primary_key.iter().flat_map(|k| &k.columns);
    let mut columns: BTreeSet<String> = key.cloned().collect();
    if columns.iter().any(|c| declared.contains(c.as_str())) {
        columns.clear();
    }
    columns
}

/// The columns over which the index stands that refused; those its expressions name as well.
fn columns_of(catalog: &Catalog, table: &Table, refused: &SqlError) -> BTreeSet<String> {
    let Some(name) = refused.constraint.as_ref() else {
        return BTreeSet::new();
    };
    let tables = catalog
        .tables
        .iter()
        .filter(|t| t.to_string() == table.to_string());
    let mut indexes = tables.flat_map(|t| &t.indexes).filter(|i| i.name == *name);
    let Some(index) = indexes.next() else {
        return BTreeSet::new();
    };
    let mut columns = BTreeSet::new();
    for key in &index.keys {
        match &key.column {
            Some(column) => drop(columns.insert(column.clone())),
            None => columns.extend(
                table
                    .columns
                    .iter()
                    .filter(|c| key.text.contains(c.name.as_str()))
                    .map(|c| c.name.clone()),
            ),
        }
    }
    columns
}

/// `INSERT … SELECT` of the row itself: what is in `other` gets a value of its own, or its default.
fn insert(home: &Home, other: &BTreeSet<String>) -> String {
    let table = &home.table;
    let name = format!("{}.{}", ident(&table.schema), ident(&table.name));
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for column in table.columns.iter().filter(|c| c.generated.is_none()) {
        if !other.contains(&column.name) {
            columns.push(ident(&column.name));
            values.push(ident(&column.name));
        } else if column.default.is_none() && !column.identity {
            columns.push(ident(&column.name));
            values.push(fresh(column, &name));
        }
    }
    let same: Vec<String> = home
        .row
        .iter()
        .filter_map(|(column, cell)| {
            let cell = cell.as_ref()?;
            let text = format!("{}::pg_catalog.text", ident(column));
            home.facts
                .values()
                .any(|c| c == column)
                .then(|| format!("{text} OPERATOR(pg_catalog.=) {}", literal(cell)))
        })
        .collect();
    format!(
        "INSERT INTO {name} ({}) SELECT {} FROM {name} WHERE {} LIMIT 1",
        columns.join(", "),
        values.join(", "),
        same.join(" AND ")
    )
}

/// A value of the column's type that no row has.
fn fresh(column: &Column, table: &str) -> String {
    let name = ident(&column.name);
    match column.base_type.as_str() {
        "uuid" => "pg_catalog.gen_random_uuid()".to_owned(),
        "smallint" | "integer" | "bigint" | "numeric" => {
            format!("(SELECT pg_catalog.max({name}) OPERATOR(pg_catalog.+) 1 FROM {table})")
        }
        _ => format!("{name} OPERATOR(pg_catalog.||) 'x'"),
    }
}

fn draft(entity: &str, set: &[String], homes: &[Home], sql: &str) -> Draft {
    let words = set.join(" and ");
    let table = homes
        .first()
        .map(|h| h.table.to_string())
        .unwrap_or_default();
    let indexes = homes.first().map(|h| {
        let unique = h.table.indexes.iter().filter(|i| i.unique);
        unique
            .map(|i| i.name.clone())
            .collect::<Vec<_>>()
            .join("`, `")
    });
    let indexes = indexes.filter(|i| !i.is_empty());
    Draft {
        subject: format!("{entity}: {words}"),
        saw: format!("`{table}` takes two rows with the same {words}"),
        expected: "the database refuses the second one (SQLSTATE 23505)".to_owned(),
        actual: "it took it; it was taken back at once".to_owned(),
        evidence: vec![
            Evidence::Log {
                says: "the statement that was taken, in a transaction that was rolled back"
                    .to_owned(),
                lines: vec![sql.to_owned()],
            },
            note(match indexes {
                Some(names) => format!("the unique indexes of `{table}` are `{names}`"),
                None => format!("`{table}` has no unique index"),
            }),
        ],
        ..Draft::default()
    }
}
