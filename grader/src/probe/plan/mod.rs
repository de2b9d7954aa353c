//! Plans of statements, as `auto_explain` and `EXPLAIN (FORMAT JSON)` print them.
//!
//! What is counted is rows, never time or cost: a count is the same in every repeat.

mod text;
mod walk;

use std::collections::BTreeMap;

use serde_json::Value;

pub use text::{columns_of, expressions_on};

/// A step of a plan, with those below it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    /// `Seq Scan`, `Sort` …
    pub kind: String,
    /// The schema of the table, where the plan says it (`VERBOSE`).
    pub schema: Option<String>,
    /// The table it reads or writes.
    pub relation: Option<String>,
    /// The name by which the statement knows that table.
    pub alias: Option<String>,
    /// The index it uses.
    pub index: Option<String>,
    /// Its conditions, by the plan's own word for each: `Filter`, `Index Cond`, `Join Filter` …
    pub conditions: Vec<(String, String)>,
    /// What it orders by, of a sort.
    pub sort_key: Vec<String>,
    /// Rows it read, over all its loops: those it gave on, and those that a condition left out. 0 where the plan
    /// has no counts.
    pub read: f64,
    /// How often it searched its index, where the plan says it (PostgreSQL 18).
    pub searches: f64,
    /// The steps below it.
    pub below: Vec<Node>,
}

/// Conditions as plans name them, in the order in which they tell most.
const CONDITIONS: [&str; 8] = [
    "Filter",
    "Index Cond",
    "Recheck Cond",
    "Join Filter",
    "Hash Cond",
    "Merge Cond",
    "TID Cond",
    "Order By",
];

impl Node {
    /// Reads the document of one statement: `{"Plan": {…}}`, or a list with it.
    pub fn parse(document: &Value) -> Option<Self> {
        let document = document
            .as_array()
            .map_or(Some(document), |list| list.first())?;
        document.get("Plan").map(node)
    }

    /// This step and all below it, from the top down.
    pub fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        let mut at = 0;
        while let Some(node) = all.get(at).copied() {
            all.extend(&node.below);
            at += 1;
        }
        all
    }

    /// Whether it reads rows of a table: scans do; what joins, sorts or writes them does not.
    pub fn is_scan(&self) -> bool {
        self.relation.is_some() && self.kind.ends_with("Scan")
    }

    /// Rows read from tables by this step and all below it.
    pub fn rows_read(&self) -> f64 {
        self.scans().map(|n| n.read).sum()
    }

    /// The steps that read tables.
    pub fn scans(&self) -> impl Iterator<Item = &Self> {
        self.all().into_iter().filter(|n| n.is_scan())
    }

    /// Rows read of each table, by its name as the plan says it.
    pub fn read_of_each(&self) -> BTreeMap<&str, f64> {
        let mut read = BTreeMap::new();
        for scan in self.scans() {
            *read
                .entry(scan.relation.as_deref().unwrap_or_default())
                .or_default() += scan.read;
        }
        read
    }

    /// Whether a table of a learner's is in it; the system's own begin with `pg_`.
    pub fn touches_tables(&self) -> bool {
        let own = |n: &&Self| {
            n.relation
                .as_ref()
                .is_some_and(|r| !r.starts_with("pg_") && n.schema.as_deref() != Some("pg_catalog"))
        };
        self.all().iter().any(own)
    }

    /// In one line, as `EXPLAIN` would say it: `Seq Scan on event, Filter: (venue_id = 7)`.
    pub fn line(&self) -> String {
        let mut line = self.kind.clone();
        if let Some(index) = &self.index {
            line.push_str(&format!(" using {index}"));
        }
        if let Some(relation) = &self.relation {
            line.push_str(&format!(" on {relation}"));
        }
        for (what, text) in &self.conditions {
            line.push_str(&format!(", {what}: {text}"));
        }
        line
    }
}

fn node(plan: &Value) -> Node {
    let text = |name: &str| plan.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| plan.get(name).and_then(Value::as_f64);
    let list = |name: &str| {
        plan.get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let loops = number("Actual Loops").unwrap_or_default();
    let removed = ["Rows Removed by Filter", "Rows Removed by Index Recheck"];
    let removed: f64 = removed.into_iter().filter_map(number).sum();
    let conditions = CONDITIONS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), text(name)?)));
    Node {
        kind: text("Node Type").unwrap_or_default(),
        schema: text("Schema"),
        relation: text("Relation Name"),
        alias: text("Alias"),
        index: text("Index Name"),
        conditions: conditions.collect(),
        sort_key: list("Sort Key")
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        read: (number("Actual Rows").unwrap_or_default() + removed) * loops,
        searches: number("Index Searches").unwrap_or_default(),
        below: list("Plans").map(node).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_condition_leaves_out_was_read_too() {
        // PostgreSQL 18 counts in fractions and marks what it was told not to do.
        let plan = json!([{"Plan": {
        "Node Type": "Nested Loop", "Actual Rows": 3.00, "Actual Loops": 1, "Join Filter": "(a.id = b.a)",
        "Plans": [
            {"Node Type": "Seq Scan", "Relation Name": "a", "Alias": "a", "Actual Rows": 3.00, "Actual Loops": 1,
             "Rows Removed by Filter": 997, "Filter": "(a.x = 1)", "Disabled": true},
            {"Node Type": "Bitmap Heap Scan", "Relation Name": "b", "Actual Rows": 2.5, "Actual Loops": 4,
             "Rows Removed by Index Recheck": 1, "Plans": [
                {"Node Type": "Bitmap Index Scan", "Index Name": "b_a", "Actual Rows": 9, "Actual Loops": 4}]}
        ]}}]);
        let plan = Node::parse(&plan).unwrap();
        assert!((plan.rows_read() - 1014.0).abs() < 1e-9);
        assert_eq!(plan.read_of_each().keys().collect::<Vec<_>>(), [&"a", &"b"]);
        assert_eq!(plan.below[0].line(), "Seq Scan on a, Filter: (a.x = 1)");
        assert!(plan.touches_tables());
    }

    #[test]
    fn a_plan_without_counts_has_read_nothing() {
        let plan = json!({"Plan": {"Node Type": "Result", "Plans": []}});
        let plan = Node::parse(&plan).unwrap();
        assert!(!plan.touches_tables() && plan.rows_read() == 0.0);
        assert_eq!(Node::parse(&json!({"Query": "x"})), None);
    }
}
