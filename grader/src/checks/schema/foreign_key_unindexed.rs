use crate::check;
use crate::check::{QuietCx, cost, note};
use crate::checks::endpoints::created_differs;
use crate::control;
use crate::model::{Draft, Fault, Verdict};
use crate::probe::catalog::{Catalog, ForeignKey, Table};

check! {
    /// ## What it looks at
    /// Some of everything is planted through the API. Inside the database those rows are then copied many times
    /// over, with keys and values of their own, so that what is asked has the same answer as before. Every request
    /// is asked among some copies, twice as many and four times as many, and the rows that each statement reads are
    /// counted. A statement that reads more and more rows because a foreign key that it follows has no index fails.
    /// A foreign key without an index that nobody was seen to follow is mentioned, no more.
    ///
    /// ## Why it matters
    /// PostgreSQL makes an index for what a foreign key points at, and none for the columns that point. Everything
    /// that belongs to one thing is found by those columns.
    ///
    /// ## Passes
    /// ```text
    /// CREATE TABLE event (…, venue_id bigint NOT NULL REFERENCES venue);
    /// CREATE INDEX ON event (venue_id);
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// CREATE TABLE event (…, venue_id bigint NOT NULL REFERENCES venue);
    /// GET /events?venue_id=7     600 rows of 600, 1200 of 1200, 2400 of 2400
    /// ```
    ///
    /// ## How to mend it
    /// Make an index whose first columns are those of the foreign key. One that goes on with the columns of ORDER
    /// BY serves the list too. A partial index, or one that only carries the columns (INCLUDE), does not find them.
    pub static CHECK = {
        id: "schema.foreign-key-unindexed",
        summary: "a foreign key that requests follow has no index",
        concept: "indexes",
        severity: High,
        needs: [created_differs::CHECK],
        world: Crowded,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["PostgreSQL manual 5.5.5: Foreign Keys", "Supabase splinter: unindexed_foreign_keys", "Winand, SQL Performance Explained: the Join Operation"],
        hints: [
            "How does the database find everything that belongs to one thing?",
            "A foreign key makes sure that what it points at is there; it does not help to find what points.",
            "Make an index whose first columns are the columns of the foreign key; let it go on with the columns of ORDER BY where a list is shown.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let verdict = cost::judged(cx, cost::misses(cost::Serves::ForeignKey)).await?;
    if !verdict.passed() {
        return Ok(verdict);
    }
    let growth = control!(cost::growth(cx).await?);
    let mut advice = cx.findings();
    advice.extend(unindexed(&growth.catalog).map(|(table, key)| mention(table, key)));
    Ok(advice.advice())
}

/// Foreign keys that no index of their table finds rows by. Of a table that no rows were planted in as well: nobody can
/// tell yet what it will cost.
fn unindexed(catalog: &Catalog) -> impl Iterator<Item = (&Table, &ForeignKey)> {
    let tables = catalog.tables.iter().filter(|t| !t.is_bookkeeping());
    tables.flat_map(|table| {
        let found = |key: &&ForeignKey| table.indexes.iter().any(|i| i.finds(&key.columns));
        let keys = table.foreign_keys.iter().filter(move |key| !found(key));
        keys.map(move |key| (table, key))
    })
}

fn mention(table: &Table, key: &ForeignKey) -> Draft {
    let columns = key.columns.join(", ");
    Draft {
        subject: format!("{table} ({columns})"),
        saw: cost::cut(format!("the foreign key {table} ({columns}) has no index")),
        expected: "an index where the rows that refer to one thing are looked for".to_owned(),
        actual: "no request was seen to look for them, so nothing grew".to_owned(),
        evidence: vec![note(format!(
            "{} refers to {}.{}",
            key.name, key.references.0, key.references.1
        ))],
        ..Draft::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::catalog::{Action, Index, IndexKey};

    #[test]
    fn only_an_index_that_finds_the_rows_counts() {
        let column = |name: &str| IndexKey {
            column: Some(name.to_owned()),
            text: name.to_owned(),
            operator_class: "pg_catalog.int8_ops".to_owned(),
            collation: None,
            options: 0,
        };
        let key = |name: &str| ForeignKey {
            name: format!("event_{name}_fkey"),
            columns: vec![name.to_owned()],
            references: ("public".to_owned(), "venue".to_owned()),
            referenced: vec!["id".to_owned()],
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
            deferrable: false,
            valid: true,
        };
        let index = Index {
            method: "btree".to_owned(),
            keys: vec![column("venue_id"), column("host_id")],
            usable: true,
            ..Index::default()
        };
        let table = Table {
            name: "event".to_owned(),
            foreign_keys: vec![key("venue_id"), key("host_id")],
            indexes: vec![index],
            ..Table::default()
        };
        let catalog = Catalog {
            tables: vec![table],
            ..Catalog::default()
        };
        let found: Vec<_> = unindexed(&catalog)
            .map(|(_, k)| k.columns[0].as_str())
            .collect();
        assert_eq!(found, ["host_id"]);
    }
}
