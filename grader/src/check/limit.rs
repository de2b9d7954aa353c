//! Guessing a password until a limit on logins stops it.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Cx;
use crate::model::{Exchange, Fault};
use crate::pack::LoginLimit;
use crate::probe::auth::Accounts;
use crate::probe::plant::{NotPlanted, answer};
use crate::probe::{Patience, Request};

/// What guessing came to.
pub(crate) struct Guesses {
    /// How many were answered as a wrong password is.
    pub(crate) wrong: usize,
    /// The last answer to a wrong password.
    pub(crate) last: Option<Exchange>,
    /// The answer that was another: the limit.
    pub(crate) stopped: Option<Exchange>,
    /// When the first was sent.
    pub(crate) since: Instant,
}

impl Guesses {
    pub(crate) fn begin() -> Self {
        Self {
            wrong: 0,
            last: None,
            stopped: None,
            since: Instant::now(),
        }
    }

    /// Counts an answer as one to a wrong password; false when it is another, which stops the guesses.
    pub(crate) fn counts(&mut self, exchange: Exchange) -> bool {
        let usual = self.last.as_ref().and_then(Exchange::status);
        let status = exchange.status();
        let orderly = status.is_some_and(|s| (400..500).contains(&s) && s != 429);
        let wrong = orderly && (usual.is_none() || usual == status);
        if wrong {
            self.wrong += 1;
            self.last = Some(exchange);
        } else {
            self.stopped.get_or_insert(exchange);
        }
        wrong
    }

    /// What is wrong with the first answer already, in words.
    pub(crate) fn begun(self) -> Result<Self, String> {
        match &self.stopped {
            Some(first) if self.wrong == 0 => {
                Err(format!("a wrong password was answered {}", answer(first)))
            }
            _ => Ok(self),
        }
    }
}

/// So many guesses are stopped by every limit of this many within a window: windows may follow a clock, and then as many
/// fall before its stroke as after it.
pub(crate) fn enough(limit: &LoginLimit) -> usize {
    2 * usize::try_from(limit.normal).unwrap_or(usize::MAX / 4) + 1
}

/// Whether what began then lies within one window now.
pub(crate) fn within(limit: &LoginLimit, since: Instant) -> bool {
    let window = limit.window.as_ref();
    window.is_none_or(|w| since.elapsed() < Duration::from_secs(w.normal))
}

/// Waits until a short window is over, whatever opened it. Asking meanwhile could open another.
pub(crate) async fn outlast(limit: &LoginLimit) {
    let seconds = limit.window.as_ref().map_or(0, |w| w.short);
    let patience = Patience::new(Duration::from_secs(seconds + 1));
    while patience.lasts().await {}
}

/// Guesses the password of these logins in turn until it is stopped, at most so often. `dressed` changes the request of
/// each guess.
///
/// # Errors
/// Only when a request cannot be formed.
pub(crate) async fn guess(
    accounts: &mut Accounts,
    logins: &[Value],
    most: usize,
    mut dressed: impl FnMut(usize, Request) -> Request,
) -> Result<Result<Guesses, String>, Fault> {
    let mut guesses = Guesses::begin();
    for (n, login) in logins.iter().cycle().take(most).enumerate() {
        let request = match wrong(accounts, login) {
            Ok(request) => request,
            Err(why) => return Ok(Err(why.to_string())),
        };
        if !guesses.counts(dressed(n, request).send_anyway().await?) {
            break;
        }
    }
    Ok(guesses.begun())
}

/// The request of a login with a password that nobody has.
pub(crate) fn wrong(accounts: &mut Accounts, login: &Value) -> Result<Request, NotPlanted> {
    let secret = accounts.password();
    accounts.logging_in(login, &secret)
}

impl Cx {
    /// What the pack says of how often a wrong password may be tried; why there is nothing to judge.
    pub(crate) fn login_limit(&self) -> Result<LoginLimit, String> {
        let pack = self.pack();
        let limit = pack.auth.as_ref().and_then(|a| a.env.login_limit.clone());
        limit.ok_or_else(|| "the pack declares no limit on logins".to_owned())
    }
}
