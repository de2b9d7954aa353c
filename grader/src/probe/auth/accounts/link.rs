//! Coming in by a link or a code that was mailed, without a password.

use serde_json::Value;

use super::Accounts;
use crate::model::Exchange;
use crate::pack::Verb;
use crate::probe::Request;
use crate::probe::auth::Session;
use crate::probe::plant::Planting;

impl Accounts {
    /// The request that comes in by a code; `like` is a session of the same account, for what is sent beside the code.
    ///
    /// # Errors
    /// What keeps it from being formed.
    pub fn following(&mut self, like: &Session, code: &str) -> Planting<Request> {
        let given = [("code", Value::from(code))];
        self.asking(Verb::MagicConfirm, Some(like), &given)
    }

    /// The session that this answer to such a request gives; `like` is another session of the same account.
    ///
    /// # Errors
    /// What the answer lacks: a yes, or a credential.
    pub fn followed(&self, like: &Session, exchange: Exchange) -> Planting<Session> {
        self.given_by(Verb::MagicConfirm, like, exchange)
    }
}
