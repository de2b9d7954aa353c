//! How a contract lets callers say who they are, guessed from its security schemes, its paths and its bodies.

use serde_json::Value;

use super::words::{singular, speaks_of};
use crate::pack::{
    Contract, Method, Operation, Pointer,
    openapi::shape::{self, Found},
};

/// `[auth]` as it may be.
pub(super) struct Access<'c> {
    pub(super) carrier: String,
    pub(super) prefix: Option<&'static str>,
    pub(super) login: String,
    pub(super) secret: String,
    /// Where a token against cross-site requests is found, where that is known, and where it is sent.
    pub(super) csrf: Option<(Option<String>, String)>,
    pub(super) log_in: &'c Operation,
    pub(super) take: Option<String>,
    pub(super) register: Option<&'c Operation>,
    pub(super) whoami: Option<(&'c Operation, String)>,
    pub(super) log_out: Option<&'c Operation>,
    /// Further operations that seem to be about credentials.
    pub(super) more: Vec<String>,
    pub(super) roles: Vec<String>,
}

/// Names of what identifies, likeliest first.
const LOGINS: [&str; 9] = [
    "email",
    "username",
    "userName",
    "user_name",
    "login",
    "handle",
    "nickname",
    "account",
    "name",
];
const TOKENS: [&str; 6] = [
    "access_token",
    "accessToken",
    "token",
    "jwt",
    "session_token",
    "apiKey",
];
const ENTER: [&str; 7] = [
    "login",
    "signin",
    "logon",
    "session",
    "token",
    "auth",
    "authenticate",
];
const JOIN: [&str; 4] = ["register", "signup", "join", "registration"];
const LEAVE: [&str; 3] = ["logout", "signout", "logoff"];
const MORE: [&str; 8] = [
    "refresh",
    "password",
    "passphrase",
    "reset",
    "verify",
    "activate",
    "confirm",
    "otp",
];
const SELF: [&str; 6] = ["me", "whoami", "self", "current", "session", "profile"];

/// None when the contract asks nobody for a credential, or shows no way to have one.
pub(super) fn guess(contract: &Contract) -> Option<Access<'_>> {
    let ops = &contract.operations;
    let guarded = ops.iter().any(|o| !o.security.anyone);
    let log_in = ops.iter().find(|o| guarded && logs_in(contract, o))?;
    let (login, secret) = identity(contract, log_in)?;
    let (carrier, prefix) = carrier(contract);
    let take = if carrier.starts_with("cookie:") {
        Some(carrier.clone())
    } else {
        shows(contract, log_in, &TOKENS)
    };
    let whoami = whoami(contract, log_in, &login);
    let csrf = schemes(contract).find(|(_, s)| is_csrf(s)).map(|(_, s)| {
        let known = [
            "csrf",
            "csrfToken",
            "csrf_token",
            "xsrf",
            "xsrfToken",
            "xsrf_token",
        ];
        let name = s["name"].as_str().unwrap_or_default();
        let token = shows(contract, log_in, &known);
        let place = if s["in"] == "cookie" {
            "cookie"
        } else {
            "header"
        };
        (token, format!("{place}:{name}"))
    });
    let mut roles: Vec<String> = ops
        .iter()
        .flat_map(|o| [o.security.roles.clone(), o.security.together.concat()].concat())
        .collect();
    roles.sort();
    roles.dedup();
    let about = |o: &&Operation| o.id != log_in.id && speaks_of(o, &MORE);
    Some(Access {
        register: register(contract, log_in, (&login, &secret)),
        log_out: ops.iter().find(|o| logs_out(o, log_in)),
        login,
        secret,
        carrier,
        prefix,
        csrf,
        log_in,
        take,
        whoami,
        more: ops.iter().filter(about).map(|o| o.id.to_string()).collect(),
        roles,
    })
}

/// A POST that takes an identity and a secret, and is not the one that registers.
fn logs_in(contract: &Contract, op: &Operation) -> bool {
    op.method == Method::Post
        && op.security.anyone
        && speaks_of(op, &ENTER)
        && !speaks_of(op, &JOIN)
        && identity(contract, op).is_some()
}

/// The operation that makes accounts: open to anyone, and it takes what logging in takes.
fn register<'c>(
    contract: &'c Contract,
    log_in: &Operation,
    (login, secret): (&str, &str),
) -> Option<&'c Operation> {
    let takes = |op: &Operation, place: &str| {
        let schema = op.body.as_ref().map(|b| &b.schema.value);
        let pointer = Pointer::parse(place).ok();
        let found = schema.zip(pointer).map(|(s, p)| shape::at(contract, s, &p));
        found.flatten().is_some()
    };
    let makes = |op: &&Operation| {
        op.method == Method::Post
            && op.security.anyone
            && op.id != log_in.id
            && (speaks_of(op, &JOIN) || op.success().contains(&201))
            && takes(op, login)
            && takes(op, secret)
    };
    contract.operations.iter().find(makes)
}

