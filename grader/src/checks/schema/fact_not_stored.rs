use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::Value;

use crate::check;
use crate::check::{SurveyCx, note};
use crate::checks::endpoints::{created_differs, data_lost_on_restart};
use crate::model::{Draft, Fault, Verdict};
use crate::schema::domain::Origin;
use crate::schema::survey::Survey;

/// A text this long with digits in it is nobody else's.
const TELLING: usize = 10;

check! {
    /// ## What it looks at
    /// Every text that was planted and is unmistakable, in every cell of every table: as it was sent, in another
    /// case, inside documents and lists, as hex and base64. A fact of which none of all its values is found is
    /// stored nowhere. Numbers, dates and words from a short list may be written in ways that nobody can tell, so
    /// they are not asked for; and where a column holds what cannot be read, nothing is said.
    ///
    /// ## Why it matters
    /// What is kept in memory is gone with the process, a second replica never sees it, and no backup has it.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues {"name": "Harbour Hall zq7ab12"}    venues.name = 'Harbour Hall zq7ab12'
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues {"name": "Harbour Hall zq7ab12"}    no cell of any table has it
    /// ```
    ///
    /// ## How to mend it
    /// Write every fact of the contract to a column before you answer.
    pub static CHECK = {
        id: "schema.fact-not-stored",
        summary: "a fact that was sent stands nowhere in the database",
        concept: "persistence",
        severity: Critical,
        needs: [created_differs::CHECK, data_lost_on_restart::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["PostgreSQL manual 30 (Reliability and the Write-Ahead Log)"],
        hints: [
            "After your service has answered 201, in which table and column would you look for what was sent?",
            "What the service has promised to keep is in the database when it says so, or it is nowhere.",
            "Find the line that writes the fact; where there is none, add a column and write it in the same transaction as the rest.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    let survey = cx.survey();
    let mut findings = cx.findings();
    let cells = cells(&survey);
    for (k, kind) in survey.labels.domain.kinds.iter().enumerate() {
        for (f, fact) in kind.facts.iter().enumerate() {
            let values = telling(&survey, k, f);
            if fact.origin != Origin::Sent
                || values.is_empty()
                || values.iter().any(|v| stands(v, &cells))
            {
                continue;
            }
            let planted = survey.labels.facts.things.iter().zip(&survey.planted);
            let made = planted
                .filter(|(t, _)| t.kind == k)
                .find_map(|(_, p)| p.as_ref());
            let name = format!("{}.{}", kind.name, fact.name);
            findings.add(Draft {
                subject: name.clone(),
                saw: format!("{name} stands in no table"),
                expected: "each fact that was sent in a column of some table".to_owned(),
                actual: format!(
                    "none of {} values in any of {} cells",
                    values.len(),
                    cells.len()
                ),
                evidence: made
                    .map(|p| cx.seen("it was sent, and accepted", &p.created))
                    .into_iter()
                    .chain([note(format!("tables looked at: {}", tables(&survey)))])
                    .collect(),
                ..Draft::default()
            });
        }
    }
    if findings.is_empty() {
        return Ok(cx.clear());
    }
    match unreadable(&survey) {
        Some(column) => Ok(Verdict::Inconclusive {
            control: format!("`{column}` holds what cannot be read, and the facts may be there"),
        }),
        None => Ok(findings.verdict()),
    }
}

/// The values of a fact, lower case, that nothing else has.
fn telling(survey: &Survey, kind: usize, fact: usize) -> Vec<String> {
    let things = survey.labels.facts.things.iter().filter(|t| t.kind == kind);
    let texts = things.filter_map(|t| t.facts.get(fact)?.as_ref()?.as_str());
    let long = texts.filter(|t| {
        let digits = t.chars().any(|c| c.is_ascii_digit());
        t.len() >= TELLING && digits && t.chars().any(char::is_alphabetic) && !is_instant(t)
    });
    let mut all: Vec<String> = long.map(str::to_lowercase).collect();
    all.sort();
    all.dedup();
    all
}

fn is_instant(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::Date>().is_ok()
}

/// Every cell of every table, lower case.
fn cells(survey: &Survey) -> Vec<String> {
    let rows = survey.stored.iter().flat_map(|s| s.rows.rows.iter());
    rows.flatten().flatten().map(|c| c.to_lowercase()).collect()
}

/// Whether a value stands in some cell, in any spelling that a reader could undo.
fn stands(value: &str, cells: &[String]) -> bool {
    let escaped = Value::from(value).to_string();
    let hex: String = value.bytes().map(|b| format!("{b:02x}")).collect();
    let coded = STANDARD_NO_PAD.encode(value).to_lowercase();
    let words: Vec<&str> = value.split(|c: char| !c.is_alphanumeric()).collect();
    let mark = words
        .iter()
        .filter(|w| w.len() > 4 && w.chars().any(|c| c.is_ascii_digit()));
    let mark = mark.max_by_key(|w| w.len()).copied().unwrap_or(value);
    let forms = [value, escaped.trim_matches('"'), &hex, &coded, mark];
    cells
        .iter()
        .any(|cell| forms.iter().any(|f| cell.contains(f)))
}

/// A column in which anything could stand: bytes, or text that is long and no two rows share.
fn unreadable(survey: &Survey) -> Option<String> {
    for (at, stored) in survey.stored.iter().enumerate() {
        for (n, name) in stored.rows.columns.iter().enumerate() {
            let known = |l: &crate::schema::label::Labelled| {
                l.table == at && l.labels.iter().any(|l| l.column == n)
            };
            let column = stored.table.column(name);
            let Some(column) = column.filter(|_| !survey.labels.tables.iter().any(known)) else {
                continue;
            };
            let filled: Vec<&String> = stored
                .rows
                .rows
                .iter()
                .filter_map(|r| r[n].as_ref())
                .collect();
            let opaque = filled
                .iter()
                .all(|c| c.len() >= 24 && !c.contains(' ') && !c.starts_with(['{', '[']));
            let kind = column.base_type.as_str();
            let bytes = kind == "bytea";
            let text = kind == "text" || kind.starts_with("character");
            let uuid = filled.iter().all(|c| uuid::Uuid::parse_str(c).is_ok());
            if !filled.is_empty() && (bytes || text && opaque && !uuid) {
                return Some(format!("{}.{name}", stored.table));
            }
        }
    }
    None
}

fn tables(survey: &Survey) -> String {
    let names: Vec<String> = survey.stored.iter().map(|s| s.table.to_string()).collect();
    names.join(", ")
}
