use crate::check;
use crate::check::{Cx, note};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Fault, Verdict};
use crate::probe::catalog::{Index, Table};

check! {
    /// ## What it looks at
    /// The indexes of each table, as the catalog tells them. Two with the same keys, operator classes, collations,
    /// directions and condition fail. An index that is only the beginning of another one is mentioned: the longer
    /// one finds the same rows.
    ///
    /// ## Why it matters
    /// Every INSERT writes every index. A second one of the same costs as much and finds nothing that the first
    /// does not.
    ///
    /// ## Passes
    /// ```text
    /// UNIQUE (email)
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// UNIQUE (email)
    /// CREATE INDEX ON customer (email)
    /// ```
    ///
    /// ## How to mend it
    /// Drop the one that is no constraint. A primary key and a unique constraint have their index already.
    pub static CHECK = {
        id: "schema.duplicate-index",
        summary: "two indexes find the same rows",
        concept: "indexes",
        severity: Low,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["PostgreSQL manual 11.1: Indexes", "Supabase splinter: duplicate_index", "Winand, SQL Performance Explained: Modifying Data"],
        hints: [
            "Which statement would become slower if this index were gone?",
            "A unique constraint is an index; an index on the first columns of a longer one finds nothing that the longer one does not.",
            "Drop the plain index and keep the constraint, or the longer one.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let Some(observer) = cx.observer().await? else {
        let why = "this world has no database to look into".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let (mut findings, mut advice) = (cx.findings(), cx.findings());
    for table in observer
        .tables()
        .await?
        .iter()
        .filter(|t| !t.is_bookkeeping())
    {
        for index in table.indexes.iter().filter(|i| i.usable) {
            let others = table
                .indexes
                .iter()
                .filter(|o| o.usable && o.name != index.name);
            for other in others {
                match compare(index, other) {
                    Some(Relation::Same) => findings.add(draft(table, index, other, "the same as")),
                    Some(Relation::Beginning) => {
                        advice.add(draft(table, index, other, "the beginning of"))
                    }
                    None => {}
                }
            }
        }
    }
    Ok(if findings.is_empty() {
        advice.advice()
    } else {
        findings.verdict()
    })
}

/// What an index that could go is to another one.
#[derive(Debug, PartialEq, Eq)]
enum Relation {
    Same,
    Beginning,
}

/// Whether the first could go because of the second.
fn compare(index: &Index, other: &Index) -> Option<Relation> {
    let alike = index.method == other.method && index.predicate == other.predicate;
    let begins = other.keys.starts_with(&index.keys) && !index.keys.is_empty();
    // What an index carries besides may answer a query without the table.
    let carries = index.include.iter().all(|c| other.include.contains(c));
    if !alike || !begins || !carries || index.primary {
        return None;
    }
    if index.keys.len() == other.keys.len() && index.include.len() == other.include.len() {
        // Of two the constraint stays; of two equal ones the first.
        let worth = |i: &Index| (i.primary, i.unique);
        let later = worth(index) == worth(other) && index.name > other.name;
        return (worth(index) < worth(other) || later).then_some(Relation::Same);
    }
    let longer = index.keys.len() < other.keys.len();
    (longer && !index.unique && index.method == "btree").then_some(Relation::Beginning)
}

fn draft(table: &Table, index: &Index, other: &Index, relation: &str) -> Draft {
    let keys: Vec<&str> = index.keys.iter().map(|k| k.text.as_str()).collect();
    let keys = keys.join(", ");
    Draft {
        subject: format!("{table} ({keys})"),
        saw: crate::check::cost::cut(format!(
            "the index {} on {table} ({keys}) is {relation} {}",
            index.name, other.name
        )),
        expected: "each index finds rows that no other one finds".to_owned(),
        actual: format!("whatever {} finds, {} finds too", index.name, other.name),
        note: Some(format!("Nothing is lost with: DROP INDEX {}", index.name)),
        evidence: vec![
            note(format!("{}: {} ({keys})", index.name, index.method)),
            note(format!(
                "{}: {} ({})",
                other.name,
                other.method,
                other
                    .keys
                    .iter()
                    .map(|k| k.text.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        ],
        ..Draft::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::catalog::IndexKey;

    fn index(name: &str, keys: &[&str]) -> Index {
        let key = |text: &&str| IndexKey {
            column: Some((*text).to_owned()),
            text: (*text).to_owned(),
            operator_class: "pg_catalog.text_ops".to_owned(),
            collation: None,
            options: 0,
        };
        Index {
            name: name.to_owned(),
            method: "btree".to_owned(),
            keys: keys.iter().map(key).collect(),
            usable: true,
            ..Index::default()
        }
    }

    #[test]
    fn of_two_equal_ones_one_can_go() {
        let unique = Index {
            unique: true,
            ..index("a_key", &["a"])
        };
        let primary = Index {
            primary: true,
            unique: true,
            ..index("a_pkey", &["a"])
        };
        let plain = index("a_idx", &["a"]);
        assert_eq!(compare(&plain, &unique), Some(Relation::Same));
        assert_eq!(compare(&unique, &plain), None);
        assert_eq!(compare(&unique, &primary), Some(Relation::Same));
        assert_eq!(compare(&primary, &unique), None);
        let second = index("a_idx1", &["a"]);
        assert_eq!(
            (compare(&plain, &second), compare(&second, &plain)),
            (None, Some(Relation::Same))
        );
    }

    #[test]
    fn what_finds_other_rows_stays() {
        let (one, two) = (index("one", &["a"]), index("two", &["a", "b"]));
        assert_eq!(compare(&one, &two), Some(Relation::Beginning));
        assert_eq!(compare(&two, &one), None);
        let partial = Index {
            predicate: Some("a > 1".to_owned()),
            ..index("p", &["a"])
        };
        assert_eq!(compare(&partial, &two), None);
        let mut pattern = index("like", &["a"]);
        pattern.keys[0].operator_class = "pg_catalog.text_pattern_ops".to_owned();
        assert_eq!(compare(&pattern, &two), None);
        let mut falling = index("falling", &["a", "b"]);
        falling.keys[1].options = 3;
        assert_eq!(compare(&falling, &two), None);
        let unique = Index {
            unique: true,
            ..index("u", &["a"])
        };
        assert_eq!(compare(&unique, &two), None);
        let carrying = Index {
            include: vec!["c".to_owned()],
            ..index("c", &["a"])
        };
        assert_eq!(compare(&carrying, &two), None);
    }
}
