//! Drafts a `project.toml` from a contract: what its shape tells, and comments that say what to check.

mod access;
mod entities;
mod links;
mod words;
mod write;

use super::{Contract, Method, Operation, PackProblems, ParamPlace, openapi, read::log::Log};

/// Paths that usually say whether a service is up, likeliest first.
const READY: [&str; 6] = [
    "/healthz", "/health", "/readyz", "/ready", "/ping", "/status",
];

/// The text of a `project.toml` for the contract in this text. `name` becomes the project's id; `file` is the
/// contract's file, for messages.
///
/// # Errors
/// [`PackProblems`] when the contract cannot be used.
pub fn draft(name: &str, file: &str, text: &str) -> Result<String, PackProblems> {
    let log = Log::default();
    log.file(file, text);
    match openapi::parse(file, text, &log) {
        Some((contract, _)) if log.is_clean() => Ok(write::project(name, &contract)),
        _ => Err(log.into_problems(name.to_owned())),
    }
}

/// What answers when the service is up: a health check, else the first plain GET. False when it is a guess.
fn ready(contract: &Contract) -> (String, bool) {
    let gets = || {
        contract
            .operations
            .iter()
            .filter(|o| o.method == Method::Get && is_plain(o))
    };
    let path = |op: &Operation| format!("{}{}", contract.base_path, op.path);
    let health = READY
        .iter()
        .find_map(|p| gets().find(|o| o.path.to_string().ends_with(p)));
    match (health, gets().find(|o| o.security.anyone)) {
        (Some(op), _) => (path(op), true),
        (None, Some(op)) => (path(op), false),
        (None, None) => ("/healthz".to_owned(), false),
    }
}

/// Whether a call needs nothing but its path.
fn is_plain(op: &Operation) -> bool {
    op.path.params().is_empty()
        && !op
            .params
            .iter()
            .any(|p| p.required && p.place != ParamPlace::Path)
}
