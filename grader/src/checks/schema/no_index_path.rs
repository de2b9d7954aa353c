use crate::check;
use crate::check::{QuietCx, cost};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};

check! {
    /// ## What it looks at
    /// Some of everything is planted through the API. Inside the database those rows are then copied many times
    /// over, with keys and values of their own, so that what is asked has the same answer as before. Every request
    /// is asked among some copies, twice as many and four times as many, and the rows that each statement reads are
    /// counted. A statement whose best plan reads more and more rows, and few as soon as there is an index on the
    /// columns that it compares, misses that index. The index is tried in a transaction that is taken back.
    ///
    /// ## Why it matters
    /// Without an index the database reads every row to find one. With ten rows nobody notices; with a million each
    /// request takes a second, and a few requests at once take the whole database.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues?city=Delft     20 rows of 600, 20 of 1200, 20 of 2400
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues?city=Delft     600 rows of 600, 1200 of 1200, 2400 of 2400
    /// ```
    ///
    /// ## How to mend it
    /// Make an index that begins with the columns that the condition compares, and goes on with those of ORDER BY.
    /// The finding names one that was tried.
    pub static CHECK = {
        id: "schema.no-index-path",
        summary: "no index finds the rows that a request asks for",
        concept: "indexes",
        severity: High,
        needs: [created_differs::CHECK],
        world: Crowded,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Winand, SQL Performance Explained: the Where Clause", "PostgreSQL manual 11.1: Indexes", "PostgreSQL manual 14.1: Using EXPLAIN"],
        hints: [
            "How does the database find the rows of this condition, when it cannot know where they lie?",
            "An index is a sorted copy of some columns: it finds rows by what it begins with, and by nothing else.",
            "Run the statement of the finding under EXPLAIN, look for Seq Scan with a Filter, and make an index on the columns in that Filter.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    cost::judged(cx, cost::misses(cost::Serves::Columns)).await
}