/// Who am I? A guarded GET of one thing that names the caller: on the path of the login, or by its words, before
/// any other.
fn whoami<'c>(
    contract: &'c Contract,
    log_in: &Operation,
    login: &str,
) -> Option<(&'c Operation, String)> {
    let name = login.rsplit('/').next().unwrap_or_default();
    let gets = contract.operations.iter().filter_map(|o| {
        let plain = o.method == Method::Get && !o.security.anyone && o.path.params().is_empty();
        let says = shows(contract, o, &[name])?;
        (plain && o.listing.is_none()).then_some((o, says))
    });
    let likely = |(o, _): &(&Operation, String)| {
        u8::from(o.path == log_in.path) * 2 + u8::from(speaks_of(o, &SELF))
    };
    let mut all: Vec<_> = gets.collect();
    all.sort_by_key(|found| std::cmp::Reverse(likely(found)));
    all.into_iter().next()
}

fn logs_out(op: &Operation, log_in: &Operation) -> bool {
    let by_path = op.method == Method::Delete && op.path == log_in.path;
    !op.security.anyone && (by_path || speaks_of(op, &LEAVE))
}

/// Where a body takes what identifies, and the secret.
fn identity(contract: &Contract, op: &Operation) -> Option<(String, String)> {
    let schema = &op.body.as_ref()?.schema.value;
    let base = shape::envelope(contract, schema);
    let inner = shape::at(contract, schema, &base)?;
    let members = shape::members(contract, &inner.schema);
    let (secret, _) = members
        .iter()
        .find(|(name, found)| is_secret(contract, name, found))?;
    let known = LOGINS
        .iter()
        .find(|n| members.contains_key(**n))
        .map(|n| (*n).to_owned());
    let text = |(name, found): (&String, &Found)| {
        let fits = found.required && name != secret && shape::is(contract, &found.schema, "string");
        fits.then(|| name.clone())
    };
    let login = known.or_else(|| members.iter().find_map(text))?;
    Some((
        base.member(login).to_string(),
        base.member(secret).to_string(),
    ))
}

/// Whether a member is a password.
pub(super) fn is_secret(contract: &Contract, name: &str, found: &Found) -> bool {
    let plain = contract.follow(&found.schema);
    let name = name.to_lowercase();
    plain["format"] == "password"
        || plain["writeOnly"] == true
        || name.starts_with("pass")
        || name.ends_with("password")
        || ["secret", "pin"].contains(&name.as_str())
}

/// The pointer to the first of these members of a reply, or of an object in it.
fn shows(contract: &Contract, op: &Operation, names: &[&str]) -> Option<String> {
    let schema = &op.ok()?.schema.as_ref()?.value;
    let members = shape::members(contract, schema);
    let here = names.iter().find(|n| members.contains_key(**n));
    if let Some(name) = here {
        return Some(Pointer::default().member(*name).to_string());
    }
    members.iter().find_map(|(outer, found)| {
        let inner = shape::members(contract, &found.schema);
        let name = names.iter().find(|n| inner.contains_key(**n))?;
        let outer = Pointer::default().member(outer);
        (!shape::is(contract, &found.schema, "array")).then(|| outer.member(*name).to_string())
    })
}

/// The security schemes that some operation asks for, by name.
fn schemes(contract: &Contract) -> impl Iterator<Item = (&String, &Value)> {
    let all = contract.document["components"]["securitySchemes"].as_object();
    all.into_iter().flatten().filter(|(name, _)| {
        let mut ops = contract.operations.iter();
        ops.any(|o| o.security.schemes.contains(name))
    })
}

/// Whether a scheme is a token against cross-site requests and proves nobody.
fn is_csrf(scheme: &Value) -> bool {
    let name = scheme["name"].as_str().unwrap_or_default().to_lowercase();
    scheme["type"] == "apiKey" && (name.contains("csrf") || name.contains("xsrf"))
}

fn carrier(contract: &Contract) -> (String, Option<&'static str>) {
    let bearer = ("header:Authorization".to_owned(), Some("Bearer "));
    let Some((_, scheme)) = schemes(contract).find(|(_, s)| !is_csrf(s)) else {
        return bearer;
    };
    let name = scheme["name"].as_str().unwrap_or_default();
    match (scheme["type"].as_str(), scheme["in"].as_str()) {
        (Some("apiKey"), Some("cookie")) => (format!("cookie:{name}"), None),
        (Some("apiKey"), Some("header")) if name.eq_ignore_ascii_case("authorization") => {
            ("header:Authorization".to_owned(), Some("Token "))
        }
        (Some("apiKey"), Some("header")) => (format!("header:{name}"), None),
        _ => bearer,
    }
}

/// The entity that registering makes: by the last word of its path, `account` where that says only what it does.
pub(super) fn account(register: &Operation) -> Option<String> {
    let last = register.path.segments.last()?;
    match last {
        crate::pack::Segment::Text(text) => Some(singular(text)),
        _ => None,
    }
}
