//! Which things a contract makes, guessed from its paths and bodies.

use indexmap::IndexMap;
use serde_json::Value;

use super::access::{Access, is_secret};
use super::words::{refers, singular, snake};
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
    /// Operations that its paths alone do not show: `/me` for an account.
    pub(super) read: Option<&'c Operation>,
    pub(super) update: Option<&'c Operation>,
    pub(super) parents: IndexMap<String, String>,
    pub(super) facts: Vec<String>,
    pub(super) secret: Vec<String>,
    /// Members that are lists or objects: perhaps things of their own.
    pub(super) nested: Vec<String>,
    /// The fact by which an account logs in.
    pub(super) login: Option<String>,
    /// Whether making one may be refused because there is one like it.
    pub(super) clashes: bool,
    /// Whether somebody other than its maker may be refused: it may well be its maker's own.
    pub(super) owned: bool,
}

/// What is known of all entities before any of them is looked at.
struct Names {
    all: Vec<String>,
    /// The parameter by which each is addressed, where there is one: `depotNo` of `/depots/{depotNo}`.
    params: IndexMap<String, String>,
}

/// The things the contract's POST operations make, by name.
pub(super) fn guess<'c>(
    contract: &'c Contract,
    access: Option<&Access<'c>>,
) -> IndexMap<String, Guess<'c>> {
    let register = access.and_then(|a| a.register);
    let mut makers: IndexMap<String, &Operation> = IndexMap::new();
    for op in &contract.operations {
        let registers = register.is_some_and(|r| r.id == op.id);
        if !registers && !makes(contract, op) {
            continue;
        }
        if let Some(Segment::Text(last)) = op.path.segments.last() {
            let name = singular(last);
            let verb = ["register", "sign_up", "signup", "join"].contains(&name.as_str());
            let name = if verb { "account".to_owned() } else { name };
            makers.entry(name).or_insert(op);
        }
    }
    let param = |op: &Operation| {
        let items = item_of(contract, op)?;
        Some(items.path.last_param()?.to_owned())
    };
    let names = Names {
        params: makers
            .iter()
            .filter_map(|(n, op)| Some((n.clone(), param(op)?)))
            .collect(),
        all: makers.keys().cloned().collect(),
    };
    let mut guesses: IndexMap<String, Guess<'_>> = makers
        .iter()
        .map(|(name, op)| (name.clone(), one(contract, name, op, &names)))
        .collect();
    for guess in guesses.values_mut() {
        let Some(access) = access.filter(|_| register.is_some_and(|r| r.id == guess.op.id)) else {
            continue;
        };
        if item_of(contract, guess.op).is_none() {
            addressed_as_me(contract, access, guess);
        }
        let login = access.login.rsplit('/').next();
        let fact = guess.facts.iter().find(|f| Some(f.as_str()) == login);
        guess.login = fact.filter(|_| guess.clashes).cloned();
    }
    guesses
}

/// An account without an address of its own is read and changed where the caller is.
fn addressed_as_me<'c>(contract: &'c Contract, access: &Access<'c>, guess: &mut Guess<'c>) {
    let Some((me, _)) = &access.whoami else {
        return;
    };
    // What shows other things beside the account is a session, not the account.
    if shape_of(me).map(|s| shape::envelope(contract, s))
        != shape_of(guess.op).map(|s| shape::envelope(contract, s))
    {
        return;
    }
    guess.read = Some(me);
    let changes =
        |o: &&Operation| o.path == me.path && matches!(o.method, Method::Put | Method::Patch);
    guess.update = contract.operations.iter().find(changes);
}

fn shape_of(op: &Operation) -> Option<&Value> {
    Some(&op.ok()?.schema.as_ref()?.value)
}

/// An operation on one of the things that this one makes.
fn item_of<'c>(contract: &'c Contract, op: &Operation) -> Option<&'c Operation> {
    contract
        .operations
        .iter()
        .find(|o| o.path.is_item_of(&op.path))
}

