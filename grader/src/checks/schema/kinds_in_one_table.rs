use crate::check;
use crate::check::{SurveyCx, forms};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::schema::judge::Form;

check! {
    /// ## What it looks at
    /// Tables that reading requests look at, in which some rows are planted things of one kind and other rows of
    /// another.
    ///
    /// ## Why it matters
    /// Columns of one kind are NULL in the rows of the other, so nothing can be required; and no foreign key can
    /// say which kind it points at.
    ///
    /// ## Passes
    /// ```text
    /// venues   id, name, city          events   id, venue_id, title
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// things   id, kind, name, city, parent_id, title
    /// ```
    ///
    /// ## How to mend it
    /// One table a kind. What they truly share may be a table of its own that both refer to.
    pub static CHECK = {
        id: "schema.kinds-in-one-table",
        summary: "one table holds several kinds of things",
        concept: "normal-forms",
        severity: Medium,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Karwin, SQL Antipatterns: Polymorphic Associations"],
        hints: [
            "Which columns of this table are empty in which rows, and why?",
            "A table is about one kind of thing; a column that says which kind a row is shows that there are two tables in one.",
            "Make a table for each kind with the columns that it needs, NOT NULL where the contract requires them, and foreign keys between them.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    forms::judged(cx, Form::Mixed, "holds several kinds of things").await
}
