//! What is in a table's cells: values, lists of values, and documents with values inside.

use serde_json::Value;

use super::Stored;

/// One value a row: a column, or a member of the documents in one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    /// `price`, or `data.venue.city` for a member.
    pub(super) name: String,
    /// The number of the table's column.
    pub(super) of: usize,
    /// The values, by row.
    pub(super) cells: Vec<Option<String>>,
}

/// Several values a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Many {
    pub(super) name: String,
    pub(super) of: usize,
    /// By row; each element is its members by name, a plain value is one without a name.
    pub(super) rows: Vec<Vec<Vec<(String, String)>>>,
}

/// The columns of a table with its documents taken apart.
pub(super) fn read(stored: &Stored) -> (Vec<Column>, Vec<Many>) {
    let (mut plain, mut many) = (Vec::new(), Vec::new());
    for (of, name) in stored.rows.columns.iter().enumerate() {
        let cells: Vec<Option<&str>> = stored.rows.rows.iter().map(|r| r[of].as_deref()).collect();
        let documents: Option<Vec<Value>> = cells
            .iter()
            .map(|c| c.map_or(Some(Value::Null), document))
            .collect();
        match documents.filter(|all| all.iter().any(|d| !d.is_null())) {
            Some(all) => open(name, of, &all, &mut plain, &mut many),
            None => {
                let lists: Vec<_> = cells
                    .iter()
                    .map(|c| c.map(list).unwrap_or_default())
                    .collect();
                let name = name.clone();
                if lists.iter().any(|l| l.len() > 1) {
                    let rows = lists
                        .into_iter()
                        .map(|l| l.into_iter().map(nameless).collect());
                    let rows = rows.collect();
                    let name = name.clone();
                    many.push(Many { name, of, rows });
                }
                let cells = cells.into_iter().map(|c| c.map(str::to_owned)).collect();
                plain.push(Column { name, of, cells });
            }
        }
    }
    (plain, many)
}

fn nameless(value: String) -> Vec<(String, String)> {
    vec![(String::new(), value)]
}

/// A JSON object or list; anything else is a value.
fn document(cell: &str) -> Option<Value> {
    let start = cell.trim_start().as_bytes().first();
    let looks = matches!(start, Some(b'{' | b'['));
    let value: Value = looks.then(|| serde_json::from_str(cell).ok())??;
    (value.is_object() || value.is_array()).then_some(value)
}

/// The parts of a text that holds several: a Postgres array, or values between commas, semicolons, bars or lines.
fn list(cell: &str) -> Vec<String> {
    let inner = cell.strip_prefix('{').and_then(|c| c.strip_suffix('}'));
    let separators: &[char] = if inner.is_some() {
        &[',']
    } else {
        &[',', ';', '|', '\n']
    };
    let parts = inner.unwrap_or(cell).split(separators);
    let parts = parts.map(|p| p.trim().trim_matches('"').to_owned());
    parts.filter(|p| !p.is_empty()).collect()
}

/// Takes documents apart: each member is a column, each list a list.
fn open(name: &str, of: usize, all: &[Value], plain: &mut Vec<Column>, many: &mut Vec<Many>) {
    if all.iter().any(Value::is_array) {
        let rows = all.iter().map(elements).collect();
        let name = name.to_owned();
        many.push(Many { name, of, rows });
        return;
    }
    let mut members: Vec<&String> = Vec::new();
    for key in all
        .iter()
        .filter_map(Value::as_object)
        .flat_map(|o| o.keys())
    {
        if !members.contains(&key) {
            members.push(key);
        }
    }
    for key in members {
        let inner: Vec<Value> = all.iter().map(|d| d[key.as_str()].clone()).collect();
        let name = format!("{name}.{key}");
        if inner.iter().any(|v| v.is_array() || v.is_object()) {
            open(&name, of, &inner, plain, many);
        } else {
            let cells = inner.iter().map(text).collect();
            plain.push(Column { name, of, cells });
        }
    }
}

fn elements(list: &Value) -> Vec<Vec<(String, String)>> {
    let each = |v: &Value| {
        let mut members = Vec::new();
        leaves("", v, &mut members);
        members
    };
    list.as_array().into_iter().flatten().map(each).collect()
}

fn leaves(name: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let name = if name.is_empty() {
                    key.clone()
                } else {
                    format!("{name}.{key}")
                };
                leaves(&name, value, out);
            }
        }
        Value::Array(all) => all.iter().for_each(|v| leaves(name, v, out)),
        plain => out.extend(text(plain).map(|t| (name.to_owned(), t))),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
