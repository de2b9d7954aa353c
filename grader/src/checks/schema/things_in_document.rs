use crate::check;
use crate::check::{SurveyCx, forms};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::schema::judge::Form;

check! {
    /// ## What it looks at
    /// Cells of tables that reading requests look at, in which several planted things stand with facts of their
    /// own: the lines of an order as one JSON document, for example.
    ///
    /// ## Why it matters
    /// The database cannot refuse a line for a ticket that does not exist, cannot count what was sold, and rewrites
    /// all lines to change one. What the schema does not know it cannot keep right.
    ///
    /// ## Passes
    /// ```text
    /// order_lines   order 5, ticket type 2, quantity 3
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// orders        id 5, items = [{"ticket_type_id": 2, "quantity": 3}]
    /// ```
    ///
    /// ## How to mend it
    /// One table for the children, one row a child, foreign keys to both sides. The nested form belongs to the
    /// reply alone.
    pub static CHECK = {
        id: "schema.things-in-document",
        summary: "things with facts of their own stand inside one cell",
        concept: "atomic-values",
        severity: High,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Codd 1970, A Relational Model of Data for Large Shared Data Banks", "PostgreSQL manual 8.14 (JSON types)"],
        hints: [
            "Which constraint of yours still holds for what stands inside this cell?",
            "How an API nests things in a reply is not how a database keeps them: what has facts of its own is a row.",
            "Make a table for the children with a foreign key to what they belong to, insert one row for each, and build the nested reply when you answer.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    forms::judged(cx, Form::Nested, "keeps things inside a cell").await
}
