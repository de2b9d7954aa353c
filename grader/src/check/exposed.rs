//! What no reply may show: what proves who somebody is, and to strangers whose a thing is.

use serde_json::Value;

use crate::model::Exchange;
use crate::pack::{OpId, Pack, Pointer, Token};
use crate::probe::actor::Actor;

/// Names of properties that hold a password or what was made of one; small letters alone.
const NAMES: [&str; 14] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passwordhash",
    "hashedpassword",
    "passwordhashed",
    "passworddigest",
    "passwordsalt",
    "encryptedpassword",
    "pwhash",
    "passhash",
    "hash",
    "salt",
];

/// How the texts begin that password hashing makes.
const HASHES: [&str; 10] = [
    "$argon2", "$2a$", "$2b$", "$2y$", "$pbkdf2", "$scrypt", "$5$", "$6$", "scrypt:", "pbkdf2:",
];

/// The body of a reply, and what the contract says of it.
pub(crate) struct Reply<'p> {
    pack: &'p Pack,
    schema: Option<&'p Value>,
    body: Value,
}

/// Something in it that should not be there.
pub(crate) struct Found {
    /// What it is: `the hash of a password`.
    pub(crate) what: &'static str,
    /// The property.
    pub(crate) name: String,
    /// What somebody gains.
    pub(crate) gain: &'static str,
}

impl<'p> Reply<'p> {
    /// None where the answer is no JSON.
    pub(crate) fn of(pack: &'p Pack, op: &OpId, exchange: &Exchange) -> Option<Self> {
        let replies = pack.op(op)?.declared(exchange.status()?);
        let schema = replies.into_iter().find_map(|r| r.schema.as_ref());
        Some(Self {
            pack,
            schema: schema.map(|s| &s.value),
            body: exchange.json()?,
        })
    }

    /// Whether the contract names this place, so that it may stand there.
    fn names(&self, at: &Pointer) -> bool {
        let contract = &self.pack.contract;
        self.schema
            .is_some_and(|schema| contract.describes(schema, at))
    }
}

/// What of this kind the reply shows and the contract does not name: each property once.
pub(crate) fn sensitive(reply: &Reply<'_>, of: &Actor, hidden: Option<&Actor>) -> Vec<Found> {
    let mut texts = Vec::new();
    let top = Pointer { tokens: Vec::new() };
    gather(&reply.body, &top, &mut texts);
    let mut all: Vec<Found> = Vec::new();
    for (at, text) in texts {
        let name = at.last().unwrap_or_default().to_owned();
        let Some((what, gain)) = kind(&name, text, of, hidden) else {
            continue;
        };
        if !reply.names(&at) && !all.iter().any(|f| f.name == name) {
            all.push(Found { what, name, gain });
        }
    }
    all
}

fn kind(
    name: &str,
    text: &str,
    of: &Actor,
    hidden: Option<&Actor>,
) -> Option<(&'static str, &'static str)> {
    const GUESS: &str =
        "Whoever has the hash tries passwords against it at home, as fast as their machine can.";
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let is = |actor: &Actor| {
        actor
            .login
            .as_str()
            .is_some_and(|l| l.eq_ignore_ascii_case(text))
    };
    if of.secret.as_str() == Some(text) {
        return Some(("a password", "Whoever sees the reply logs in as its owner."));
    }
    let hash = HASHES.iter().any(|begin| text.starts_with(begin));
    if hash || NAMES.contains(&plain.to_ascii_lowercase().as_str()) {
        return Some(("what is kept of a password", GUESS));
    }
    let gain = "Whoever reads public things gathers the logins of their owners.";
    hidden
        .filter(|hidden| is(hidden))
        .map(|_| ("the login of an owner", gain))
}

/// All texts that are not empty, with their places.
fn gather<'v>(value: &'v Value, at: &Pointer, into: &mut Vec<(Pointer, &'v str)>) {
    match value {
        Value::String(text) if !text.is_empty() => into.push((at.clone(), text)),
        Value::Object(members) => {
            for (name, value) in members {
                gather(value, &at.member(name), into);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                let mut each = at.clone();
                each.tokens.push(Token::Each);
                gather(element, &each, into);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn actor() -> Actor {
        Actor {
            role: None,
            login: json!("ada@example.test"),
            secret: json!("a long and quiet river"),
            credential: None,
        }
    }

    #[test]
    fn what_is_kept_of_a_password_is_known_by_name_and_by_form() {
        let of = actor();
        let what = |name, text| kind(name, text, &of, None).map(|(what, _)| what);
        let kept = Some("what is kept of a password");
        assert_eq!(what("passwordHash", "00ff"), kept);
        assert_eq!(what("password_hash", "x"), kept);
        assert_eq!(what("credential", "$argon2id$v=19$m=8"), kept);
        assert_eq!(what("note", "a long and quiet river"), Some("a password"));
        for name in ["password_changed_at", "name", "access_token"] {
            assert_eq!(what(name, "2027-03-01T19:00:00Z"), None, "{name}");
        }
        assert_eq!(what("owner", "ada@example.test"), None);
        assert!(kind("owner", "Ada@example.test", &of, Some(&of)).is_some());
    }
}
