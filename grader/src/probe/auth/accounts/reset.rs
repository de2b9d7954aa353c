//! A forgotten password: asking for a code, and replacing the password by it.

use serde_json::Value;

use super::Accounts;
use crate::model::{Exchange, Fault};
use crate::pack::Verb;
use crate::probe::Request;
use crate::probe::plant::Planting;

impl Accounts {
    /// Asks for a code by which a forgotten password is replaced.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn reset_request(&mut self, login: &Value) -> Result<Planting<Exchange>, Fault> {
        self.ask(Verb::ResetRequest, None, &[("login", login.clone())])
            .await
    }

    /// Replaces a password by a code.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn reset_confirm(
        &mut self,
        code: &str,
        new: &Value,
    ) -> Result<Planting<Exchange>, Fault> {
        let given = [("code", Value::from(code)), ("new", new.clone())];
        self.ask(Verb::ResetConfirm, None, &given).await
    }

    /// The request that replaces a password by a code, for whoever sends several at once.
    ///
    /// # Errors
    /// What keeps it from being formed.
    pub fn reset_confirmation(&mut self, code: &str, new: &Value) -> Planting<Request> {
        let given = [("code", Value::from(code)), ("new", new.clone())];
        self.asking(Verb::ResetConfirm, None, &given)
    }
}
