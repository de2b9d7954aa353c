use serde_json::Value;

use crate::check;
use crate::check::{SurveyCx, note};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Fault, Verdict};
use crate::pack::Pack;
use crate::probe::sql::{Editor, Ran};
use crate::runtime::postgres::{ident, literal};
use crate::schema::domain::What;
use crate::schema::label::Spelling;
use crate::schema::survey::{Held, Survey};

/// A word that is on nobody's list.
const WORD: &str = "zq7-unheard-of";
/// Nothing here waits for anybody: nobody else is in this world.
const PATIENCE: &str = "SET LOCAL lock_timeout = '2s'";

check! {
    /// ## What it looks at
    /// Planted rows, one at a time, given a value that the contract refuses: a word outside a closed list, a number
    /// below the smallest where that is 0 or 1. It is tried with the service’s own role in a transaction that is
    /// taken back. The database must refuse it, by a check, a type, a foreign key or a trigger.
    ///
    /// ## Why it matters
    /// The code that checks is not the only one that writes: migrations, scripts, an older version still running. A
    /// negative quantity in one row is a wrong sum in every report.
    ///
    /// ## Passes
    /// ```text
    /// UPDATE events SET status = 'unheard-of'     ERROR: violates check constraint
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// UPDATE events SET status = 'unheard-of'     UPDATE 1
    /// ```
    ///
    /// ## How to mend it
    /// One check for each closed list and each sign. What changes with every release may stay in the code.
    pub static CHECK = {
        id: "schema.rule-only-in-code",
        summary: "the database accepts what the API refuses",
        concept: "constraints",
        severity: Low,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["PostgreSQL manual 5.5.1 (Check Constraints)", "CFinder, ASPLOS 2023"],
        hints: [
            "Who else writes to this table, now or in a year, and do they all know the rule?",
            "Rules that will not change (a closed list of states, no negative amounts) belong to the table too: there they hold for everybody.",
            "Add `CHECK (status IN (…))` or `CHECK (price_cents >= 0)` in a migration; a foreign key to a table of the allowed values does as well.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    let (survey, pack) = (cx.survey(), cx.pack());
    let Some(editor) = cx.editor().await? else {
        let why = "there is no database to write to".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let mut findings = cx.findings();
    let mut tried = 0;
    for held in survey.held() {
        let Some((rule, value)) = refused(&survey, &pack, &held) else {
            continue;
        };
        let Some((honest, asked)) = statements(&held, &value) else {
            continue;
        };
        // C+: the same statement with the value that is there already is accepted.
        if !accepts(&editor, &honest).await? {
            continue;
        }
        tried += 1;
        if accepts(&editor, &asked).await? {
            findings.add(draft(&survey, &held, &rule, &asked));
        }
    }
    if tried == 0 {
        let why = "the contract has no closed list and no smallest number that a column could keep"
            .to_owned();
        return Ok(Verdict::Skipped { why });
    }
    match findings.is_empty() {
        true => Ok(cx.clear()),
        false => Ok(findings.verdict()),
    }
}

/// A rule of the contract, and a value that breaks it as the column would be given it.
fn refused(survey: &Survey, pack: &Pack, held: &Held<'_>) -> Option<(String, String)> {
    let kind = &survey.labels.domain.kinds[held.kind];
    let What::Fact(n) = held.what else {
        return None;
    };
    if !held.path.is_empty() || held.spelling != Spelling::Plain {
        return None;
    }
    let fact = pack.fact(&kind.name, &kind.facts[n].name)?;
    let schema = pack.contract.follow(&fact.schema);
    if let Some(all) = schema.get("enum").and_then(Value::as_array) {
        let words = all.iter().all(|v| v.is_string());
        let says = format!("one of {}", Value::from(all.clone()));
        return words.then(|| (says, literal(WORD)));
    }
    let least = schema.get("minimum").and_then(Value::as_i64)?;
    (least == 0 || least == 1).then(|| (format!("at least {least}"), (least - 1).to_string()))
}

/// The column of one planted row set to what it is, and to this value.
fn statements(held: &Held<'_>, value: &str) -> Option<(String, String)> {
    let ours = held.ours.iter().zip(held.cells);
    let cell = ours
        .filter(|(may, _)| !may.is_empty())
        .find_map(|(_, cell)| cell.as_ref())?;
    let column = ident(&held.column.name);
    let table = format!("{}.{}", ident(&held.table.schema), ident(&held.table.name));
    let set = |to: &str| {
        format!(
            "UPDATE {table} SET {column} = {to} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} \
             WHERE {column}::pg_catalog.text = {} LIMIT 1))",
            literal(cell)
        )
    };
    Some((set(&column), set(value)))
}

/// Whether the database takes it; whatever happens is taken back.
async fn accepts(editor: &Editor, sql: &str) -> Result<bool, Fault> {
    let ran = editor.try_and_undo(&[PATIENCE, sql]).await?;
    let done = ran.iter().all(|r| r.refused().is_none());
    let hit = ran
        .get(1)
        .is_some_and(|r| matches!(r, Ran::Done { affected, .. } if *affected > 0));
    Ok(done && hit)
}

fn draft(survey: &Survey, held: &Held<'_>, rule: &str, asked: &str) -> Draft {
    Draft {
        subject: survey.called(held),
        saw: format!(
            "`{}` of `{}` takes what the contract refuses",
            held.column.name, held.table
        ),
        expected: format!("{} is {rule}, in the database too", survey.called(held)),
        actual: "the update was accepted (and taken back)".to_owned(),
        evidence: vec![
            note(asked.to_owned()),
            survey.rows_of(
                held,
                std::slice::from_ref(&held.column.name),
                "what the column holds",
            ),
        ],
        ..Draft::default()
    }
}