/// A POST that makes a thing: it takes a body, and what it makes has an address or a reply of its own.
fn makes(contract: &Contract, op: &Operation) -> bool {
    let acts = [
        "login", "logout", "signin", "session", "token", "refresh", "password", "reset", "auth",
        "confirm",
    ];
    let texts = op.path.segments.iter().filter_map(|s| match s {
        Segment::Text(text) => Some(snake(text)),
        _ => None,
    });
    let acts_on = |text: String| {
        text.split('_')
            .any(|w| acts.contains(&singular(w).as_str()) || acts.contains(&w))
    };
    op.method == Method::Post
        && op.body.is_some()
        && (item_of(contract, op).is_some() || op.success().contains(&201))
        && !texts.into_iter().any(acts_on)
}

fn one<'c>(contract: &'c Contract, name: &str, op: &'c Operation, names: &Names) -> Guess<'c> {
    let (key, key_unsure) = key(contract, name, op);
    let mut items = contract
        .operations
        .iter()
        .filter(|o| o.path.is_item_of(&op.path));
    let mut guess = Guess {
        op,
        key,
        key_unsure,
        read: None,
        update: None,
        parents: nesting(&op.path, name, names),
        facts: Vec::new(),
        secret: Vec::new(),
        nested: Vec::new(),
        login: None,
        clashes: op.declares(409).is_some(),
        owned: !op.security.anyone && items.any(|o| o.declares(403).is_some()),
    };
    let Some(body) = &op.body else { return guess };
    let schema = &body.schema.value;
    let base = shape::envelope(contract, schema);
    let inner = shape::at(contract, schema, &base);
    let members = inner
        .map(|f| shape::members(contract, &f.schema))
        .unwrap_or_default();
    for (member, found) in members {
        let at = base.member(&member);
        let parent = |n: &&String| {
            let param = names
                .params
                .get(*n)
                .filter(|p| !["id", "slug", "key", "name"].contains(&p.as_str()));
            *n != name && (refers(&member, n) || param == Some(&member))
        };
        if contract.follow(&found.schema)["readOnly"] == true {
            continue;
        } else if let Some(parent) = names.all.iter().find(parent) {
            guess.parents.insert(parent.clone(), at.to_string());
        } else if is_secret(contract, &member, &found) {
            guess.secret.push(member);
        } else if is_nested(contract, &found) {
            guess.nested.push(at.to_string());
        } else {
            guess.facts.push(member);
        }
    }
    guess
}

pub(super) fn is_nested(contract: &Contract, found: &Found) -> bool {
    shape::is(contract, &found.schema, "object") || shape::is(contract, &found.schema, "array")
}

/// Parents that stand in the path: `/events/{event_id}/ticket-types`.
fn nesting(path: &PathTemplate, own: &str, names: &Names) -> IndexMap<String, String> {
    let ends = ends(path, &names.all);
    ends.into_iter()
        .filter(|(name, _)| name != own)
        .rev()
        .take(1)
        .collect()
}

/// Each parameter that follows the name of an entity.
pub(super) fn ends(path: &PathTemplate, names: &[String]) -> IndexMap<String, String> {
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
fn key(contract: &Contract, name: &str, op: &Operation) -> (String, bool) {
    let param = item_of(contract, op).and_then(|o| o.path.last_param());
    let Some(schema) = shape_of(op) else {
        return ("header:Location ~ /([^/]+)$".to_owned(), true);
    };
    let base = shape::envelope(contract, schema);
    let inner = shape::at(contract, schema, &base).map_or(Value::Null, |f| f.schema);
    let members = shape::members(contract, &inner);
    let known = param
        .into_iter()
        .chain(["id", "uuid", "slug", "key", "name"]);
    let place = |name: &str| base.member(name).to_string();
    // `/profiles/{penName}`: an address somewhere else is a sign too.
    let addresses = |member: &&String| {
        let named = |o: &Operation| o.path.last_param() == Some(member.as_str());
        refers(member, name) || contract.operations.iter().any(named)
    };
    let own = members.keys().find(addresses);
    for name in known
        .take_while(|n| *n != "name")
        .chain(own.map(String::as_str))
    {
        if members.contains_key(name) {
            return (place(name), false);
        }
    }
    let first = members.get_key_value("name").or_else(|| members.first());
    first.map_or((Pointer::default().to_string(), true), |(name, _)| {
        (place(name), true)
    })
}
