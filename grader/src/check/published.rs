//! The public key of a service, where it can be had: from the service itself, or from the files that were handed in.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Cx;
use crate::model::{Doing, Fault};
use crate::probe::auth::{Jwt, Public};

/// Where services publish their keys (RFC 8615, RFC 8414 §3, OpenID Connect Discovery §4).
const PLACES: [&str; 4] = [
    "/.well-known/jwks.json",
    "/jwks.json",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];
/// The largest file that is looked into, bytes.
const FILE: u64 = 64 * 1024;

/// The public key whose other half has signed this token; none where it is not found.
///
/// # Errors
/// Only when a request cannot be formed.
pub(crate) async fn public_key(cx: &Cx, token: &Jwt) -> Result<Option<Public>, Fault> {
    for place in PLACES {
        let Some(said) = ask(cx, place).await? else {
            continue;
        };
        let keys = match said.get("jwks_uri").and_then(Value::as_str).and_then(path) {
            Some(path) => ask(cx, path).await?.unwrap_or_default(),
            None => said,
        };
        if let Some(key) = of_set(&keys).find(|key| key.has_signed(token)) {
            return Ok(Some(key));
        }
    }
    let Some((root, files)) = cx.handed_in() else {
        return Ok(None);
    };
    let token = token.clone();
    let found = tokio::task::spawn_blocking(move || in_files(&root, &files, &token));
    found.await.doing("looking for a public key")
}

async fn ask(cx: &Cx, path: &str) -> Result<Option<Value>, Fault> {
    let answered = cx.http().request("GET", path).send().await?;
    let yes = answered.status() == Some(200);
    Ok(answered.json().filter(|_| yes))
}

/// The path of an address: of other servers nothing is asked.
fn path(address: &str) -> Option<&str> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = &rest[rest.find('/')?..];
    Some(path).filter(|path| !path.starts_with("//"))
}

/// The keys of a set (RFC 7517 §5), or the one that stands alone.
fn of_set(said: &Value) -> impl Iterator<Item = Public> {
    let keys = said.get("keys").and_then(Value::as_array);
    let keys = keys.map_or_else(|| std::slice::from_ref(said), Vec::as_slice);
    keys.iter().filter_map(Public::from_jwk)
}

fn in_files(root: &Path, files: &[PathBuf], token: &Jwt) -> Option<Public> {
    files.iter().find_map(|path| {
        let file = root.join(path);
        let small = file.metadata().is_ok_and(|about| about.len() <= FILE);
        let text = small.then(|| std::fs::read_to_string(file).ok())??;
        let mut keys = pems(&text).filter_map(|pem| Public::from_pem(&pem));
        keys.find(|key| key.has_signed(token))
    })
}

/// Each key in PEM, also where it stands in a line of another text with its breaks written as `\n`.
fn pems(text: &str) -> impl Iterator<Item = String> {
    const BEGIN: &str = "-----BEGIN ";
    const DASHES: &str = "-----";
    text.match_indices(BEGIN).filter_map(move |(at, _)| {
        let rest = &text[at..];
        let label = rest.strip_prefix(BEGIN)?.split(DASHES).next()?;
        let end = format!("-----END {label}-----");
        let pem = &rest[..rest.find(&end)? + end.len()];
        let whole = label.ends_with("KEY") && pem.len() < 8192;
        whole.then(|| pem.replace("\\n", "\n") + "\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_path_of_an_address_is_used() {
        assert_eq!(path("https://a.test/keys?x"), Some("/keys?x"));
        assert_eq!(path("/keys"), Some("/keys"));
        assert_eq!(
            (path("https://a.test"), path("//b.test/keys")),
            (None, None)
        );
    }

    #[test]
    fn keys_are_found_in_any_text() {
        let key = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
        let line = format!("KEY={}", key.replace('\n', "\\n"));
        let text = format!(
            "x {key}\n{line}\n-----BEGIN CERTIFICATE-----\n-----BEGIN PUBLIC KEY-----\nBBBB"
        );
        let found: Vec<_> = pems(&text).collect();
        assert_eq!(found, vec![format!("{key}\n"); 2]);
    }
}
