use crate::check;
use crate::check::{QuietCx, cost};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};

check! {
    /// ## What it looks at
    /// Some of everything is planted through the API. Inside the database those rows are then copied many times
    /// over, with keys and values of their own, so that what is asked has the same answer as before. Every request
    /// is asked among some copies, twice as many and four times as many, and the rows that each statement reads are
    /// counted. A statement that wants the first few rows in some order and reads the whole table to find them, and
    /// few with an index in that order, is told.
    ///
    /// ## Why it matters
    /// To give the twenty soonest of a million rows, the database reads and sorts a million, for each request. An
    /// index in the same order has them ready.
    ///
    /// ## Passes
    /// ```text
    /// CREATE INDEX ON event (starts_at, id);
    /// SELECT … FROM event ORDER BY starts_at, id LIMIT 21
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// SELECT … FROM event ORDER BY starts_at, id LIMIT 21     -- Sort, Seq Scan on event
    /// ```
    ///
    /// ## How to mend it
    /// Make an index with the columns of ORDER BY in their order, with the same directions. Where the list is
    /// filtered by equality, those columns come first.
    pub static CHECK = {
        id: "schema.list-sorts-table",
        summary: "a list sorts the whole table to show its first page",
        concept: "indexes",
        severity: Medium,
        needs: [created_differs::CHECK],
        world: Crowded,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Winand, SQL Performance Explained: Sorting and Grouping", "PostgreSQL manual 11.4: Indexes and ORDER BY"],
        hints: [
            "How many rows must be known before the first one in this order is?",
            "An index is kept in its order, so its first entries are the first rows of a list in that order.",
            "Make an index on the columns of ORDER BY, all of them, in the same order and direction.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    cost::judged(cx, cost::misses(cost::Serves::Order)).await
}
