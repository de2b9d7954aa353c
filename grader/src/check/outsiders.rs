//! Outsiders: they try every operation that is closed to them, beside somebody to whom it is open.

mod walk;

use super::guard::Guard;
use super::strangers::{Met, both, listed};
use super::{Cx, a};
use crate::model::{Draft, Evidence, Exchange, Fault, Manner};
use crate::pack::{OpId, Security};
use crate::probe::Request;
use crate::probe::auth::{Accounts, Bearer, Session};
use crate::probe::plant::{answer, said_yes};

/// Somebody to whom operations are closed.
#[derive(Debug, Clone)]
pub(crate) struct Outsider {
    /// Who it is: `a customer`, `somebody without a credential`.
    name: String,
    bearer: Bearer,
    stands: Stands,
}

#[derive(Debug, Clone)]
enum Stands {
    /// Nobody that the service knows: all is closed that asks who is calling.
    Unknown,
    /// An account: what is kept for other roles is closed.
    Role(Option<String>),
    /// What an account of this role held of a session that has ended: closed is all that the account may.
    Ended(Option<String>),
}

impl Outsider {
    /// Somebody whom the service cannot know by what they bring.
    pub(crate) fn unknown(name: &str, bearer: Bearer) -> Self {
        Self {
            name: name.to_owned(),
            bearer,
            stands: Stands::Unknown,
        }
    }

    /// Somebody with an account, and so with a role.
    pub(crate) fn with_role(session: &Session) -> Self {
        let role = session.account.role.clone();
        Self {
            name: a(role.as_deref().unwrap_or("account")),
            bearer: session.bearer(),
            stands: Stands::Role(role),
        }
    }

    /// Somebody with the credential of a session that has ended.
    pub(crate) fn ended(name: &str, session: &Session) -> Self {
        Self {
            name: name.to_owned(),
            bearer: session.bearer(),
            stands: Stands::Ended(session.account.role.clone()),
        }
    }

    fn is_shut_out(&self, security: &Security) -> bool {
        match &self.stands {
            Stands::Unknown => !security.anyone,
            Stands::Role(role) => {
                !security.anyone && !security.roles.is_empty() && !security.allows(role.as_deref())
            }
            Stands::Ended(role) => {
                !security.anyone && (security.anybody() || security.allows(role.as_deref()))
            }
        }
    }
}

/// On what terms they are turned away, and what is said where they are not.
pub(crate) struct Terms {
    /// Statuses that turn them away.
    pub(crate) away: Vec<u16>,
    /// Who may: `a role that may`.
    pub(crate) insider: &'static str,
    /// What somebody gains, in a sentence or two.
    pub(crate) gain: &'static str,
}

/// Lets each outsider try every operation that is closed to them. What is planted meanwhile is planted by whoever the
/// planter speaks as.
///
/// # Errors
/// Only when a request cannot be formed, or the database not be read.
pub(crate) async fn turned_away_everywhere(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    outsiders: Vec<Outsider>,
    terms: &Terms,
) -> Result<(), Fault> {
    let mut walk = Walk {
        cx,
        accounts,
        guard,
        outsiders,
        terms,
    };
    walk.everywhere().await
}

/// A walk through the operations that are closed to somebody.
struct Walk<'w> {
    cx: &'w Cx,
    accounts: &'w mut Accounts,
    guard: &'w mut Guard,
    outsiders: Vec<Outsider>,
    terms: &'w Terms,
}

/// What an outsider was answered.
struct Tried {
    op: OpId,
    by: String,
    exchange: Exchange,
}

impl Walk<'_> {
    /// Those to whom the operation is closed.
    fn outsiders(&self, op: &OpId) -> Vec<Outsider> {
        let pack = self.cx.pack();
        let Some(operation) = pack.op(op) else {
            return Vec::new();
        };
        let shut_out = |o: &&Outsider| o.is_shut_out(&operation.security);
        self.outsiders.iter().filter(shut_out).cloned().collect()
    }

    async fn attempt(
        &mut self,
        op: &OpId,
        outsider: &Outsider,
        request: Request,
    ) -> Result<Tried, Fault> {
        let request = self.accounts.carry(request, &outsider.bearer);
        Ok(Tried {
            op: op.clone(),
            by: outsider.name.clone(),
            exchange: request.send().await?,
        })
    }

    /// `honest` is the same request from somebody who may; `done` what the outsider's has done all the same.
    fn judge(&mut self, tried: &Tried, honest: &Exchange, done: Option<(&str, Evidence)>) {
        let (line, by) = (self.cx.line(&tried.op), &tried.by);
        let met = Met::by(self.cx, &self.terms.away, &tried.op, by, &tried.exchange);
        let said = answer(&tried.exchange);
        let (saw, actual, manner) = match (met, &done) {
            (Met::Yes, _) => (format!("{by} is let in"), said, Manner::Wrong),
            (_, Some((word, _))) => (
                format!("what {by} was refused is {word} all the same"),
                format!("{said}, and it is {word}"),
                Manner::Wrong,
            ),
            (Met::Broke(manner), None) => {
                (format!("the service breaks when {by} asks"), said, manner)
            }
            // C+: without a yes to somebody who may, a refusal shows nothing.
            (Met::Away, None) if !said_yes(honest) => {
                let (said, insider) = (answer(honest), self.terms.insider);
                return self
                    .guard
                    .doubt(format!("{line} answered {said} to {insider}"));
            }
            (Met::Unclear(why), None) => return self.guard.doubt(why),
            (Met::Away, None) => return,
        };
        let mut evidence = both(self.cx, (self.terms.insider, honest), (by, &tried.exchange));
        evidence.extend(done.map(|(_, shown)| shown));
        let away = listed(&self.terms.away);
        self.guard.find(Draft {
            subject: line,
            saw,
            expected: format!("{away} for {by}, and nothing done"),
            actual,
            note: Some(self.terms.gain.to_owned()),
            manner,
            evidence,
            ..Draft::default()
        });
    }
}
