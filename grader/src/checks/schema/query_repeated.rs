use indexmap::IndexMap;

use crate::check;
use crate::check::{Cx, QuietCx, cost};
use crate::checks::endpoints::created_differs;
use crate::control;
use crate::model::{Draft, Evidence, Fault, Statement, Verdict};

check! {
    /// ## What it looks at
    /// One thing of each kind is made, read, changed and removed, and what is below it is read. The statements of
    /// each request are compared: the same text with the same values more than twice fails, twice is mentioned.
    /// Only what reads counts.
    ///
    /// ## Why it matters
    /// The second answer is the first one again. Such repeats come from layers that each fetch for themselves, and
    /// they add up: every request pays.
    ///
    /// ## Passes
    /// ```text
    /// PATCH /venues/7     SELECT … WHERE id = 7
    ///                     UPDATE … WHERE id = 7 RETURNING …
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PATCH /venues/7     SELECT … WHERE id = 7      -- is it there?
    ///                     SELECT … WHERE id = 7      -- validate
    ///                     UPDATE … WHERE id = 7
    ///                     SELECT … WHERE id = 7      -- answer
    /// ```
    ///
    /// ## How to mend it
    /// Fetch once and hand the row on. A write answers with what it wrote (RETURNING), and finds out by that
    /// whether the row was there.
    pub static CHECK = {
        id: "schema.query-repeated",
        summary: "one request asks the database the same thing again and again",
        concept: "object-mapping",
        severity: Low,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Yang et al., ICSE 2018, How not to structure your database-backed web applications", "PostgreSQL manual 6.4: Returning Data from Modified Rows"],
        hints: [
            "Which parts of your code fetch this row while one request is answered?",
            "Within one request a row that was read once is known; asking again costs a journey and may even give another answer.",
            "Fetch at one place and pass the row on; let INSERT and UPDATE answer with RETURNING.",
        ],
        run,
    }
}

/// So often is no accident of two layers any more.
const FAILS: usize = 3;

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let (mut findings, mut advice) = (cx.findings(), cx.findings());
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name) else {
            continue;
        };
        let first = control!(cx.planter().plant(&name).await?);
        let mut asks = cost::writes(&pack, entity, &first);
        for thing in cost::ancestry(&first) {
            asks.extend(
                pack.entity(&thing.entity)
                    .map(|e| cost::reads(&pack, e, &thing))
                    .unwrap_or_default(),
            );
        }
        for ask in &asks {
            // Once unseen: what a service looks up at its first request is no habit.
            if let Ok(prepared) = ask.prepare(cx).await? {
                ask.send(cx, &prepared).await?;
            }
            let Some(seen) = cost::see(cx, ask).await? else {
                continue;
            };
            let Some((statement, times)) = repeated(&seen) else {
                continue;
            };
            let draft = draft(cx, ask, &seen, (statement, times));
            match times {
                FAILS.. => findings.add(draft),
                _ => advice.add(draft),
            }
        }
    }
    Ok(if findings.is_empty() {
        advice.advice()
    } else {
        findings.verdict()
    })
}

/// A text and its values.
type Sent<'s> = (&'s str, &'s [Option<String>]);

/// The reading statement that was sent most often with the same values, if more than once.
fn repeated(seen: &cost::Seen) -> Option<(Statement, usize)> {
    let mut sent: IndexMap<Sent<'_>, (&Statement, usize)> = IndexMap::new();
    for (statement, plan) in seen.sent() {
        let writes = plan
            .all()
            .iter()
            .any(|n| matches!(n.kind.as_str(), "ModifyTable" | "LockRows"));
        if plan.touches_tables() && !writes {
            let key = (statement.sql.as_str(), statement.parameters.as_slice());
            sent.entry(key).or_insert((statement, 0)).1 += 1;
        }
    }
    let most = sent
        .into_values()
        .rev()
        .max_by_key(|(_, n)| *n)
        .filter(|(_, n)| *n > 1)?;
    let mut statement = most.0.clone();
    statement.plan = None;
    Some((statement, most.1))
}

fn draft(
    cx: &Cx,
    ask: &cost::Ask,
    seen: &cost::Seen,
    (statement, times): (Statement, usize),
) -> Draft {
    Draft {
        subject: ask.op.to_string(),
        saw: cost::cut(format!(
            "{} asks the database the same thing {times} times",
            ask.about
        )),
        expected: "each question once, and its answer handed on".to_owned(),
        actual: format!("one statement with the same values was sent {times} times"),
        evidence: vec![
            cx.seen("the request", &seen.answer.exchange),
            Evidence::Statements {
                says: format!("the statement that it sent {times} times"),
                statements: vec![statement],
            },
        ],
        ..Draft::default()
    }
}
