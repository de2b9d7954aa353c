use crate::check;
use crate::check::{SurveyCx, forms};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::schema::judge::Form;

check! {
    /// ## What it looks at
    /// Columns that are a part of some key of their table and still depend on other columns that are no key. Keys
    /// and dependencies are those that the project declares; the rows give the witness.
    ///
    /// ## Why it matters
    /// It is the rarest kind of copy and as easily contradicted as any other: nothing in the table keeps two rows
    /// from giving one thing two values.
    ///
    /// ## Passes
    /// ```text
    /// seats    hall, seat          bookings   event, seat_id
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// bookings   event, hall, seat     where the event decides the hall
    /// ```
    ///
    /// ## How to mend it
    /// Move what decides and what it decides into a table of their own, and keep the reference.
    pub static CHECK = {
        id: "schema.key-part-depends",
        summary: "a part of a key depends on something that is no key (Boyce-Codd normal form)",
        concept: "normal-forms",
        severity: Low,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Codd 1974, Recent Investigations in Relational Data Base Systems"],
        hints: [
            "Does every column that decides another one identify a row of this table?",
            "In Boyce-Codd normal form whatever decides something is a key; overlapping keys are where third normal form stops short.",
            "Split the table along the dependency: one table for what decides and what it decides, one for the rest.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    forms::judged(cx, Form::BoyceCodd, "has a key with a dependent part").await
}
