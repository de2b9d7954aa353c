//! How a contract lets callers say who they are, guessed from its security schemes and its paths.

use serde_json::Value;

use crate::pack::{Contract, Method, Operation, openapi::shape};

/// `[auth]` as it may be.
pub(super) struct Access<'c> {
    pub(super) carrier: String,
    pub(super) prefix: Option<&'static str>,
    pub(super) login: String,
    pub(super) secret: String,
    pub(super) log_in: &'c Operation,
    pub(super) take: Option<String>,
    pub(super) whoami: Option<(&'c Operation, String)>,
    pub(super) roles: Vec<String>,
}

/// Names of what identifies, likeliest first.
const LOGINS: [&str; 4] = ["email", "username", "login", "name"];
const TOKENS: [&str; 5] = [
    "access_token",
    "accessToken",
    "token",
    "jwt",
    "session_token",
];

/// None when the contract asks nobody for a credential, or shows no way to have one.
pub(super) fn guess(contract: &Contract) -> Option<Access<'_>> {
    let guarded = contract.operations.iter().any(|o| !o.security.anyone);
    let log_in = contract
        .operations
        .iter()
        .find(|o| guarded && logs_in(contract, o))?;
    let (carrier, prefix) = carrier(contract);
    let body = &log_in.body.as_ref()?.schema.value;
    let reply = log_in
        .ok()
        .and_then(|r| r.schema.as_ref())
        .map(|s| &s.value);
    let take = if carrier.starts_with("cookie:") {
        Some(carrier.clone())
    } else {
        reply.and_then(|r| member(contract, r, &TOKENS))
    };
    let whoami = contract.operations.iter().find_map(|o| {
        let gets = o.method == Method::Get && !o.security.anyone && o.path.params().is_empty();
        let says = member(contract, &o.ok()?.schema.as_ref()?.value, &LOGINS)?;
        gets.then_some((o, says))
    });
    let mut roles: Vec<String> = contract
        .operations
        .iter()
        .flat_map(|o| o.security.roles.clone())
        .collect();
    roles.sort();
    roles.dedup();
    Some(Access {
        login: member(contract, body, &LOGINS)?,
        secret: member(contract, body, &["password", "secret", "pin"])?,
        carrier,
        prefix,
        log_in,
        take,
        whoami,
        roles,
    })
}

/// A POST that takes an identity and a secret, and is not the one that registers.
fn logs_in(contract: &Contract, op: &Operation) -> bool {
    let line = op.path.to_string().to_lowercase();
    let words = ["login", "signin", "sign-in", "session", "token", "auth"];
    let has = |names: &[&str]| {
        op.body
            .as_ref()
            .and_then(|b| member(contract, &b.schema.value, names))
            .is_some()
    };
    op.method == Method::Post
        && op.security.anyone
        && words.iter().any(|w| line.contains(w))
        && has(&LOGINS)
        && has(&["password", "secret", "pin"])
}

/// The pointer to the first of these members, inside the envelope if there is one.
fn member(contract: &Contract, schema: &Value, names: &[&str]) -> Option<String> {
    let base = shape::envelope(contract, schema);
    let inner = shape::at(contract, schema, &base)?;
    let members = shape::members(contract, &inner.schema);
    let found = names.iter().find(|n| members.contains_key(**n))?;
    Some(base.member(*found).to_string())
}

fn carrier(contract: &Contract) -> (String, Option<&'static str>) {
    let schemes = contract.document["components"]["securitySchemes"].as_object();
    let used = schemes.into_iter().flatten().find(|(name, _)| {
        contract
            .operations
            .iter()
            .any(|o| o.security.schemes.contains(name))
    });
    let Some((_, scheme)) = used else {
        return ("header:Authorization".to_owned(), Some("Bearer "));
    };
    let name = scheme["name"].as_str().unwrap_or_default();
    match (scheme["type"].as_str(), scheme["in"].as_str()) {
        (Some("apiKey"), Some("cookie")) => (format!("cookie:{name}"), None),
        (Some("apiKey"), Some("header")) if name.eq_ignore_ascii_case("authorization") => {
            ("header:Authorization".to_owned(), Some("Token "))
        }
        (Some("apiKey"), Some("header")) => (format!("header:{name}"), None),
        _ => ("header:Authorization".to_owned(), Some("Bearer ")),
    }
}
