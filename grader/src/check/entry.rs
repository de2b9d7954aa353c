//! What a registration or a login comes to: a yes, an orderly no, a breakdown, or none of them.

use serde_json::Value;

use super::Cx;
use super::guard::turned_away;
use super::honest::manner;
use crate::model::{Exchange, Fault, Manner};
use crate::pack::{OpId, Pack, Place, Verb};
use crate::probe::actor::Actor;
use crate::probe::auth::{Accounts, Seen, Session};
use crate::probe::plant::{NotPlanted, answer, said_yes};

/// What an answer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// It was done.
    Yes,
    /// An orderly no.
    No,
    /// One in the 500s, or no answer at all.
    Broke,
    /// A limit on requests, or sent elsewhere: nothing was decided.
    Unclear,
}

impl Said {
    /// Reads an answer.
    pub(crate) fn by(exchange: &Exchange) -> Self {
        if said_yes(exchange) {
            Self::Yes
        } else if turned_away(exchange) {
            Self::No
        } else if manner(exchange) != Manner::Wrong {
            Self::Broke
        } else {
            Self::Unclear
        }
    }
}

/// What came of an attempt to log in.
#[derive(Debug)]
pub(crate) enum Entry {
    /// It gave a credential, and `whoami` names somebody by it.
    In(Box<Session>),
    /// An orderly no.
    Away(Box<Exchange>),
    /// The service broke.
    Broke(Box<Exchange>),
    /// Neither, in words.
    Unclear(String),
}

impl Entry {
    /// Logs in with these, whatever they are, and asks who that is.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn with(
        accounts: &mut Accounts,
        login: &Value,
        secret: &Value,
    ) -> Result<Self, Fault> {
        let account = Actor {
            role: None,
            login: login.clone(),
            secret: secret.clone(),
            credential: None,
        };
        Self::of(accounts, &account).await
    }

    /// The same with what an account has.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn of(accounts: &mut Accounts, account: &Actor) -> Result<Self, Fault> {
        let session = match accounts.enter(account).await? {
            Ok(session) => session,
            Err(NotPlanted::Refused(op, exchange)) => {
                return Ok(match Said::by(&exchange) {
                    Said::No => Self::Away(exchange),
                    Said::Broke => Self::Broke(exchange),
                    _ => Self::Unclear(format!("{op} answered {}", answer(&exchange))),
                });
            }
            Err(why) => return Ok(Self::Unclear(why.to_string())),
        };
        let seen = accounts.whoami(&session.bearer()).await?;
        let said = answer(seen.exchange());
        Ok(match seen {
            Seen::Accepted { .. } => Self::In(Box::new(session)),
            _ => Self::Unclear(format!(
                "whoami answered {said} to what a login gave, and named nobody"
            )),
        })
    }
}

/// `POST /sessions`: an operation of authentication as the contract spells it.
pub(crate) fn line(cx: &Cx, accounts: &Accounts, verb: Verb) -> String {
    let op = accounts.auth().ops.get(&verb);
    op.map_or_else(String::new, |o| cx.line(&o.op))
}

/// What the contract says of a value in the body of an operation.
pub(crate) fn rule<'p>(pack: &'p Pack, op: &OpId, place: &Place) -> Option<&'p Value> {
    let body = pack.op(op)?.body.as_ref()?;
    pack.contract
        .described(&body.schema.value, place.pointer()?)
}
