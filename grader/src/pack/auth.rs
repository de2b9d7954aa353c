//! Authentication as operations and places, never as probe logic. What is not declared is not asked.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::{OpId, Pick, Place, Spot};

mod env;
mod policy;

pub use env::{AuthEnv, LoginLimit, Origin, Signing, Ttl};
pub use policy::{Fallout, LogoutPolicy, OnReuse, Policy, RefreshPolicy, RefreshUse, ResetPolicy};

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
    /// Whether the cookie of a credential must be kept to encrypted connections.
    pub secure: bool,
    /// A token against cross-site requests, when cookies carry the credential.
    pub csrf: Option<Csrf>,
    /// What the grader sets at boot.
    pub env: AuthEnv,
    /// The operations, by what they do.
    pub ops: IndexMap<Verb, AuthOp>,
    /// Design choices that belong to the assignment.
    pub policy: Policy,
}

impl Auth {
    /// The name of the cookie that carries a credential; none where a header does.
    pub fn cookie(&self) -> Option<&str> {
        match &self.carrier.place.spot {
            Spot::Cookie(name) => Some(name),
            _ => None,
        }
    }
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

impl Verb {
    /// Every verb with the word that a pack writes for it.
    pub const WORDS: [(&'static str, Self); 17] = [
        ("register", Self::Register),
        ("activate", Self::Activate),
        ("login", Self::Login),
        ("whoami", Self::Whoami),
        ("refresh", Self::Refresh),
        ("logout", Self::Logout),
        ("logout_all", Self::LogoutAll),
        ("sessions", Self::Sessions),
        ("change_password", Self::ChangePassword),
        ("change_email", Self::ChangeEmail),
        ("reset_request", Self::ResetRequest),
        ("reset_confirm", Self::ResetConfirm),
        ("verify", Self::Verify),
        ("magic_request", Self::MagicRequest),
        ("magic_confirm", Self::MagicConfirm),
        ("otp_verify", Self::OtpVerify),
        ("delete_account", Self::DeleteAccount),
    ];

    /// The word that a pack writes for it.
    pub fn word(self) -> &'static str {
        let mut words = Self::WORDS.iter();
        words.find(|(_, v)| *v == self).map_or("", |(word, _)| word)
    }
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

/// How somebody comes to have a role.
#[derive(Debug, Clone, PartialEq)]
pub enum Role {
    /// By asking for it when registering: what is added to the body.
    Register(Vec<(Place, Value)>),
    /// The service makes such an account at boot from these variables: `email`, `password` → variable.
    Env(BTreeMap<String, String>),
}

/// The value that the grader gives at boot for what `[role.<role>] env` names: `email`, `password` and the like.
/// It is the same in every world, so that whoever sets it and whoever logs in with it need not meet.
pub fn env_account(role: &str, name: &str) -> String {
    let word = role
        .to_lowercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let name = name.to_lowercase();
    if name.contains("pass") || name.contains("secret") {
        format!("Zq-{word}-Kestrel-7")
    } else if name.contains("mail") {
        format!("zq7{word}@example.test")
    } else {
        format!("zq7{word}")
    }
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
