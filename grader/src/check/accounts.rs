//! Accounts for a check: those that are its own, and two for each world that all who only read share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::Cx;
use crate::model::{Fault, Verdict};
use crate::pack::Verb;
use crate::probe::Planter;
use crate::probe::auth::{Accounts, Keys, Session};
use crate::probe::plant::Planting;
use crate::runtime::Liveness;

/// One of the two accounts that checks share in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seat {
    /// The one whose credentials are looked at.
    A,
    /// Somebody else, whom forgeries claim to be.
    B,
}

/// The sessions that are shared in a world.
pub(super) type Seats = tokio::sync::Mutex<BTreeMap<Seat, Session>>;

impl Cx {
    /// A maker of accounts that nobody else uses; the reason where the pack declares no login, no `whoami`, or not
    /// all of `verbs`.
    pub fn accounts(&self, verbs: &[Verb]) -> Result<Accounts, String> {
        let pack = self.pack();
        let declared = pack.auth.as_ref().map(|a| &a.ops);
        let least = [Verb::Login, Verb::Whoami];
        let lacks = |v: &&Verb| declared.is_none_or(|ops| !ops.contains_key(*v));
        if let Some(verb) = least.iter().chain(verbs).find(lacks) {
            return Err(format!(
                "the pack's [auth.op] declares no `{}`",
                verb.word()
            ));
        }
        // Each has a chance of its own: the same one twice would register the same accounts twice.
        let nth = self.makers.fetch_add(1, Ordering::Relaxed);
        let digest = Sha256::digest(format!("{}/accounts/{nth}", self.chance));
        let rng = ChaCha8Rng::from_seed(digest.into());
        let planter = Planter::new(self.http().clone(), Arc::clone(&pack), rng);
        let made = Accounts::new(planter, self.keys().clone());
        made.ok_or_else(|| "the pack declares no authentication".to_owned())
    }

    /// A session that is shared by all checks of this world that change nothing about it: nobody may log it out, or
    /// change or delete its account. Logged in once, and again where it has ended.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn shared(
        &self,
        accounts: &mut Accounts,
        seat: Seat,
    ) -> Result<Planting<Session>, Fault> {
        let mut seats = self.raised.seats.lock().await;
        for known in seats.values() {
            accounts.know(&known.account);
        }
        let session = match seats.get(&seat).cloned() {
            None => accounts.join().await?,
            Some(known) if accounts.whoami(&known.bearer()).await?.is(&known.account) => {
                return Ok(Ok(known));
            }
            Some(ended) => accounts.enter(&ended.account).await?,
        };
        if let Ok(session) = &session {
            seats.insert(seat, session.clone());
        }
        Ok(session)
    }

    /// The signing key, the issuer and the audience that the service was given.
    pub fn keys(&self) -> &Keys {
        &self.raised.keys
    }

    /// Whether each process of the service runs, and which it is.
    pub fn processes(&self) -> Vec<Liveness> {
        self.raised.world.alive()
    }
}

/// A verdict that says why a check does not apply.
pub fn skipped(why: impl Into<String>) -> Verdict {
    Verdict::Skipped { why: why.into() }
}

/// Why a check of cookies does not apply.
pub const NO_COOKIE: &str = "credentials travel in a header here, and not in a cookie";
