//! `[auth.env]`: the variables the grader sets at boot.

use std::collections::BTreeMap;

use crate::pack::{AuthEnv, LoginLimit, Origin, Signing, Ttl};

use super::log::Log;
use super::tab::{Item, Tab};

/// The lifetimes a project may name.
const TTLS: [&str; 5] = ["access_ttl", "refresh_ttl", "idle", "life", "reset_ttl"];

pub(super) fn read(mut tab: Tab<'_>, given: &BTreeMap<String, String>, log: &Log) -> AuthEnv {
    let mut env = AuthEnv {
        signing: tab.get("signing").and_then(|i| signing(&i)),
        issuer: name(tab.get("issuer")),
        audience: name(tab.get("audience")),
        origin: tab.get("origin").and_then(|i| origin(&i, given, log)),
        ..AuthEnv::default()
    };
    for key in TTLS {
        if let Some(ttl) = tab.get(key).and_then(|i| ttl(&i)) {
            env.ttls.insert(key.to_owned(), ttl);
        }
    }
    env.login_limit = tab.get("login_limit").and_then(|i| login_limit(&i));
    env.mail = tab.get("mail").and_then(|i| {
        let mut tab = i.table()?;
        let variable = name(tab.need("name", "name the variable"));
        tab.done();
        variable
    });
    tab.done();
    env
}

fn name(item: Option<Item<'_>>) -> Option<String> {
    item.and_then(|i| i.text()).map(|t| t.value)
}

fn origin(item: &Item<'_>, given: &BTreeMap<String, String>, log: &Log) -> Option<Origin> {
    let name = item.text()?.value;
    let value = given.get(&name).cloned();
    if value.as_deref().is_some_and(is_origin) {
        return value.map(|value| Origin { name, value });
    }
    let what = match value {
        Some(value) => format!("`{name}` is \"{value}\", which is no origin"),
        None => format!("[service.env] gives no `{name}`"),
    };
    let cure = format!(
        "write `{name} = \"https://tickets.example\"` in [service.env]: scheme, host, and no more than a port"
    );
    log.say(&item.spot(), what, cure);
    None
}

/// Whether a text is an origin as browsers write it (RFC 6454 §6.2).
fn is_origin(text: &str) -> bool {
    let host = ["https://", "http://"]
        .iter()
        .find_map(|s| text.strip_prefix(s));
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:".contains(&b);
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(plain))
}

fn signing(item: &Item<'_>) -> Option<Signing> {
    let mut tab = item.table()?;
    let algs = [
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
        "ES384", "EdDSA",
    ];
    let alg = tab
        .need("alg", "name the algorithm: `alg = \"HS256\"`")?
        .word(&algs.map(|a| (a, a)));
    let shared = alg.is_none_or(|a| a.starts_with("HS"));
    let read = if shared {
        let secret = name(tab.need("secret", "name the variable: `secret = \"JWT_SECRET\"`"));
        alg.zip(secret).map(|(alg, secret)| Signing::Shared {
            alg: alg.to_owned(),
            secret,
        })
    } else {
        let private = name(tab.need("private", "name the variable of the private key"));
        let public = name(tab.need("public", "name the variable of the public key"));
        alg.zip(private)
            .zip(public)
            .map(|((alg, private), public)| Signing::Pair {
                alg: alg.to_owned(),
                private,
                public,
            })
    };
    tab.done();
    read
}

fn ttl(item: &Item<'_>) -> Option<Ttl> {
    let mut tab = item.table()?;
    let name = name(tab.need("name", "name the variable"));
    let mut seconds = |key| {
        tab.need(key, "write the seconds")
            .and_then(|i| i.count())
            .map(|n| n.value)
    };
    let (normal, short) = (seconds("normal"), seconds("short"));
    tab.done();
    Some(Ttl {
        name: name?,
        normal: normal?,
        short: short?,
    })
}

fn login_limit(item: &Item<'_>) -> Option<LoginLimit> {
    let mut tab = item.table()?;
    let name = name(tab.need("name", "name the variable"));
    let mut count = |key| {
        tab.need(key, "write the number of attempts")
            .and_then(|i| i.count())
            .map(|n| n.value)
    };
    let (normal, loose) = (count("normal"), count("loose"));
    let window = tab.get("window").and_then(|i| ttl(&i));
    tab.done();
    Some(LoginLimit {
        name: name?,
        normal: normal?,
        loose: loose?,
        window,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for origin in ["https://tickets.example", "http://127.0.0.1:8080"] {
            assert!(is_origin(origin), "{origin}");
        }
        for other in [
            "tickets.example",
            "https://",
            "https://tickets.example/",
            "https://Tickets.example",
            "*",
        ] {
            assert!(!is_origin(other), "{other}");
        }
    }
}
