use crate::check;
use crate::check::{SurveyCx, forms};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::schema::judge::Form;

check! {
    /// ## What it looks at
    /// Which fact each column holds, told from the values we planted; which facts decide which others, as the
    /// project declares it. A column that depends on a part of the table’s key, and on nothing more, is shown with
    /// two rows that agree in that part. What was planted refutes every dependency that the project does not
    /// declare, so two rows that agree do so because they must.
    ///
    /// ## Why it matters
    /// The same fact stands in every row that shares that part of the key. Each change must find them all, and the
    /// first one it misses makes two answers to one question.
    ///
    /// ## Passes
    /// ```text
    /// lines    order, ticket type, quantity          orders   id, customer
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// lines    order, ticket type, quantity, customer
    /// ```
    ///
    /// ## How to mend it
    /// Let the table keep what needs its whole key. A query that wants the rest joins the table where it stands
    /// once.
    pub static CHECK = {
        id: "schema.partial-dependency",
        summary: "a fact depends on a part of the key (second normal form)",
        concept: "normal-forms",
        severity: High,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Codd 1971, Further Normalization of the Data Base Relational Model", "Papenbrock and Naumann, Data-driven Schema Normalization (EDBT 2017)"],
        hints: [
            "Which columns of this table’s key must you know to tell this fact?",
            "In a table with a key of several columns, every other column must need all of them; what needs only one is about another thing.",
            "Move the column to the table of the thing that it is about, and join where you need it.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    forms::judged(cx, Form::Partial, "keeps a fact about a part of its key").await
}
