//! A thing with many around it gets new values, and what becomes of the old ones.

use std::collections::BTreeMap;

use serde_json::Value;

use super::QuietCx;
use super::fan::{Fan, children, live_facts};
use crate::model::{Exchange, Fault};
use crate::probe::changes::{Changes, Commit, Row};
use crate::probe::plant::{Changed, said_yes};
use crate::probe::sql::Token;

/// One fact that was changed.
pub(crate) struct Retold {
    /// The fact's name.
    pub(crate) fact: String,
    /// What it was.
    pub(crate) old: Value,
    /// What it is now.
    pub(crate) new: Value,
    /// The request that changed it.
    pub(crate) change: Exchange,
    /// What was committed meanwhile, where somebody watched.
    pub(crate) commits: Vec<Commit>,
}

/// Every entity that can be changed and to which others can belong.
pub(crate) fn hubs(cx: &mut QuietCx) -> Vec<String> {
    let pack = cx.pack();
    let plantable = cx.planter().plantable();
    let mut names = plantable.clone();
    names.retain(|name| {
        let changes = pack.entity(name).is_some_and(|e| e.update.is_some());
        let links = || pack.links.values().flat_map(|l| l.ends.values());
        let joined = links().any(|end| end.entity == *name);
        changes && (joined || !children(&pack, &plantable, name).is_empty())
    });
    names
}

/// Changes each fact of the thing in the middle that must be live, one request each; `changes` tells what each of
/// them did. What a service refuses is left out.
pub(crate) async fn change_all(
    cx: &mut QuietCx,
    fan: &Fan,
    changes: Option<&Changes>,
) -> Result<Vec<Retold>, Fault> {
    let mut facts = Vec::new();
    for fact in live_facts(cx, &fan.hub) {
        let Some(new) = cx.planter().another(&fan.hub, &fact) else {
            continue;
        };
        if let Some(changes) = changes {
            // What the service still had to do for an earlier request is none of this one's.
            changes.take().await?;
        }
        let changed = cx.planter().change_to(&fan.hub, &fact, &new).await?;
        let Some(Changed { exchange, .. }) = changed.filter(|c| said_yes(&c.exchange)) else {
            continue;
        };
        let commits = match changes {
            Some(changes) => changes.take().await?,
            None => Vec::new(),
        };
        let old = fan.hub.facts.get(&fact).cloned().unwrap_or_default();
        facts.push(Retold {
            fact,
            old,
            new,
            change: exchange,
            commits,
        });
    }
    Ok(facts)
}

/// How a value is looked for in tables.
pub(crate) fn token(value: &Value) -> Option<Token> {
    match value {
        Value::String(text) if text.chars().count() >= 6 => Some(Token::Text(text.clone())),
        Value::Number(number) => Some(Token::Number(number.to_string())),
        _ => None,
    }
}

/// Whether a written row says this value: a text anywhere in it, a number as one of its values.
pub(crate) fn says(row: &Row, value: &Value) -> bool {
    match value {
        Value::String(text) => row.says(text),
        Value::Number(number) => {
            let number = number.to_string();
            let mut cells = row.values.split("]:").skip(1);
            cells.any(|cell| cell.split_whitespace().next() == Some(number.as_str()))
        }
        _ => false,
    }
}

/// Every plain value of a body, by its place.
pub(crate) fn leaves(body: &Value) -> BTreeMap<String, Value> {
    fn walk(value: &Value, place: &str, all: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(map) => map
                .iter()
                .for_each(|(name, inner)| walk(inner, &format!("{place}/{name}"), all)),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(at, inner)| walk(inner, &format!("{place}/{at}"), all)),
            plain => {
                all.insert(place.to_owned(), plain.clone());
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(body, "", &mut all);
    all
}
