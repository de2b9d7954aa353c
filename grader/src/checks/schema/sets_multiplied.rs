use crate::check;
use crate::check::{SurveyCx, forms};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::schema::judge::Form;

check! {
    /// ## What it looks at
    /// Tables whose rows are pairs out of two sets that the project declares independent, where each value of the
    /// one stands with each value of the other, and some thing has at least two of both.
    ///
    /// ## Why it matters
    /// To add one performer takes a row for each ticket type. Whoever forgets one has made a pair that means
    /// nothing, and counting either side needs DISTINCT for ever.
    ///
    /// ## Passes
    /// ```text
    /// lineups        event, performer
    /// ticket_types   event, name, price
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// event_details  event, performer, ticket type
    /// ```
    ///
    /// ## How to mend it
    /// One table a set. A reply that shows both reads both.
    pub static CHECK = {
        id: "schema.sets-multiplied",
        summary: "independent sets are multiplied with each other (fourth normal form)",
        concept: "normal-forms",
        severity: High,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Fagin 1977, Multivalued Dependencies and a New Normal Form for Relational Databases"],
        hints: [
            "What does one row of this table say that two smaller rows would not?",
            "Two lists that have nothing to do with each other belong in two tables; one table for both must hold every pair.",
            "Split the table in two: one for each list, each with the reference to what has it.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    forms::judged(cx, Form::Multiplied, "multiplies two sets").await
}
