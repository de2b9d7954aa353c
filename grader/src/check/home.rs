//! Where a planted thing stands in the database: the rows that hold what was sent, cell by cell.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Cx;
use crate::model::Fault;
use crate::probe::catalog::Table;
use crate::probe::plant::Planted;
use crate::probe::sql::{Hit, Observer, Token};

/// A row that is a thing's own.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    /// Its table.
    pub(crate) table: Table,
    /// Its cells, by column.
    pub(crate) row: BTreeMap<String, Option<String>>,
    /// The columns in which what was sent stands, by the fact's name.
    pub(crate) facts: BTreeMap<String, String>,
}

impl Home {
    /// The columns whose value alone tells this row from all others, with their values.
    pub(crate) fn keys(&self) -> Vec<(String, String)> {
        let constraint = self.table.primary_key.iter().map(|k| &k.columns);
        let constraint = constraint.chain(self.table.uniques.iter().map(|k| &k.columns));
        let mut columns: Vec<&String> = constraint
            .filter(|columns| columns.len() == 1)
            .flatten()
            .collect();
        for index in &self.table.indexes {
            if index.unique && index.usable && index.predicate.is_none() && index.keys.len() == 1 {
                columns.extend(index.keys.iter().filter_map(|k| k.column.as_ref()));
            }
        }
        columns.sort();
        columns.dedup();
        let value = |c: &String| Some((c.clone(), self.row.get(c)?.clone()?));
        columns.into_iter().filter_map(value).collect()
    }
}

/// The rows of base tables that hold the most of a thing's texts, each in a cell of its own; several where several
/// tables hold as many.
pub(crate) async fn homes(
    cx: &mut Cx,
    observer: &Observer,
    of: &Planted,
) -> Result<Vec<Home>, Fault> {
    let marks = cx.planter().marks(of);
    let texts: Vec<(String, String)> = marks
        .into_iter()
        .filter_map(|(name, value)| match value {
            Value::String(text) if text.chars().count() >= 6 => Some((name, text)),
            _ => None,
        })
        .collect();
    let tokens: Vec<Token> = texts.iter().map(|(_, t)| Token::Text(t.clone())).collect();
    if tokens.is_empty() {
        return Ok(Vec::new());
    }
    let tables = observer.tables().await?;
    let mut found: Vec<Home> = Vec::new();
    for hit in observer.find(&tokens).await? {
        let Some(fact) = exact(&hit, &texts) else {
            continue;
        };
        let row: BTreeMap<_, _> = hit.columns.iter().cloned().zip(hit.row.clone()).collect();
        let known = found
            .iter_mut()
            .find(|h| h.table.to_string() == hit.table && h.row == row);
        let home = match known {
            Some(home) => home,
            None => {
                let table = tables.iter().find(|t| t.to_string() == hit.table);
                let Some(table) = table else { continue };
                found.push(Home {
                    table: table.clone(),
                    row,
                    facts: BTreeMap::new(),
                });
                let last = found.len() - 1;
                &mut found[last]
            }
        };
        home.facts.insert(fact, hit.column);
    }
    let most = found
        .iter()
        .map(|h| h.facts.len())
        .max()
        .unwrap_or_default();
    found.retain(|home| home.facts.len() == most);
    Ok(found)
}

/// The fact whose text is all that a cell holds, whatever its case and the space about it.
fn exact(hit: &Hit, texts: &[(String, String)]) -> Option<String> {
    let at = hit.columns.iter().position(|c| *c == hit.column)?;
    let cell = hit.row.get(at)?.as_ref()?.trim().to_lowercase();
    let same = |(_, text): &&(String, String)| text.trim().to_lowercase() == cell;
    texts.iter().find(same).map(|(name, _)| name.clone())
}
