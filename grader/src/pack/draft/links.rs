//! Which things a contract joins, and which lists of values are things, guessed from paths and bodies.

use indexmap::IndexMap;

use super::access::{Access, account};
use super::entities::{Guess, ends, is_nested};
use super::words::{refers, singular, snake};
use crate::pack::{Contract, Method, Operation, Segment, openapi::shape};

/// A link as it may be.
pub(super) struct Joint<'c> {
    pub(super) set: &'c Operation,
    pub(super) unset: Option<&'c Operation>,
    pub(super) ends: Vec<End>,
    /// What is said about the link itself.
    pub(super) facts: Vec<String>,
}

/// One end of a link.
pub(super) struct End {
    /// The entity.
    pub(super) entity: String,
    /// Where its key stands, or `caller`.
    pub(super) at: String,
}

/// A list of texts in a body that are things of their own: `tagList`, where there is a `/tags` as well.
pub(super) struct Values {
    /// The entity that a text is.
    pub(super) name: String,
    /// The entity whose body has the list, and the operation that makes that.
    pub(super) of: String,
    pub(super) made_by: String,
    /// Each text of the list.
    pub(super) at: String,
}

/// What is joined by a PUT or POST on a path with both keys, or with one key where the other end is the caller.
pub(super) fn joints<'c>(
    contract: &'c Contract,
    access: Option<&Access<'c>>,
    guesses: &IndexMap<String, Guess<'c>>,
) -> IndexMap<String, Joint<'c>> {
    let names: Vec<String> = guesses.keys().cloned().collect();
    let me = access
        .and_then(|a| account(a.register?))
        .filter(|me| names.contains(me));
    let mut joints = IndexMap::new();
    for op in &contract.operations {
        let name = op.path.segments.iter().rev().find_map(|s| match s {
            Segment::Text(text) => Some(snake(text)),
            _ => None,
        });
        let free = name.filter(|n| !names.contains(n) && !names.contains(&singular(n)));
        let set = matches!(op.method, Method::Put | Method::Post);
        let Some(name) = free.filter(|_| set) else {
            continue;
        };
        let mut ends = keys(op, guesses);
        // `POST /profiles/{name}/follow` without a body, and the same path to undo it: the other end is the caller.
        let unset = contract
            .operations
            .iter()
            .find(|o| o.method == Method::Delete && o.path == op.path);
        let by_caller = op.body.is_none() && unset.is_some() && !op.security.anyone;
        if let (1, true, Some(me)) = (ends.len(), by_caller, &me) {
            let at = "caller".to_owned();
            ends.insert(
                0,
                End {
                    entity: me.clone(),
                    at,
                },
            );
        } else if op.path.last_param().is_none() {
            continue;
        }
        if ends.len() == 2 {
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

/// The keys in an operation's path: by what stands before a parameter, by its name, else as a fact of one entity.
fn keys(op: &Operation, guesses: &IndexMap<String, Guess<'_>>) -> Vec<End> {
    let names: Vec<String> = guesses.keys().cloned().collect();
    let before = ends(&op.path, &names);
    let known = |param: &str| {
        let at = format!("path:{param}");
        let by_place = before
            .iter()
            .find(|(_, a)| **a == at)
            .map(|(n, _)| n.clone());
        let by_name = || names.iter().find(|n| refers(param, n)).cloned();
        let by_key = || {
            let mut has = guesses
                .iter()
                .filter(|(_, g)| g.key.rsplit('/').next() == Some(param));
            has.next()
                .filter(|_| has.next().is_none())
                .map(|(n, _)| n.clone())
        };
        let entity = by_place.or_else(by_name).or_else(by_key)?;
        Some(End { entity, at })
    };
    op.path.params().into_iter().filter_map(known).collect()
}

/// Lists of texts that have a list operation of their own.
pub(super) fn values(contract: &Contract, guesses: &IndexMap<String, Guess<'_>>) -> Vec<Values> {
    let lists = |name: &str| {
        let last = |o: &Operation| match o.path.segments.last() {
            Some(Segment::Text(text)) => Some(singular(text)),
            _ => None,
        };
        let mut ops = contract.operations.iter();
        ops.any(|o| o.listing.is_some() && last(o).as_deref() == Some(name))
    };
    let mut all: Vec<Values> = Vec::new();
    for (of, guess) in guesses {
        for at in &guess.nested {
            let member = snake(at.rsplit('/').next().unwrap_or_default());
            let bare = ["_list", "_names", "_name"]
                .iter()
                .find_map(|end| member.strip_suffix(end));
            let name = singular(bare.unwrap_or(&member));
            let known = guesses.contains_key(&name) || all.iter().any(|v| v.name == name);
            if is_texts(contract, guess.op, at) && lists(&name) && !known {
                all.push(Values {
                    name,
                    of: of.clone(),
                    made_by: guess.op.id.to_string(),
                    at: format!("{at}/*"),
                });
            }
        }
    }
    all
}

/// Whether a place of an operation's body is a list of texts.
fn is_texts(contract: &Contract, op: &Operation, at: &str) -> bool {
    let place = crate::pack::Pointer::parse(at).ok();
    let schema = op.body.as_ref().map(|b| &b.schema.value);
    let list = schema
        .zip(place)
        .and_then(|(s, p)| shape::at(contract, s, &p));
    let element = list.and_then(|l| shape::element(contract, &l.schema));
    element.is_some_and(|e| shape::is(contract, &e, "string"))
}
