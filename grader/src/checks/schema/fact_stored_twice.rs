use crate::check;
use crate::check::{SurveyCx, forms};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::schema::judge::Form;

check! {
    /// ## What it looks at
    /// Which fact each column holds, told from the values we planted, whatever tables and columns are called. A
    /// column that depends on something that is no key of its table is shown with two rows that agree in both.
    /// Honest copies are left alone: what the project declares as taken at a moment (the price when it was bought),
    /// audit logs and outboxes that no request reads, histories with a time in their key, generated columns, keys.
    ///
    /// ## Why it matters
    /// A copy is true until the original changes. From then on two rows tell different stories, and which one a
    /// client sees depends on the query it happened to hit.
    ///
    /// ## Passes
    /// ```text
    /// events   id, venue_id, title                   venues   id, name, city
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// events   id, venue_id, title, venue_name, city
    /// ```
    ///
    /// ## How to mend it
    /// Keep the fact in the table of the thing it is about, and only a reference elsewhere. Where a copy is meant,
    /// because it must not move when the original does, that is a fact of its own with a name of its own.
    pub static CHECK = {
        id: "schema.fact-stored-twice",
        summary: "a fact is kept with every row that refers to what it is about (third normal form)",
        concept: "normal-forms",
        severity: High,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Codd 1971, Further Normalization of the Data Base Relational Model", "Redundancy-driven top-k FD discovery, arXiv 2601.10130"],
        hints: [
            "If this fact changed tomorrow, how many rows would have to change with it?",
            "Every column tells something about the key, the whole key and nothing but the key; what is about another thing stands in that thing’s own table.",
            "Drop the copy, keep the reference, and join the table where the fact stands once.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    forms::judged(cx, Form::Transitive, "keeps a fact of something else").await
}
