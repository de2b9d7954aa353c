//! Whom the service takes a bearer for.

use serde_json::Value;

use crate::model::Exchange;
use crate::pack::{Auth, AuthOp};
use crate::probe::actor::Actor;
use crate::probe::plant::said_yes;

/// The longest a refusal may take, milliseconds: what takes longer may not have been a decision.
const PROMPT: u64 = 5000;

/// What asking `whoami` showed.
#[derive(Debug, Clone)]
pub enum Seen {
    /// It said yes, and named somebody.
    Accepted {
        /// Whom it named, as the pack's `says` finds it.
        login: Value,
        /// The answer.
        exchange: Exchange,
    },
    /// It said in the pack's words that nobody is asking, at once, and showed nobody's identity.
    Refused(Exchange),
    /// Neither: another status (429 among them), a yes that names nobody, a breakdown, a refusal that shows somebody.
    Odd(Exchange),
}

impl Seen {
    /// Reads an answer to `whoami`; `known` are those whose identity it may show.
    pub(super) fn read(auth: &Auth, op: &AuthOp, known: &[Value], exchange: Exchange) -> Self {
        let named = op.says.get("login").and_then(|place| {
            let body = exchange.json()?;
            let value = place.get(&body).first().copied().cloned()?;
            (!value.is_null()).then_some(value)
        });
        let refused = exchange.status().is_some_and(|s| auth.refused.contains(&s));
        match named {
            Some(login) if said_yes(&exchange) => Self::Accepted { login, exchange },
            _ if refused
                && exchange.millis <= PROMPT
                && !known.iter().any(|login| shows(&exchange, login)) =>
            {
                Self::Refused(exchange)
            }
            _ => Self::Odd(exchange),
        }
    }

    /// Whether it is this account that the service sees.
    pub fn is(&self, account: &Actor) -> bool {
        matches!(self, Self::Accepted { login, .. } if same(login, &account.login))
    }

    /// Whether the service sees nobody.
    pub fn refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// Whether the answer shows this account's identity, whatever its status.
    pub fn shows(&self, account: &Actor) -> bool {
        self.is(account) || shows(self.exchange(), &account.login)
    }

    /// Whether a limit on requests answered in the service's place.
    pub fn limited(&self) -> bool {
        self.exchange().status() == Some(429)
    }

    /// The answer.
    pub fn exchange(&self) -> &Exchange {
        match self {
            Self::Accepted { exchange, .. } | Self::Refused(exchange) | Self::Odd(exchange) => {
                exchange
            }
        }
    }
}

/// Whether two identifiers are the same; a service may fold the case of one.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.to_lowercase() == b.to_lowercase(),
        _ => a == b,
    }
}

/// Whether the body of an answer shows an identifier. A number is too common to be one.
fn shows(exchange: &Exchange, login: &Value) -> bool {
    let (Some(login), crate::model::Outcome::Answered { body, .. }) =
        (login.as_str(), &exchange.outcome)
    else {
        return false;
    };
    !login.is_empty() && body.text.to_lowercase().contains(&login.to_lowercase())
}
