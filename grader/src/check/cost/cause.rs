//! Why a statement reads more when the tables fill: known by what cures it.

use crate::model::{Fault, Statement};
use crate::probe::catalog::{Catalog, Table};
use crate::probe::plan::{Node, columns_of, expressions_on};
use crate::probe::sql::{Best, Editor};
use crate::runtime::postgres::ident;

/// An index that makes a statement read less, as a transaction that was taken back has shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cure {
    /// `schema.table`.
    pub(crate) table: String,
    /// What it is searched by, as SQL spells it.
    pub(crate) keys: Vec<String>,
    /// What kind of need it serves.
    pub(crate) serves: Serves,
    /// The statement that makes it.
    pub(crate) sql: String,
    /// Rows that the statement reads with it.
    pub(crate) rows: f64,
}

/// What an index is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// A foreign key of the table, which has no usable index.
    ForeignKey,
    /// Columns that are compared.
    Columns,
    /// An expression over columns that is compared.
    Expression,
    /// The order in which the first rows are wanted.
    Order,
}

/// Tables that one statement may want an index on.
const CURES: usize = 3;

/// A cure leaves at most this share of what its table cost.
const LEFT: f64 = 0.4;

/// The indexes that cure a statement, one a table, each proven by running it with them; empty where none does.
pub(crate) async fn cures(
    editor: &Editor,
    catalog: &Catalog,
    statement: &Statement,
    best: &Best,
) -> Result<Vec<Cure>, Fault> {
    let mut cures: Vec<Cure> = Vec::new();
    let mut now = best.clone();
    while cures.len() < CURES && now.rows > best.rows * LEFT / 4.0 {
        let Some(worst) = now.plan.scans().max_by(|a, b| a.read.total_cmp(&b.read)) else {
            break;
        };
        let (Some(table), worth) = (worst.table(catalog), worst.read) else {
            break;
        };
        let mut found = None;
        for mut cure in candidates(table, worst, &now.plan) {
            let mut before: Vec<String> = cures.iter().map(|c| c.sql.clone()).collect();
            before.push(cure.sql.clone());
            let with = editor.best_plan(statement, catalog, &before).await?;
            if let Some(with) = with.filter(|w| w.rows <= now.rows - worth * (1.0 - LEFT)) {
                cure.rows = with.rows;
                found = Some((cure, with));
                break;
            }
        }
        let Some((cure, with)) = found else { break };
        cures.push(cure);
        now = with;
    }
    Ok(cures)
}

/// Indexes that might help a scan, the plainest first.
fn candidates(table: &Table, scan: &Node, plan: &Node) -> Vec<Cure> {
    let known: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
    let alias = scan
        .alias
        .as_deref()
        .or(scan.relation.as_deref())
        .unwrap_or_default();
    let all = plan.all();
    let own = scan.conditions.iter().map(|(_, text)| text);
    let others = all.iter().flat_map(|n| &n.conditions).map(|(_, text)| text);
    let (mut columns, mut expressions) = (Vec::new(), Vec::new());
    for text in own.chain(others) {
        add(&mut columns, columns_of(alias, text, &known));
        add(&mut expressions, expressions_on(alias, text, &known));
    }
    let order = all.iter().find(|n| !n.sort_key.is_empty());
    let order = order
        .and_then(|sort| order_by(alias, &sort.sort_key, &known))
        .unwrap_or_default();
    let quoted: Vec<String> = columns.iter().map(|c| ident(c)).collect();
    let mut keys: Vec<(Vec<String>, Serves)> = Vec::new();
    for column in &quoted {
        keys.push((vec![column.clone()], Serves::Columns));
    }
    if quoted.len() > 1 {
        keys.push((quoted.clone(), Serves::Columns));
    }
    for expression in expressions {
        keys.push((vec![format!("({expression})")], Serves::Expression));
    }
    if !order.is_empty() {
        keys.push((order.clone(), Serves::Order));
        for column in &quoted {
            let with = [vec![column.clone()], order.clone()].concat();
            keys.push((with, Serves::Columns));
        }
    }
    keys.into_iter()
        .map(|(keys, serves)| cure(table, keys, serves))
        .collect()
}

fn add(into: &mut Vec<String>, more: Vec<String>) {
    for one in more {
        if !into.contains(&one) {
            into.push(one);
        }
    }
}

/// The keys of a sort as those of an index, if all are columns of this table.
fn order_by(alias: &str, keys: &[String], known: &[String]) -> Option<Vec<String>> {
    let key = |key: &String| {
        let column = columns_of(alias, key, known).into_iter().next()?;
        let (_, how) = key.split_once(' ').unwrap_or((key, ""));
        Some(format!("{} {how}", ident(&column)).trim_end().to_owned())
    };
    keys.iter().map(key).collect()
}

fn cure(table: &Table, keys: Vec<String>, serves: Serves) -> Cure {
    let name = format!("{}.{}", ident(&table.schema), ident(&table.name));
    let serves = match serves {
        Serves::Columns if is_foreign(table, &keys) => Serves::ForeignKey,
        other => other,
    };
    Cure {
        table: table.to_string(),
        sql: format!("CREATE INDEX ON {name} ({})", keys.join(", ")),
        keys,
        serves,
        rows: 0.0,
    }
}

/// Whether these are the columns of a foreign key that has no usable index.
fn is_foreign(table: &Table, keys: &[String]) -> bool {
    table.foreign_keys.iter().any(|key| {
        let columns: Vec<String> = key.columns.iter().map(|c| ident(c)).collect();
        let all = keys.iter().all(|k| columns.contains(k));
        all && !table.indexes.iter().any(|i| i.finds(&key.columns))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::catalog::Column;
    use serde_json::json;

    #[test]
    fn what_might_help_is_read_off_the_plan() {
        let column = |name: &str| Column {
            name: name.to_owned(),
            ..Column::default()
        };
        let table = Table {
            schema: "public".to_owned(),
            name: "event".to_owned(),
            columns: ["id", "venue_id", "starts_at", "title"]
                .map(column)
                .to_vec(),
            ..Table::default()
        };
        let plan = json!({"Plan": {"Node Type": "Limit", "Plans": [
            {"Node Type": "Sort", "Sort Key": ["e.starts_at DESC", "e.id"], "Plans": [
                {"Node Type": "Seq Scan", "Relation Name": "event", "Alias": "e",
                 "Filter": "((e.venue_id = '7'::bigint) AND (lower(e.title) = 'x'::text))"}]}]}});
        let plan = Node::parse(&plan).unwrap();
        let scan = plan.scans().next().unwrap();
        let keys: Vec<String> = candidates(&table, scan, &plan)
            .iter()
            .map(|c| c.keys.join(", "))
            .collect();
        assert_eq!(
            keys,
            [
                "\"venue_id\"",
                "\"title\"",
                "\"venue_id\", \"title\"",
                "(lower(title))",
                "\"starts_at\" DESC, \"id\"",
                "\"venue_id\", \"starts_at\" DESC, \"id\"",
                "\"title\", \"starts_at\" DESC, \"id\"",
            ]
        );
    }
}
