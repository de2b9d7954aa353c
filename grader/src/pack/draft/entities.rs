//! Which things a contract makes, guessed from its paths and bodies.

use indexmap::IndexMap;
use serde_json::Value;

use crate::pack::{
    Contract, Method, Operation, PathTemplate, Pointer, Segment,
    openapi::shape::{self, Found},
};

/// An entity as it may be.
pub(super) struct Guess<'c> {
    pub(super) op: &'c Operation,
    pub(super) key: String,
    /// Whether the key is a guess without a sign in the contract.
    pub(super) key_unsure: bool,
    pub(super) parents: IndexMap<String, String>,
    pub(super) facts: Vec<String>,
    pub(super) secret: Vec<String>,
    /// Members that are lists or objects: perhaps things of their own.
    pub(super) nested: Vec<String>,
}

/// A link as it may be.
pub(super) struct Joint<'c> {
    pub(super) set: &'c Operation,
    pub(super) unset: Option<&'c Operation>,
    pub(super) ends: IndexMap<String, String>,
    /// What is said about the link itself.
    pub(super) facts: Vec<String>,
}

/// The things the contract's POST operations make, by name.
pub(super) fn guess(contract: &Contract) -> IndexMap<String, Guess<'_>> {
    let mut makers: IndexMap<String, &Operation> = IndexMap::new();
    for op in contract.operations.iter().filter(|o| makes(contract, o)) {
        if let Some(Segment::Text(last)) = op.path.segments.last() {
            makers.entry(singular(last)).or_insert(op);
        }
    }
    let names: Vec<String> = makers.keys().cloned().collect();
    makers
        .iter()
        .map(|(name, op)| (name.clone(), one(contract, name, op, &names)))
        .collect()
}

/// A POST that makes a thing: it takes a body, and what it makes has an address or a reply of its own.
fn makes(contract: &Contract, op: &Operation) -> bool {
    let has_items = contract
        .operations
        .iter()
        .any(|o| o.path.is_item_of(&op.path));
    let acts = [
        "login", "logout", "session", "token", "refresh", "password", "reset", "auth", "confirm",
    ];
    let line = op.path.to_string().to_lowercase();
    op.method == Method::Post
        && op.body.is_some()
        && (has_items || op.success().contains(&201))
        && !acts.iter().any(|a| line.contains(a))
}

fn one<'c>(contract: &'c Contract, name: &str, op: &'c Operation, names: &[String]) -> Guess<'c> {
    let (key, key_unsure) = key(contract, op);
    let mut guess = Guess {
        op,
        key,
        key_unsure,
        parents: nesting(&op.path, name, names),
        facts: Vec::new(),
        secret: Vec::new(),
        nested: Vec::new(),
    };
    let Some(body) = &op.body else { return guess };
    let schema = &body.schema.value;
    let base = shape::envelope(contract, schema);
    let inner = shape::at(contract, schema, &base);
    let members = inner
        .map(|f| shape::members(contract, &f.schema))
        .unwrap_or_default();
    for (member, found) in members {
        let plain = contract.follow(&found.schema);
        let at = base.member(&member);
        if plain["readOnly"] == true {
            continue;
        } else if let Some(parent) = names.iter().find(|n| refers(&member, n) && *n != name) {
            guess.parents.insert(parent.clone(), at.to_string());
        } else if plain["writeOnly"] == true
            || plain["format"] == "password"
            || member.to_lowercase().contains("password")
        {
            guess.secret.push(member);
        } else if is_nested(contract, &found) {
            guess.nested.push(at.to_string());
        } else {
            guess.facts.push(member);
        }
    }
    guess
}

fn is_nested(contract: &Contract, found: &Found) -> bool {
    shape::is(contract, &found.schema, "object") || shape::is(contract, &found.schema, "array")
}

/// Whether a member's name is that of a key of this entity: `venue_id`, `venueId`.
fn refers(member: &str, entity: &str) -> bool {
    let plain = |s: &str| s.replace(['_', '-'], "").to_lowercase();
    let (member, entity) = (plain(member), plain(entity));
    ["id", "slug", "key", "uuid"]
        .iter()
        .any(|k| member == format!("{entity}{k}"))
}

