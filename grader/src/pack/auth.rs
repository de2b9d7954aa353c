//! Authentication as operations and places, never as probe logic. What is not declared is not asked.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::{OpId, Pick, Place};

/// `[auth]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Auth {
    /// What a credential is.
    pub kind: AuthKind,
    /// Where a credential is carried.
    pub carrier: Carrier,
    /// What identifies, in the bodies of register and login.
    pub login: Place,
    /// The password, in the same bodies.
    pub secret: Place,
    /// Statuses that mean "not authenticated".
    pub refused: Vec<u16>,
    /// Statuses that mean "authenticated, not allowed".
    pub forbidden: Vec<u16>,
    /// A token against cross-site requests, when cookies carry the credential.
    pub csrf: Option<Csrf>,
    /// What the grader sets at boot.
    pub env: AuthEnv,
    /// The operations, by what they do.
    pub ops: IndexMap<Verb, AuthOp>,
    /// Design choices that belong to the assignment.
    pub policy: Policy,
}

/// What a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthKind {
    /// A JSON Web Token (RFC 7519).
    Jwt,
    /// A text that means nothing to the client.
    Opaque,
    /// A cookie.
    Cookie,
    /// Whatever the first credential turns out to be.
    Auto,
}

/// Where a credential is carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carrier {
    /// `header:Authorization`, `cookie:sid`, `header:X-Api-Key`.
    pub place: Place,
    /// What stands before it: `Bearer `, `Token `, or nothing.
    pub prefix: String,
}

/// A token against cross-site requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csrf {
    /// Where it is found.
    pub token: Place,
    /// Where it is to be sent.
    pub send: Place,
}

/// Variables the grader sets at boot; the service must read them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthEnv {
    /// The key with which credentials are signed.
    pub signing: Option<Signing>,
    /// The variable for the `iss` claim.
    pub issuer: Option<String>,
    /// The variable for the `aud` claim.
    pub audience: Option<String>,
    /// Lifetimes by name: `access_ttl`, `refresh_ttl`, `idle`, `life`, `reset_ttl`.
    pub ttls: BTreeMap<String, Ttl>,
    /// The limit on failed logins.
    pub login_limit: Option<LoginLimit>,
    /// The variable with the address of the mail server.
    pub mail: Option<String>,
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

/// What an operation does for authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Verb {
    Register,
    Activate,
    Login,
    /// The oracle: who does the service think I am?
    Whoami,
    Refresh,
    Logout,
    LogoutAll,
    Sessions,
    ChangePassword,
    ChangeEmail,
    ResetRequest,
    ResetConfirm,
    Verify,
    MagicRequest,
    MagicConfirm,
    OtpVerify,
    DeleteAccount,
}

/// One operation of authentication.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthOp {
    /// The operation.
    pub op: OpId,
    /// Where it takes what: `refresh`, `old`, `new`, `code` → place in the request.
    pub send: IndexMap<String, Place>,
    /// What it gives: `access`, `refresh` → place in the reply.
    pub take: IndexMap<String, Place>,
    /// What it tells: `login` → place in the reply.
    pub says: IndexMap<String, Place>,
    /// Which credential is attached: `access` unless said otherwise; `None` for operations open to anyone.
    pub with: Option<String>,
    /// Statuses for a login that is taken; empty: a neutral answer is the design.
    pub clash: Vec<u16>,
    /// How a one-time code arrives.
    pub code_by: Option<CodeBy>,
    /// Where in the message the code is.
    pub find: Option<Pick>,
}

/// How a one-time code arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeBy {
    /// By mail, through the server the grader names.
    Mail,
    /// In the service's log.
    Log,
}

/// Design choices that turn a would-be failure into something else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// How refreshing works.
    pub refresh: RefreshPolicy,
    /// What logging out ends.
    pub logout: LogoutPolicy,
    /// What a changed password ends.
    pub change_password: Fallout,
    /// How one-time codes for a reset behave.
    pub reset: ResetPolicy,
    /// How long a demoted or deleted user may live on, in seconds.
    pub propagation_s: u64,
}

/// How refreshing works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshPolicy {
    /// How often a refresh token may be used.
    pub usage: RefreshUse,
    /// What happens when a used one comes again.
    pub on_reuse: OnReuse,
    /// How long a used one may still work, in seconds.
    pub grace_s: u64,
    /// Refreshing does not extend the session's end.
    pub absolute: bool,
}

/// How often a refresh token may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefreshUse {
    /// Once; each refresh gives a new one.
    Single,
    /// Until it expires.
    Many,
}

/// What happens when a used refresh token comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnReuse {
    /// It is refused, no more.
    Reject,
    /// All that came of the same login is ended.
    RevokeFamily,
}

/// What logging out ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutPolicy {
    /// The parts of the credential that die: `access`, `refresh`.
    pub kills: Vec<String>,
    /// Whose: `session` or `all-sessions`.
    pub scope: Fallout,
    /// How long they may live on, in seconds; `None`: until they expire.
    pub within_s: Option<u64>,
}

/// Which sessions something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Fallout {
    /// None of them.
    Nothing,
    /// The one that called.
    Session,
    /// All but the one that called.
    #[default]
    OtherSessions,
    /// All of them.
    AllSessions,
}

/// How one-time codes for a reset behave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetPolicy {
    /// How long one lives, in seconds.
    pub ttl_s: u64,
    /// It works once.
    pub single: bool,
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            usage: RefreshUse::Single,
            on_reuse: OnReuse::Reject,
            grace_s: 0,
            absolute: false,
        }
    }
}

impl Default for LogoutPolicy {
    fn default() -> Self {
        Self {
            kills: vec!["access".into()],
            scope: Fallout::Session,
            within_s: Some(0),
        }
    }
}

impl Default for ResetPolicy {
    fn default() -> Self {
        Self {
            ttl_s: 3600,
            single: true,
        }
    }
}

/// How somebody comes to have a role.
#[derive(Debug, Clone, PartialEq)]
pub enum Role {
    /// By asking for it when registering: what is added to the body.
    Register(Vec<(Place, Value)>),
    /// The service makes such an account at boot from these variables: `email`, `password` → variable.
    Env(BTreeMap<String, String>),
}

/// `[errors]`: what a refusal looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errors {
    /// The media type of a refusal; `None` when the contract alone says it.
    pub media: Option<String>,
    /// Statuses that are right for a body that breaks the rules.
    pub validation: Vec<u16>,
}

impl Default for Errors {
    fn default() -> Self {
        Self {
            media: None,
            validation: vec![400, 422],
        }
    }
}
