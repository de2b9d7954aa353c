//! Refreshing a session: the request, and what its answer gives.

use super::Accounts;
use crate::model::{Exchange, Fault};
use crate::pack::Verb;
use crate::probe::Request;
use crate::probe::auth::Session;
use crate::probe::plant::{NotPlanted, Planting, said_yes};

impl Accounts {
    /// A session renewed by its refresh token. Whoever wants to use an old one keeps the old session.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn refresh(&mut self, session: &Session) -> Result<Planting<Session>, Fault> {
        Ok(match self.ask(Verb::Refresh, Some(session), &[]).await? {
            Ok(exchange) => self.renewed(session, exchange),
            Err(why) => Err(why),
        })
    }

    /// The request that renews a session, for whoever sends several at once.
    ///
    /// # Errors
    /// What keeps it from being formed.
    pub fn refreshing(&mut self, session: &Session) -> Planting<Request> {
        self.asking(Verb::Refresh, Some(session), &[])
    }

    /// The session as this answer to a refresh of it gives it.
    ///
    /// # Errors
    /// What the answer lacks: a yes, or a credential.
    pub fn renewed(&self, session: &Session, exchange: Exchange) -> Planting<Session> {
        self.given_by(Verb::Refresh, session, exchange)
    }

    /// The session as this answer gives it, with what it does not show as it was in another session of the account.
    pub(super) fn given_by(
        &self,
        verb: Verb,
        session: &Session,
        exchange: Exchange,
    ) -> Planting<Session> {
        let op = self.op(verb)?;
        let answer = Box::new(exchange.clone());
        if !said_yes(&exchange) {
            return Err(NotPlanted::Refused(op.op.clone(), answer));
        }
        let renewed = session.renewed(op, exchange);
        renewed.ok_or_else(|| NotPlanted::NoCredential(op.op.clone(), answer))
    }
}
