use crate::check;
use crate::check::{QuietCx, cost};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};

check! {
    /// ## What it looks at
    /// Some of everything is planted through the API. Inside the database those rows are then copied many times
    /// over, with keys and values of their own, so that what is asked has the same answer as before. Every request
    /// is asked among some copies, twice as many and four times as many, and the rows that each statement reads are
    /// counted. A statement whose best plan reads more and more rows because it compares a function or a cast of a
    /// column, and few with an index on that very expression, is told.
    ///
    /// ## Why it matters
    /// An index holds what stands in the column. Whoever compares something else (`lower(email)`, `id::text`,
    /// `date(starts_at)`) asks the database to work that out for every row.
    ///
    /// ## Passes
    /// ```text
    /// CREATE UNIQUE INDEX ON customer (lower(email));
    /// SELECT … FROM customer WHERE lower(email) = lower($1)
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// CREATE UNIQUE INDEX ON customer (email);
    /// SELECT … FROM customer WHERE lower(email) = lower($1)
    /// ```
    ///
    /// ## How to mend it
    /// Change the value instead of the column: bring it into the column's type and form before the query. Or make
    /// an index on the expression that you compare, which must be spelled the same.
    pub static CHECK = {
        id: "schema.predicate-not-sargable",
        summary: "a condition works on a changed column, which no index holds",
        concept: "indexes",
        severity: Medium,
        needs: [created_differs::CHECK],
        world: Crowded,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Winand, SQL Performance Explained: Functions", "PostgreSQL manual 11.7: Indexes on Expressions"],
        hints: [
            "What stands in the index, and what does your condition compare?",
            "A condition can use an index when one side of it is exactly what the index holds.",
            "Move the function or the cast from the column to the value, or make an index on the expression.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    cost::judged(cx, cost::misses(cost::Serves::Expression)).await
}
