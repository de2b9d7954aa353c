//! Somebody the service knows: an account, and what proves who is asking. What logging in gives, and how it is
//! carried, is said by the pack's `[auth]`; nothing here knows a project's paths.

mod cookie;
mod credential;

use rand::{Rng, RngExt};
use serde_json::Value;

pub use cookie::SetCookie;
pub use credential::Credential;
pub(super) use credential::shown;

/// An account at the service.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The role it has; none where it has none in particular.
    pub role: Option<String>,
    /// What identifies it, as register and login take it.
    pub login: Value,
    /// Its password.
    pub secret: Value,
    /// What the last login gave; none before the first.
    pub credential: Option<Credential>,
}

/// A password that usual rules accept: small and capital letters, digits, a sign.
pub fn password(rng: &mut impl Rng) -> Value {
    Value::from(format!("Zq-{:08x}-Kestrel-7", rng.random::<u32>()))
}
