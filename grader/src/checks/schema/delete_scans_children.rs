use crate::check;
use crate::check::{QuietCx, cost};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Fault, Verdict};

check! {
    /// ## What it looks at
    /// Some of everything is planted through the API. Inside the database those rows are then copied many times
    /// over, with keys and values of their own, so that what is asked has the same answer as before. Every request
    /// is asked among some copies, twice as many and four times as many, and the rows that each statement reads are
    /// counted. A thing to which nothing belongs is made and removed each time. When a row goes, the database looks
    /// for rows that refer to it; what that reads is counted.
    ///
    /// ## Why it matters
    /// Each foreign key is checked when a row it may point at is removed. Without an index on the referring columns
    /// that check reads the whole referring table, for every single delete, and no EXPLAIN of the DELETE shows it.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /venues/7     1 row read in event, of 600, 1200, 2400
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// DELETE /venues/7     600 rows read in event, then 1200, then 2400
    /// ```
    ///
    /// ## How to mend it
    /// Make an index whose first columns are those of the foreign key in the referring table.
    pub static CHECK = {
        id: "schema.delete-scans-children",
        summary: "removing one thing reads every row that might refer to it",
        concept: "indexes",
        severity: Medium,
        needs: [created_differs::CHECK],
        world: Crowded,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["PostgreSQL manual 5.5.5: Foreign Keys", "Winand, SQL Performance Explained: Delete"],
        hints: [
            "Who makes sure that nothing refers to the row that you remove, and how does it find out?",
            "The database checks each foreign key when a row goes, by a query on the referring columns.",
            "Make an index on the referring columns: CREATE INDEX ON event (venue_id).",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    cost::judged(cx, |cx, growth, costly, grown| {
        let cost::Cause::Missing(cures, best) = &grown.cause else {
            return Vec::new();
        };
        if !cost::is_reference(costly, grown) {
            return Vec::new();
        }
        let draft = |cure| Draft {
            saw: cost::cut(format!(
                "{} makes the database read all of {}",
                costly.ask.about,
                cure_table(cure)
            )),
            ..cost::missing(cx, growth, (costly, grown), (cure, best))
        };
        cures.iter().map(draft).collect()
    })
    .await
}

fn cure_table(cure: &cost::Cure) -> &str {
    &cure.table
}
