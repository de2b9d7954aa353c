use crate::check;
use crate::check::{SurveyCx, forms};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::schema::judge::Form;

check! {
    /// ## What it looks at
    /// Tables in which one column holds planted values of two or more facts and another column says which one it
    /// is.
    ///
    /// ## Why it matters
    /// All values share one type, usually text. No constraint can say that a price is a number or that a city must
    /// be there, and to read one thing whole takes as many joins as it has facts.
    ///
    /// ## Passes
    /// ```text
    /// venues       name, city, capacity
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// attributes   venue 7, "city", "Utrecht"
    /// attributes   venue 7, "capacity", "300"
    /// ```
    ///
    /// ## How to mend it
    /// One column a fact. Rows of names and values are for what users name themselves, and the contract of this
    /// project has none of it.
    pub static CHECK = {
        id: "schema.names-and-values",
        summary: "facts are kept as rows of names and values",
        concept: "atomic-values",
        severity: High,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Karwin, SQL Antipatterns: Entity-Attribute-Value"],
        hints: [
            "How many rows must be there for one thing to be whole, and what refuses a thing that lacks one?",
            "What the contract names is known beforehand: it is a column with a type, not a row with a label.",
            "Make a column for each name, fill it from the rows, and drop the table of names and values.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    forms::judged(cx, Form::NamesAndValues, "keeps names and values as rows").await
}
