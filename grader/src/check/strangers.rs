//! Strangers: accounts of the same role as whoever made a thing, who know where it stands and have no right to it.

use super::Cx;
use super::honest::manner;
use crate::model::{Evidence, Exchange, Fault, Manner};
use crate::pack::{Auth, OpId, Operation};
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{Planted, Planting, Who, answer, said_yes};

/// Somebody else of the same role, logged in.
pub(crate) struct Stranger {
    /// Who it is, to the planter.
    pub(crate) who: Who,
    /// What it holds.
    pub(crate) session: Session,
}

/// One stranger for each role.
pub(crate) struct Strangers(Vec<Stranger>);

impl Strangers {
    /// Brings in a stranger for the maker of each of these things. What is planted from now on is the strangers' own.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn to(
        accounts: &mut Accounts,
        things: &[Planted],
    ) -> Result<Planting<Self>, Fault> {
        let mut strangers: Vec<Stranger> = Vec::new();
        for thing in things {
            let role = role(accounts, thing);
            if strangers.iter().any(|s| s.session.account.role == role) {
                continue;
            }
            let session = match accounts.join_as(role.as_deref()).await? {
                Ok(session) => session,
                Err(why) => return Ok(Err(why)),
            };
            let who = accounts.planter().speak_as(session.actor());
            strangers.push(Stranger { who, session });
        }
        Ok(Ok(Self(strangers)))
    }

    /// One of them, for the controls; none where there are no things.
    pub(crate) fn any(&self) -> Option<&Stranger> {
        self.0.first()
    }

    /// The stranger to this thing.
    pub(crate) fn beside(&self, accounts: &mut Accounts, thing: &Planted) -> Option<&Stranger> {
        let role = role(accounts, thing);
        self.0.iter().find(|s| s.session.account.role == role)
    }
}

impl Stranger {
    /// The thing as if it were theirs: whoever asks about it now is the stranger.
    pub(crate) fn holding(&self, thing: &Planted) -> Planted {
        Planted {
            by: Some(self.who),
            ..thing.clone()
        }
    }

    /// Whether the operation asks who is calling, and is open to the stranger's role: then nothing but whose a thing
    /// is can keep them out.
    pub(crate) fn may_ask(&self, operation: &Operation) -> bool {
        let security = &operation.security;
        let role = self.session.account.role.as_deref();
        !security.anyone && (security.anybody() || security.allows(role))
    }
}

fn role(accounts: &mut Accounts, thing: &Planted) -> Option<String> {
    let maker = accounts.planter().actor(thing.by?)?;
    maker.role.clone()
}

/// How the service met somebody who had no right to what they asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Met {
    /// It turned them away, with a status that the pack names.
    Away,
    /// It said yes.
    Yes,
    /// It broke, in this manner.
    Broke(Manner),
    /// Neither, which proves nothing; in words.
    Unclear(String),
}

impl Met {
    /// What an answer of this operation to `whom` says; `away` are the statuses that turn somebody away.
    pub(crate) fn by(cx: &Cx, away: &[u16], op: &OpId, whom: &str, answered: &Exchange) -> Self {
        let said = answer(answered);
        match answered.status() {
            Some(status) if away.contains(&status) => Self::Away,
            Some(429) => Self::Unclear(format!(
                "{} answered 429: a limit, no decision",
                cx.line(op)
            )),
            _ if said_yes(answered) => Self::Yes,
            _ => match manner(answered) {
                Manner::Wrong => {
                    let line = cx.line(op);
                    let why =
                        format!("{line} answered {said} to {whom}: neither a yes nor a refusal");
                    Self::Unclear(why)
                }
                broke => Self::Broke(broke),
            },
        }
    }
}

/// The pack's refusals in words: `403 or 404`.
pub(crate) fn refusals(auth: &Auth) -> String {
    listed(&auth.forbidden)
}

/// Statuses in words: `403 or 404`.
pub(crate) fn listed(statuses: &[u16]) -> String {
    let all: Vec<String> = statuses.iter().map(u16::to_string).collect();
    all.join(" or ")
}

/// What two people were answered, as evidence: the one who may, and the one who may not.
pub(crate) fn both(
    cx: &Cx,
    (honest, theirs): (&str, &Exchange),
    (attack, answered): (&str, &Exchange),
) -> Vec<Evidence> {
    vec![cx.seen(honest, theirs), cx.seen(attack, answered)]
}
