//! Logins: a role, its password, and the URL a service gets.

use std::fmt;

use rand::seq::IndexedRandom;

use super::quote::{ident, literal};

/// A role that may log in. Each of our four ways into a server is a login of its own; nothing ever changes
/// role with `SET ROLE`, because what it calls could change it back.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The role's name.
    pub role: String,
    /// Its password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({})", self.role)
    }
}

/// Superuser. Only `operator.rs` logs in as it.
pub(crate) const OPERATOR: &str = "grader_operator";
/// Reads the learner's tables and the catalog.
pub(crate) const OBSERVER: &str = "grader_observer";
/// Reads the log, and may replicate.
pub(crate) const WATCH: &str = "grader_watch";

impl Login {
    /// A login with this name and a random password of letters and digits.
    pub(crate) fn ours(role: &str) -> Self {
        Self {
            role: role.to_owned(),
            password: random(
                b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789",
                32,
            ),
        }
    }

    /// The superuser of a server that is about to be made.
    pub(crate) fn operator() -> Self {
        Self::ours(OPERATOR)
    }

    /// A login for a service: the password holds every character that splits a URL, so that a service which
    /// takes `DATABASE_URL` apart by hand meets that here and not in production.
    pub(crate) fn of_a_service(label: &str) -> Self {
        let mut password = random(b"abcdefghijkmnpqrstuvwxyz23456789", 12);
        for (at, special) in [(3, '@'), (6, '/'), (9, ':'), (12, '?'), (14, '#')] {
            password.insert(at, special);
        }
        Self {
            role: format!("{label}_{}", tag()),
            password,
        }
    }

    /// `CREATE ROLE`, with `rights` as its options.
    pub(crate) fn create(&self, rights: &str) -> String {
        let (role, password) = (ident(&self.role), literal(&self.password));
        format!("CREATE ROLE {role} LOGIN {rights} PASSWORD {password}")
    }

    /// `ALTER ROLE … PASSWORD`.
    pub(crate) fn alter_password(&self) -> String {
        let (role, password) = (ident(&self.role), literal(&self.password));
        format!("ALTER ROLE {role} PASSWORD {password}")
    }

    /// `postgres://role:password@host:port/database`, every part percent-encoded.
    pub(crate) fn url(&self, host: &str, port: u16, database: &str) -> String {
        let (role, password) = (encode(&self.role), encode(&self.password));
        format!(
            "postgres://{role}:{password}@{host}:{port}/{}",
            encode(database)
        )
    }
}

/// Six random characters that may stand in any name.
pub(crate) fn tag() -> String {
    random(b"abcdefghijkmnpqrstuvwxyz23456789", 6)
}

/// Lower case letters, digits and `_` of `label`, at most 40: what a role or a database may be called unquoted.
pub(crate) fn plain(label: &str) -> String {
    let kept = label
        .to_ascii_lowercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let kept: String = kept.trim_matches('_').chars().take(40).collect();
    match kept.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => kept,
        _ => format!("db_{kept}"),
    }
}

fn random(alphabet: &[u8], length: usize) -> String {
    let mut rng = rand::rng();
    (0..length)
        .filter_map(|_| alphabet.choose(&mut rng).copied())
        .map(char::from)
        .collect()
}

/// Percent-encodes everything but the unreserved characters of RFC 3986 section 2.3.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_url_survives_a_round_trip() {
        let login = Login::of_a_service("shop");
        for special in ['@', '/', ':', '?', '#'] {
            assert!(login.password.contains(special), "{}", login.password);
        }
        let config: tokio_postgres::Config = login.url("127.0.0.1", 5432, "shop").parse().unwrap();
        assert_eq!(config.get_password(), Some(login.password.as_bytes()));
        assert_eq!(config.get_user(), Some(login.role.as_str()));
        assert_eq!(config.get_dbname(), Some("shop"));
    }

    #[test]
    fn labels_become_plain_names() {
        assert_eq!(plain("1-Listings main!"), "db_1_listings_main");
        assert_eq!(plain("main"), "main");
        assert_eq!(plain(""), "db_");
    }

    #[test]
    fn a_password_never_shows() {
        let login = Login::ours(WATCH);
        assert!(!format!("{login:?}").contains(&login.password));
    }
}
