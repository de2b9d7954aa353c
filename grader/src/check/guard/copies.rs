//! Copies of what is dead: each is shown once more, and what it gives is tried.

use std::time::Duration;

use super::refresh::turned_away;
use super::{Attack, Guard, Words, manner};
use crate::check::Cx;
use crate::model::{Draft, Exchange, Fault, Manner};
use crate::pack::Verb;
use crate::probe::Patience;
use crate::probe::auth::{Accounts, Bearer, Session};
use crate::probe::plant::{NotPlanted, answer};

/// What somebody kept of a session.
#[derive(Debug, Clone, Copy)]
pub struct Copied<'a> {
    /// What it is: `a refresh token that was used`, `a session that was logged out`. Lower case, without a stop.
    pub name: &'a str,
    /// The session that holds it.
    pub session: &'a Session,
    /// What is shown beside an attempt to redeem it, each with what it says: its first use, the end of its session.
    pub shown: &'a [(&'a str, &'a Exchange)],
}

impl Guard {
    /// Tries all that an ended session held: its access token and its refresh token, each where the pack lets it die
    /// with the session, and not before the pack says that it is dead.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn replay(
        &mut self,
        cx: &Cx,
        accounts: &mut Accounts,
        copied: Copied<'_>,
        words: &Words,
    ) -> Result<(), Fault> {
        let auth = accounts.auth();
        let refreshes = auth.ops.contains_key(&Verb::Refresh)
            && auth.policy.dies_within("refresh").is_some()
            && copied.session.refresh().is_some();
        if auth.policy.dies_within("access").is_some() {
            let bearer = copied.session.bearer();
            let_die(accounts, &bearer).await?;
            let name = format!("the access token of {}", copied.name);
            let attack = Attack::new(name, bearer);
            self.attempt(cx, accounts, &[], &attack, words).await?;
        }
        if refreshes {
            let name = format!("the refresh token of {}", copied.name);
            let token = Copied {
                name: &name,
                ..copied
            };
            self.redeem(cx, accounts, token, words).await?;
        }
        Ok(())
    }

    /// Shows a refresh token that must be dead, and keeps what came of it. Whether it was turned away.
    ///
    /// Any orderly refusal turns it away: which status is right is not this question. Tokens that open nothing are no
    /// proof that it lives.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn redeem(
        &mut self,
        cx: &Cx,
        accounts: &mut Accounts,
        copied: Copied<'_>,
        words: &Words,
    ) -> Result<bool, Fault> {
        let name = copied.name;
        let why = match accounts.refresh(copied.session).await? {
            Ok(renewed) => {
                let seen = accounts.whoami(&renewed.bearer()).await?;
                let given = &renewed.exchange;
                if seen.is(&copied.session.account) {
                    let also = Some(("what it gave is let in", seen.exchange()));
                    let saw = format!("{name} gives new tokens");
                    self.reused(cx, accounts, copied, words, (&saw, given, also));
                } else {
                    let said = answer(seen.exchange());
                    self.doubt(format!(
                        "{name} gave new tokens, and whoami answered {said} to them"
                    ));
                }
                return Ok(false);
            }
            Err(why) => why,
        };
        match &why {
            NotPlanted::Refused(_, exchange) if manner(exchange) != Manner::Wrong => {
                let saw = format!("{name} breaks the service");
                self.reused(cx, accounts, copied, words, (&saw, exchange, None));
                Ok(false)
            }
            NotPlanted::Refused(_, exchange) if turned_away(exchange) => Ok(true),
            _ => {
                self.doubt(format!("{name} was neither redeemed nor refused: {why}"));
                Ok(false)
            }
        }
    }

    fn reused(
        &mut self,
        cx: &Cx,
        accounts: &Accounts,
        copied: Copied<'_>,
        words: &Words,
        (saw, exchange, also): (&str, &Exchange, Option<(&str, &Exchange)>),
    ) {
        let op = accounts.auth().ops.get(&Verb::Refresh);
        let mut evidence: Vec<_> = (copied.shown.iter())
            .map(|(says, exchange)| cx.seen(*says, exchange))
            .collect();
        evidence.push(cx.seen(copied.name, exchange));
        evidence.extend(also.map(|(says, exchange)| cx.seen(says, exchange)));
        self.find(Draft {
            subject: words.subject.to_owned(),
            touches: op.map(|r| cx.line(&r.op)).into_iter().collect(),
            saw: saw.to_owned(),
            expected: words.expected.to_owned(),
            actual: answer(exchange),
            note: Some(words.gain.to_owned()),
            manner: manner(exchange),
            evidence,
        });
    }
}

/// Waits until the access token of an ended session is refused, for as long as the pack lets it live on.
///
/// # Errors
/// Only when a request cannot be formed.
pub async fn let_die(accounts: &mut Accounts, bearer: &Bearer) -> Result<(), Fault> {
    let within = accounts.auth().policy.dies_within("access");
    let Some(seconds) = within.filter(|s| *s > 0) else {
        return Ok(());
    };
    let patience = Patience::new(Duration::from_secs(seconds));
    while !accounts.whoami(bearer).await?.refused() && patience.lasts().await {}
    Ok(())
}
