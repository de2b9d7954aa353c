//! What one login gave.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Bearer, Jwt, Kind};
use crate::model::Exchange;
use crate::pack::{Auth, AuthOp, Pack, Spot, Verb};
use crate::probe::actor::{Actor, Credential, shown};

/// An account that came in, and what it holds since.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose it is.
    pub account: Actor,
    /// What the service gave, by the words of the pack's `take`: `access` always, `refresh` and others where declared
    /// and shown.
    pub parts: IndexMap<String, String>,
    /// What `access` is, as seen.
    pub kind: Kind,
    /// The exchange that gave it: the login, or the refresh.
    pub exchange: Exchange,
    credential: Credential,
    pack: Arc<Pack>,
}

impl Session {
    /// What this reply to a login gives; none where it shows no credential in the place that the pack says.
    pub(super) fn of(pack: &Arc<Pack>, account: &Actor, exchange: Exchange) -> Option<Self> {
        let auth = pack.auth.as_ref()?;
        let credential = Credential::of(auth, &exchange)?;
        let parts = taken(auth.ops.get(&Verb::Login)?, &exchange);
        Some(Self {
            account: account.clone(),
            kind: Kind::of(credential.access()),
            parts,
            exchange,
            credential,
            pack: Arc::clone(pack),
        })
    }

    /// The same session after a reply that gave new parts; none where it gave no `access`. What it does not show
    /// stays as it was.
    pub(super) fn renewed(&self, by: &AuthOp, exchange: Exchange) -> Option<Self> {
        let auth = self.pack.auth.as_ref()?;
        let given = taken(by, &exchange);
        let mut session = self.clone();
        session.credential.learn(auth, &exchange);
        session.credential = session.credential.bearing(given.get("access")?);
        session.parts.extend(given);
        session.kind = Kind::of(session.credential.access());
        session.exchange = exchange;
        Some(session)
    }

    /// Learns the token against cross-site requests from a reply that shows it.
    pub(super) fn learn(&mut self, auth: &Auth, exchange: &Exchange) {
        self.credential.learn(auth, exchange);
    }

    pub(super) fn lacks_csrf(&self, auth: &Auth) -> bool {
        self.credential.lacks_csrf(auth)
    }

    /// What proves who asks.
    pub fn access(&self) -> &str {
        self.credential.access()
    }

    /// The access token taken apart; none where it is no JWT.
    pub fn jwt(&self) -> Option<Jwt> {
        Jwt::read(self.access())
    }

    /// Whether it travels in a cookie.
    pub fn in_cookie(&self) -> bool {
        let carrier = self.pack.auth.as_ref().map(|a| &a.carrier.place.spot);
        matches!(carrier, Some(Spot::Cookie(_)))
    }

    /// All cookies that the service set on the way in, by name.
    pub fn cookies(&self) -> &[(String, String)] {
        self.credential.cookies()
    }

    /// The token against cross-site requests, where the pack declares one and a reply showed it.
    pub fn csrf(&self) -> Option<&str> {
        self.credential.csrf_token()
    }

    /// Whoever holds this session.
    pub fn bearer(&self) -> Bearer {
        self.bearing(self.access())
    }

    /// The same in all, but for the text in the declared carrier.
    pub fn bearing(&self, text: &str) -> Bearer {
        match &self.pack.auth {
            Some(auth) => Bearer::of(auth, &self.credential.bearing(text)),
            None => Bearer::nobody(),
        }
    }

    /// The same in all, but for the text of its access token.
    #[must_use]
    pub fn with_access(&self, text: &str) -> Self {
        Self {
            kind: Kind::of(text),
            credential: self.credential.bearing(text),
            ..self.clone()
        }
    }

    /// The refresh token, where one was given and shown.
    pub fn refresh(&self) -> Option<&str> {
        self.parts.get("refresh").map(String::as_str)
    }

    /// The same in all, but for the text of its refresh token.
    #[must_use]
    pub fn with_refresh(&self, text: &str) -> Self {
        let mut other = self.clone();
        other.parts.insert("refresh".to_owned(), text.to_owned());
        other
    }

    /// The account with what it holds, for a planter to speak as.
    pub fn actor(&self) -> Actor {
        Actor {
            credential: Some(self.credential.clone()),
            ..self.account.clone()
        }
    }
}

fn taken(op: &AuthOp, exchange: &Exchange) -> IndexMap<String, String> {
    let part = |(name, place): (&String, _)| Some((name.clone(), shown(place, exchange)?));
    op.take.iter().filter_map(part).collect()
}
