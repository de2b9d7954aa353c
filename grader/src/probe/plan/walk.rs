//! Walks through a whole index: what a scan reads when its condition does not begin where the index does.

use super::{Node, columns_of};
use crate::probe::catalog::{Catalog, Index, Table};

impl Node {
    /// Counts what walks pass. A scan by an index whose first key is in no condition of it passes every entry of the
    /// index and counts none of those that it leaves out: it has read as many rows as the table has, which `rows`
    /// tells.
    pub fn count_walks(&mut self, catalog: &Catalog, rows: &impl Fn(&Table) -> f64) {
        if self.is_scan()
            && let Some(table) = self.table(catalog).filter(|t| self.walks(t))
        {
            self.read = self.read.max(rows(table));
        }
        for node in &mut self.below {
            node.count_walks(catalog, rows);
        }
    }

    /// The table that a scan reads; of a partition the whole.
    pub fn table<'c>(&self, catalog: &'c Catalog) -> Option<&'c Table> {
        let name = self.relation.as_ref()?;
        let is_it = |leaf: &(String, String)| {
            leaf.1 == *name && self.schema.as_ref().is_none_or(|s| *s == leaf.0)
        };
        catalog.tables.iter().find(|t| t.leaves.iter().any(is_it))
    }

    /// Whether a scan by an index has a condition for it, and none on its first key. PostgreSQL 18 may skip from one
    /// first key to the next; it then says how often it searched.
    pub fn walks(&self, table: &Table) -> bool {
        if self.searches > 1.0 {
            return false;
        }
        let below = self.below.iter().filter(|n| n.kind == "Bitmap Index Scan");
        let alias = self
            .alias
            .as_deref()
            .or(self.relation.as_deref())
            .unwrap_or_default();
        let mut all = std::iter::once(self).chain(below);
        all.any(|n| n.passes_first(alias, table))
    }

    fn passes_first(&self, alias: &str, table: &Table) -> bool {
        let named = |i: &&Index| Some(&i.name) == self.index.as_ref();
        let index = table
            .indexes
            .iter()
            .find(named)
            .filter(|i| i.method == "btree");
        let condition = self
            .conditions
            .iter()
            .find(|(what, _)| what == "Index Cond");
        let first = index
            .and_then(|i| i.keys.first())
            .and_then(|k| k.column.clone());
        let (Some(first), Some((_, text))) = (first, condition) else {
            return false;
        };
        // Below a bitmap names are not qualified.
        let known = [first];
        let qualified = columns_of(alias, text, &known).is_empty();
        let own: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
        let speaks = !columns_of(alias, text, &own).is_empty();
        speaks && qualified
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::catalog::{Column, IndexKey};
    use serde_json::json;

    #[test]
    fn an_index_is_walked_where_its_first_key_is_open() {
        let column = |name: &str| Column {
            name: name.to_owned(),
            ..Column::default()
        };
        let key = |name: &str| IndexKey {
            column: Some(name.to_owned()),
            text: name.to_owned(),
            operator_class: "pg_catalog.int8_ops".to_owned(),
            collation: None,
            options: 0,
        };
        let table = Table {
            schema: "public".to_owned(),
            name: "lineup".to_owned(),
            columns: vec![column("event_id"), column("performer_id")],
            indexes: vec![Index {
                name: "lineup_pkey".to_owned(),
                method: "btree".to_owned(),
                keys: vec![key("event_id"), key("performer_id")],
                usable: true,
                ..Index::default()
            }],
            leaves: vec![("public".to_owned(), "lineup".to_owned())],
            ..Table::default()
        };
        let catalog = Catalog {
            tables: vec![table],
            ..Catalog::default()
        };
        let read = |condition: &str, searches: u32| {
            let plan = json!({"Plan": {
                "Node Type": "Index Only Scan", "Relation Name": "lineup", "Schema": "public", "Alias": "l",
                "Index Name": "lineup_pkey", "Index Cond": condition, "Actual Rows": 2, "Actual Loops": 1,
                "Index Searches": searches}});
            let mut plan = Node::parse(&plan).unwrap();
            plan.count_walks(&catalog, &|_| 400.0);
            plan.rows_read() as u64
        };
        assert_eq!(read("(l.performer_id = 3)", 1), 400);
        assert_eq!(read("(l.event_id = 3)", 1), 2);
        assert_eq!(read("((l.event_id = e.id) AND (l.performer_id = 3))", 1), 2);
        assert_eq!(read("(l.performer_id = 3)", 7), 2);
    }
}
