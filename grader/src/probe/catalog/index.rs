//! An index, and what it is good for.

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// How it is built: `btree`, `gin` …
    pub method: String,
    /// What it is searched by, in order.
    pub keys: Vec<IndexKey>,
    /// Columns it only carries (`INCLUDE`).
    pub include: Vec<String>,
    /// Whether it refuses equal keys.
    pub unique: bool,
    /// Whether it is the primary key's.
    pub primary: bool,
    /// Whether it is complete and kept up to date. A failed `CREATE INDEX CONCURRENTLY` leaves one that is not.
    pub usable: bool,
    /// The condition of a partial index.
    pub predicate: Option<String>,
}

/// One thing an index is searched by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexKey {
    /// The column; none for an expression.
    pub column: Option<String>,
    /// The key as SQL spells it.
    pub text: String,
    /// Schema and name of its operator class: two indexes that differ here answer different questions.
    pub operator_class: String,
    /// Its collation, where its type has one.
    pub collation: Option<String>,
    /// Its direction and where NULLs stand, as `pg_index.indoption` keeps them.
    pub options: i16,
}

impl Index {
    /// Whether equality on exactly these columns finds its rows by this index: an ordered, usable index over all
    /// rows whose first keys are these columns in any order.
    pub fn finds(&self, columns: &[String]) -> bool {
        let first = self.keys.get(..columns.len()).unwrap_or_default();
        self.method == "btree"
            && self.usable
            && self.predicate.is_none()
            && !columns.is_empty()
            && first.len() == columns.len()
            && columns
                .iter()
                .all(|c| first.iter().any(|k| k.column.as_ref() == Some(c)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(columns: &[&str]) -> Index {
        let key = |name: &&str| IndexKey {
            column: Some((*name).to_owned()),
            text: (*name).to_owned(),
            operator_class: "pg_catalog.int4_ops".to_owned(),
            collation: None,
            options: 0,
        };
        Index {
            method: "btree".to_owned(),
            keys: columns.iter().map(key).collect(),
            usable: true,
            ..Index::default()
        }
    }

    #[test]
    fn only_leading_keys_of_a_whole_index_find_rows() {
        let columns = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let two = index(&["a", "b"]);
        assert!(two.finds(&columns(&["a"])));
        assert!(two.finds(&columns(&["b", "a"])));
        assert!(!two.finds(&columns(&["b"])));
        assert!(!two.finds(&columns(&["a", "b", "c"])));
        assert!(!two.finds(&[]));
        let mut carried = index(&["b"]);
        carried.include = columns(&["a"]);
        assert!(!carried.finds(&columns(&["a"])));
        let partial = Index {
            predicate: Some("a > 1".into()),
            ..index(&["a"])
        };
        assert!(!partial.finds(&columns(&["a"])));
        let broken = Index {
            usable: false,
            ..index(&["a"])
        };
        assert!(!broken.finds(&columns(&["a"])));
    }
}
