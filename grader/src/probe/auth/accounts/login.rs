//! Logging in: as anybody would, or with something that the request carries already.

use serde_json::Value;

use super::Accounts;
use crate::model::{Exchange, Fault};
use crate::pack::{OpId, Verb};
use crate::probe::Request;
use crate::probe::actor::Actor;
use crate::probe::auth::{Bearer, Session};
use crate::probe::plant::{NotPlanted, Planting, said_yes};

impl Accounts {
    /// The request of [`whoami`](Self::whoami), for whoever sends it more than once.
    ///
    /// # Errors
    /// What keeps it from being formed.
    pub fn asking_who(&mut self, bearer: &Bearer) -> Planting<Request> {
        self.form(Verb::Whoami, Vec::new(), bearer)
    }

    /// The request that logs an account in, for whoever sends it more than once.
    ///
    /// # Errors
    /// What keeps it from being formed.
    pub fn asking_in(&mut self, account: &Actor) -> Planting<Request> {
        let given = vec![
            (self.auth.login.clone(), account.login.clone()),
            (self.auth.secret.clone(), account.secret.clone()),
        ];
        self.form(Verb::Login, given, &Bearer::nobody())
    }

    /// Asks to log in with these, whatever they are. The answer is the service's.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn login(
        &mut self,
        login: &Value,
        secret: &Value,
    ) -> Result<Planting<Exchange>, Fault> {
        self.login_over((login, secret), &Bearer::nobody()).await
    }

    /// Logs a registered account in.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn enter(&mut self, account: &Actor) -> Result<Planting<Session>, Fault> {
        self.enter_over(account, &Bearer::nobody()).await
    }

    /// Logs a registered account in by a request that carries something already, as a browser does that has a cookie.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn enter_over(
        &mut self,
        account: &Actor,
        over: &Bearer,
    ) -> Result<Planting<Session>, Fault> {
        let with = (&account.login, &account.secret);
        let answer = match self.login_over(with, over).await? {
            Ok(answer) => answer,
            Err(why) => return Ok(Err(why)),
        };
        self.known.push(account.login.clone());
        let op = self.auth.ops.get(&Verb::Login).map(|l| l.op.clone());
        let op = op.unwrap_or_else(|| OpId::from("login"));
        if !said_yes(&answer) {
            return Ok(Err(NotPlanted::Refused(op, Box::new(answer))));
        }
        let pack = self.planter.pack();
        let given = answer.clone();
        let Some(mut session) = Session::of(&pack, account, answer) else {
            return Ok(Err(NotPlanted::NoCredential(op, Box::new(given))));
        };
        if session.lacks_csrf(&self.auth) {
            let seen = self.whoami(&session.bearer()).await?;
            session.learn(&self.auth, seen.exchange());
        }
        Ok(Ok(session))
    }

    /// The request of a login, for whoever sends several at once, or changes something about it.
    ///
    /// # Errors
    /// What keeps it from being formed.
    pub fn logging_in(&mut self, login: &Value, secret: &Value) -> Planting<Request> {
        let given = vec![
            (self.auth.login.clone(), login.clone()),
            (self.auth.secret.clone(), secret.clone()),
        ];
        self.form(Verb::Login, given, &Bearer::nobody())
    }

    async fn login_over(
        &mut self,
        (login, secret): (&Value, &Value),
        over: &Bearer,
    ) -> Result<Planting<Exchange>, Fault> {
        let given = vec![
            (self.auth.login.clone(), login.clone()),
            (self.auth.secret.clone(), secret.clone()),
        ];
        self.send(Verb::Login, given, over).await
    }
}
