use crate::check;
use crate::check::{SurveyCx, forms};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::schema::judge::Form;

check! {
    /// ## What it looks at
    /// Tables whose planted facts stand inside a JSON document. Where no fact of the row stands in a column of its
    /// own this fails; where only some do, the project decides whether it is a matter of taste.
    ///
    /// ## Why it matters
    /// Inside a document there are no types, no NOT NULL, no checks and no foreign keys, and the planner knows
    /// nothing of how the values are spread. A document of what others sent (a provider’s reply) is another thing
    /// and is left alone.
    ///
    /// ## Passes
    /// ```text
    /// venues   name text NOT NULL, city text NOT NULL, capacity int NOT NULL
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// venues   data = {"name": "…", "city": "…", "capacity": 300}
    /// ```
    ///
    /// ## How to mend it
    /// One column a fact, with the type that fits it. What is truly open may stay in a document beside them.
    pub static CHECK = {
        id: "schema.facts-in-document",
        summary: "facts stand inside documents instead of in columns",
        concept: "atomic-values",
        severity: Medium,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["PostgreSQL manual 8.14 (JSON types)", "Karwin, SQL Antipatterns: Entity-Attribute-Value"],
        hints: [
            "What does the database know about the facts in this document: their type, whether they are there, whether they are unique?",
            "A fact that every row has and that the contract names is a column; a document is for what nobody knows beforehand.",
            "Add a column for each fact with its type and NOT NULL, copy the values out of the document, and read and write the columns.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    forms::judged(cx, Form::Document, "keeps facts inside documents").await
}
