use crate::check;
use crate::check::{QuietCx, cost};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Fault, Verdict};
use crate::pack::Growth as Bound;

check! {
    /// ## What it looks at
    /// Some of everything is planted through the API. Inside the database those rows are then copied many times
    /// over, with keys and values of their own, so that what is asked has the same answer as before. Every request
    /// is asked among some copies, twice as many and four times as many, and the rows that each statement reads are
    /// counted. A statement that reads more and more rows for the same answer, and that no index on its columns
    /// cures, is told here: it counts or adds up a table for a page of twenty, or gathers everything before it
    /// leaves most of it out.
    ///
    /// ## Why it matters
    /// What a request reads should depend on what it answers and not on how much others have stored. Otherwise the
    /// service becomes slower with every customer, for all of them.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues/7/sales     12 rows of 600, 12 of 1200, 12 of 2400
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues/7/sales     600 rows of 600, 1200 of 1200, 2400 of 2400
    /// ```
    ///
    /// ## How to mend it
    /// Look at the plan of the statement in the finding. Bring the condition into the part that gathers (the CTE,
    /// the subquery, the view), leave out a count that nobody shows, and join by columns that have an index.
    pub static CHECK = {
        id: "schema.rows-read-grow",
        summary: "a request reads more rows the more are stored, for the same answer",
        concept: "indexes",
        severity: High,
        needs: [created_differs::CHECK],
        world: Crowded,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Yang et al., ICSE 2018, How not to structure your database-backed web applications", "PostgreSQL manual 14.1: Using EXPLAIN"],
        hints: [
            "Which of the rows that this statement reads does the answer need?",
            "What is left out late was read first: a condition saves work only where it stands before the gathering.",
            "Read the plan from the inside out, find the step that reads everything, and bring the condition into it.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    cost::judged(cx, |cx, growth, costly, grown| {
        let cost::Cause::Written(best) = &grown.cause else {
            return Vec::new();
        };
        // The project may say that a read costs what is stored.
        let reads = &cx.pack().reads;
        let mut own = reads.iter().filter(|r| r.op == costly.ask.op);
        if cost::is_reference(costly, grown) || own.any(|r| r.bound == Bound::LinearInTable) {
            return Vec::new();
        }
        let mut evidence = cost::evidence(cx, growth, costly, grown);
        evidence.push(cost::plan(&best.plan, ""));
        let about = &costly.ask.about;
        vec![Draft {
            subject: costly.ask.op.to_string(),
            touches: vec![about.clone()],
            saw: cost::cut(format!(
                "{about} reads more rows the more are stored, for the same answer"
            )),
            expected: "as many rows read as before, because the answer is the same".to_owned(),
            actual: format!("a statement read {} rows", cost::counts(&grown.read)),
            evidence,
            ..Draft::default()
        }]
    })
    .await
}
