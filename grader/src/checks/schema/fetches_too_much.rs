use crate::check;
use crate::check::{QuietCx, cost};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Fault, Verdict};

check! {
    /// ## What it looks at
    /// Some of everything is planted through the API. Inside the database those rows are then copied many times
    /// over, with keys and values of their own, so that what is asked has the same answer as before. Every request
    /// is asked among some copies, twice as many and four times as many, and the rows that each statement reads are
    /// counted. A statement that gives the service more and more rows, while its answer shows as many things as
    /// before, is told.
    ///
    /// ## Why it matters
    /// Rows that the service throws away were found, packed, sent and unpacked. Filtering, paging and adding up in
    /// code works on a laptop and ends when the table no longer fits into memory.
    ///
    /// ## Passes
    /// ```text
    /// GET /events?limit=20     21 rows given of 600, 21 of 1200, 21 of 2400
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /events?limit=20     600 rows given of 600, 1200 of 1200, 2400 of 2400
    /// ```
    ///
    /// ## How to mend it
    /// Let the database choose: WHERE instead of a loop, LIMIT instead of a slice, count and sum instead of adding
    /// up.
    pub static CHECK = {
        id: "schema.fetches-too-much",
        summary: "the service fetches rows that it throws away",
        concept: "joins",
        severity: Medium,
        needs: [created_differs::CHECK],
        world: Crowded,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Yang et al., ICSE 2018, How not to structure your database-backed web applications", "Winand, SQL Performance Explained: Partial Results"],
        hints: [
            "How many rows does the database send for one page, and how many of them does the client see?",
            "The database is built to choose rows; everything that it sends costs time and memory on both sides.",
            "Move the filter, the page and the sum from your code into the statement: WHERE, LIMIT, sum().",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    cost::judged(cx, |cx, growth, costly, grown| {
        if !matches!(grown.cause, cost::Cause::Given) {
            return Vec::new();
        }
        let about = &costly.ask.about;
        vec![Draft {
            subject: costly.ask.op.to_string(),
            touches: vec![about.clone()],
            saw: cost::cut(format!(
                "{about} fetches more rows the more are stored, and shows as many"
            )),
            expected: "rows for what is shown, and no others".to_owned(),
            actual: format!(
                "the database gave {} rows for the same answer",
                cost::counts(&grown.given)
            ),
            evidence: cost::evidence(cx, growth, costly, grown),
            ..Draft::default()
        }]
    })
    .await
}
