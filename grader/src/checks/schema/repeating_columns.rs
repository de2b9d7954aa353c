use crate::check;
use crate::check::{SurveyCx, forms};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::schema::judge::Form;

check! {
    /// ## What it looks at
    /// Columns of one table that hold planted values of one and the same fact with many values: `tag1`, `tag2`,
    /// `tag3`.
    ///
    /// ## Why it matters
    /// The number of columns is a limit that the contract does not have. Every search must name all of them, and
    /// nothing keeps the same value from standing in two.
    ///
    /// ## Passes
    /// ```text
    /// event 7   performer 3
    /// event 7   performer 9
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// event 7   performer1 = 3   performer2 = 9   performer3 = NULL
    /// ```
    ///
    /// ## How to mend it
    /// Give the values a table of their own, with one row for each. The order, where it means something, is a
    /// column of that table.
    pub static CHECK = {
        id: "schema.repeating-columns",
        summary: "columns side by side hold values of one set",
        concept: "atomic-values",
        severity: High,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Codd 1970, A Relational Model of Data for Large Shared Data Banks", "Karwin, SQL Antipatterns: Multicolumn Attributes"],
        hints: [
            "What happens to the fourth value when there are three columns?",
            "Numbered columns are a list turned on its side: each value is a fact, and each deserves a row.",
            "Make a table with one row a value, move what `x1`, `x2`, `x3` hold there, and drop the columns.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    forms::judged(cx, Form::Repeating, "repeats a column").await
}
