//! What the grader sets at boot.

use std::collections::BTreeMap;

/// Variables the grader sets at boot; the service must read them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthEnv {
    /// The key with which credentials are signed.
    pub signing: Option<Signing>,
    /// The variable for the `iss` claim.
    pub issuer: Option<String>,
    /// The variable for the `aud` claim.
    pub audience: Option<String>,
    /// The one origin whose pages may read replies.
    pub origin: Option<Origin>,
    /// Lifetimes by name: `access_ttl`, `refresh_ttl`, `idle`, `life`, `reset_ttl`.
    pub ttls: BTreeMap<String, Ttl>,
    /// The limit on failed logins.
    pub login_limit: Option<LoginLimit>,
    /// The variable with the address of the mail server.
    pub mail: Option<String>,
}

/// The one origin (RFC 6454) whose pages may read replies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The variable.
    pub name: String,
    /// What `[service.env]` gives it: `https://tickets.example`.
    pub value: String,
}

/// How credentials are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// One secret for both sides.
    Shared {
        /// The JWS algorithm: `HS256`.
        alg: String,
        /// The variable.
        secret: String,
    },
    /// A pair of keys, in PEM.
    Pair {
        /// The JWS algorithm: `RS256`, `ES256`, `EdDSA`.
        alg: String,
        /// The variable of the private key.
        private: String,
        /// The variable of the public key.
        public: String,
    },
}

/// A lifetime the service reads from its environment, in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ttl {
    /// The variable.
    pub name: String,
    /// The value in the main world.
    pub normal: u64,
    /// The value in the world of short lifetimes.
    pub short: u64,
}

/// The limit on failed logins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginLimit {
    /// The variable.
    pub name: String,
    /// What the assignment asks for.
    pub normal: u64,
    /// High enough that the grader's own logins never meet it.
    pub loose: u64,
    /// The window in which failures are counted.
    pub window: Option<Ttl>,
}
