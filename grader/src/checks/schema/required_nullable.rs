use crate::check;
use crate::check::{SurveyCx, note};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Fault, Verdict};
use crate::pack::Pack;
use crate::schema::domain::What;
use crate::schema::survey::{Held, Survey};

check! {
    /// ## What it looks at
    /// Columns that hold a fact or a reference which a request must carry by the contract, in the table of the
    /// things that have it. They must be NOT NULL, or a check must say so.
    ///
    /// ## Why it matters
    /// A NULL that slips in once (a script, a second service, an old version of the code) comes back as a reply
    /// that breaks the contract, and every query must remember that it may be there.
    ///
    /// ## Passes
    /// ```text
    /// title text NOT NULL
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// title text
    /// ```
    ///
    /// ## How to mend it
    /// Set NOT NULL in a migration.
    pub static CHECK = {
        id: "schema.required-nullable",
        summary: "what the contract requires may be NULL in the database",
        concept: "constraints",
        severity: Low,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["PostgreSQL manual 5.5.2 (Not-Null Constraints)", "CFinder, ASPLOS 2023"],
        hints: [
            "What would your API answer for a row that lacks this value?",
            "What must be there is NOT NULL: a rule in code holds for the code that has it, a constraint for everybody.",
            "Fill in what is missing, then `ALTER TABLE … ALTER COLUMN … SET NOT NULL`.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    let (survey, pack) = (cx.survey(), cx.pack());
    let mut findings = cx.findings();
    for held in survey.held() {
        if is_required(&survey, &pack, &held) && !refuses_null(&held) {
            findings.add(draft(&survey, &held));
        }
    }
    match findings.is_empty() {
        true => Ok(cx.clear()),
        false => Ok(findings.verdict()),
    }
}

/// Whether the contract wants this fact or reference of every thing of the table's own kind.
fn is_required(survey: &Survey, pack: &Pack, held: &Held<'_>) -> bool {
    let kind = &survey.labels.domain.kinds[held.root];
    match (held.path, held.what) {
        ([], What::Fact(n)) => pack
            .fact(&kind.name, &kind.facts[n].name)
            .is_some_and(|f| f.required && f.send.is_some()),
        ([step], _) if survey.identifies(held) => {
            let role = &kind.refs[*step].role;
            let parent = pack.entity(&kind.name).and_then(|e| e.parents.get(role));
            // A link is nothing without its ends.
            parent.map_or_else(|| pack.links.contains_key(&kind.name), |p| p.required)
        }
        _ => false,
    }
}

/// Whether the column, or a check of the table about it, refuses NULL.
fn refuses_null(held: &Held<'_>) -> bool {
    let name = &held.column.name;
    let says = |c: &crate::probe::catalog::CheckConstraint| {
        c.columns.contains(name) && c.expression.to_uppercase().contains("IS NOT NULL")
    };
    held.column.not_null || held.table.checks.iter().any(says)
}

fn draft(survey: &Survey, held: &Held<'_>) -> Draft {
    let (table, column) = (held.table, held.column);
    Draft {
        subject: survey.called(held),
        saw: format!(
            "`{}` of `{table}` may be NULL, and the contract requires it",
            column.name
        ),
        expected: "NOT NULL".to_owned(),
        actual: format!("`{} {}` without NOT NULL", column.name, column.type_name),
        evidence: vec![
            survey.rows_of(
                held,
                std::slice::from_ref(&column.name),
                "what the column holds",
            ),
            note(format!(
                "by the contract no request makes one without {}",
                survey.called(held)
            )),
        ],
        ..Draft::default()
    }
}