/// Parents that stand in the path: `/events/{event_id}/ticket-types`.
fn nesting(path: &PathTemplate, own: &str, names: &[String]) -> IndexMap<String, String> {
    let ends = ends(path, names);
    ends.into_iter()
        .filter(|(name, _)| name != own)
        .rev()
        .take(1)
        .collect()
}

/// Each parameter that follows the name of an entity.
fn ends(path: &PathTemplate, names: &[String]) -> IndexMap<String, String> {
    let pairs = path.segments.windows(2).filter_map(|pair| match pair {
        [Segment::Text(text), Segment::Param(param)] => {
            let by_param = names.iter().find(|n| refers(param, n)).cloned();
            let name = by_param.unwrap_or_else(|| singular(text));
            names
                .contains(&name)
                .then(|| (name, format!("path:{param}")))
        }
        _ => None,
    });
    pairs.collect()
}

/// Where the reply to the create shows the key, and whether that is a guess.
fn key(contract: &Contract, op: &Operation) -> (String, bool) {
    let item = contract
        .operations
        .iter()
        .find(|o| o.path.is_item_of(&op.path));
    let param = item.and_then(|o| o.path.last_param());
    let Some(schema) = op.ok().and_then(|r| r.schema.as_ref()) else {
        return ("header:Location ~ /([^/]+)$".to_owned(), true);
    };
    let base = shape::envelope(contract, &schema.value);
    let inner = shape::at(contract, &schema.value, &base).map_or(Value::Null, |f| f.schema);
    let members = shape::members(contract, &inner);
    let known = param
        .into_iter()
        .chain(["id", "uuid", "slug", "key", "name"]);
    let place = |name: &str| base.member(name).to_string();
    for name in known {
        if members.contains_key(name) {
            return (place(name), name == "name");
        }
    }
    let first = members.keys().next();
    first.map_or((Pointer::default().to_string(), true), |name| {
        (place(name), true)
    })
}

/// Two things joined by a PUT or POST on a path with both keys.
pub(super) fn joints<'c>(contract: &'c Contract, names: &[String]) -> IndexMap<String, Joint<'c>> {
    let mut joints = IndexMap::new();
    for op in &contract.operations {
        let sets =
            matches!(op.method, Method::Put | Method::Post) && op.path.last_param().is_some();
        let ends = ends(&op.path, names);
        let by_param: IndexMap<String, String> = op
            .path
            .params()
            .into_iter()
            .filter_map(|p| {
                Some((
                    names.iter().find(|n| refers(p, n))?.clone(),
                    format!("path:{p}"),
                ))
            })
            .collect();
        let ends = if by_param.len() > ends.len() {
            by_param
        } else {
            ends
        };
        let name = op.path.segments.iter().rev().find_map(|s| match s {
            Segment::Text(text) => Some(snake(text)),
            _ => None,
        });
        if let (true, 2, Some(name)) = (sets, ends.len(), name.filter(|n| !names.contains(n))) {
            let unset = contract
                .operations
                .iter()
                .find(|o| o.method == Method::Delete && o.path == op.path);
            let body = op
                .body
                .as_ref()
                .map(|b| shape::members(contract, &b.schema.value));
            let plain = body
                .unwrap_or_default()
                .into_iter()
                .filter(|(_, f)| !is_nested(contract, f));
            let facts = plain.map(|(name, _)| name).collect();
            joints.insert(
                name,
                Joint {
                    set: op,
                    unset,
                    ends,
                    facts,
                },
            );
        }
    }
    joints
}

/// `ticket-types` → `ticket_type`.
fn singular(text: &str) -> String {
    let text = snake(text);
    for (end, one) in [
        ("ies", "y"),
        ("sses", "ss"),
        ("xes", "x"),
        ("ches", "ch"),
        ("shes", "sh"),
    ] {
        if let Some(stem) = text.strip_suffix(end) {
            return format!("{stem}{one}");
        }
    }
    match text.strip_suffix('s') {
        Some(stem) if !stem.is_empty() && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => text,
    }
}

/// A name that can stand bare in TOML.
fn snake(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        out.push(if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_collections_become_names_of_things() {
        for (many, one) in [
            ("ticket-types", "ticket_type"),
            ("cities", "city"),
            ("boxes", "box"),
            ("orderLines", "order_line"),
            ("addresses", "address"),
            ("status", "status"),
            ("basis", "basis"),
            ("sheep", "sheep"),
        ] {
            assert_eq!(singular(many), one);
        }
    }
}
