use crate::check;
use crate::check::{SurveyCx, forms};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::schema::judge::Form;

check! {
    /// ## What it looks at
    /// Every cell of every table that a reading request looks at. What was planted of a fact with many values
    /// (tags, performers) may stand in one cell only alone: not as `a,b,c`, not as an array, not as a JSON list. A
    /// project may allow arrays; then they are mentioned.
    ///
    /// ## Why it matters
    /// A value inside a list has no foreign key, no unique constraint and no index that an ordinary comparison
    /// uses. To find one the database reads all, to change one the service rewrites all, and two requests that add
    /// a value at once lose one.
    ///
    /// ## Passes
    /// ```text
    /// event 7   performer 3
    /// event 7   performer 9
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// event 7   performers = "3,9"
    /// ```
    ///
    /// ## How to mend it
    /// Give the values a table of their own, with one row for each and a foreign key on both sides. A query joins
    /// what it needs.
    pub static CHECK = {
        id: "schema.list-in-cell",
        summary: "one cell holds several values of one fact",
        concept: "atomic-values",
        severity: High,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Codd 1970, A Relational Model of Data for Large Shared Data Banks", "Karwin, SQL Antipatterns: Jaywalking"],
        hints: [
            "How would you find every row that holds one of the values in this cell?",
            "A relation has one value in each place: a list is several facts, and each deserves a row.",
            "Make a table with one row a value and a reference back to what has it, move the values there, and drop the column.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    forms::judged(cx, Form::List, "keeps a list in one cell").await
}
