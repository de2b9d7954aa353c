//! What a check holds in its hands. Each context adds what its kind of company allows, and derefs to the
//! one before: a quiet check can do all that a shared one can.

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::Findings;
use super::accounts::Seats;
use super::cost::Kept;
use super::negative::Bodies;
use crate::model::{Evidence, Exchange, Fault};
use crate::pack::{OpId, Pack};
use crate::probe::auth::Keys;
use crate::probe::changes::Changes;
use crate::probe::collaborator::{Collaborator, Neighbour};
use crate::probe::mail::Post;
use crate::probe::sql::{Editor, Observer};
use crate::probe::trace::Trace;
use crate::probe::{Http, Journal, Planter, curl, shortened};
use crate::runtime::postgres::Database;
use crate::runtime::{Trouble, World};
use crate::submission::{EntryKind, Submission};

/// How much of a body one piece of evidence shows, bytes.
const SHOWN: usize = 2 * 1024;

/// A world that is up, as the checks in it share it.
pub struct Raised {
    /// The world itself.
    pub world: World,
    /// What its service was given to sign credentials with.
    pub keys: Keys,
    /// The mail server that its service was given, if it was given one of ours.
    pub post: Option<Arc<Post>>,
    /// A server of ours that its service can reach, where it came up in a run of ours.
    neighbour: Option<Arc<Neighbour>>,
    /// What requests cost in it while its tables filled, once that was measured.
    pub(super) growth: OnceCell<Kept>,
    /// What came of bodies with one thing wrong, once they were asked.
    pub(super) bodies: OnceCell<Arc<Bodies>>,
    /// The accounts that checks share in it.
    pub(super) seats: Seats,
    /// The folder that was handed in, and the files in it; none where the service was there already.
    handed_in: Option<(PathBuf, Vec<PathBuf>)>,
}

impl Raised {
    /// A world to share.
    pub fn new(world: World, keys: Keys) -> Self {
        let growth = OnceCell::new();
        Self {
            world,
            keys,
            post: None,
            neighbour: None,
            growth,
            bodies: OnceCell::new(),
            seats: Seats::default(),
            handed_in: None,
        }
    }

    /// The same, with this mail server.
    #[must_use]
    pub fn with_post(self, post: Option<Arc<Post>>) -> Self {
        Self { post, ..self }
    }

    /// The same, with the collaborator of the run.
    #[must_use]
    pub fn with_neighbour(self, neighbour: Arc<Neighbour>) -> Self {
        let neighbour = Some(neighbour);
        Self { neighbour, ..self }
    }

    /// The same, of a service that was made of this.
    #[must_use]
    pub fn of(mut self, submission: &Submission) -> Self {
        let files = submission.tree.entries.iter();
        let files = files.filter(|e| matches!(e.kind, EntryKind::File { .. }));
        let paths = files.map(|e| e.path.clone()).collect();
        self.handed_in = Some((submission.root.clone(), paths));
        self
    }
}

impl std::fmt::Debug for Raised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Raised").field(self.world.spec()).finish()
    }
}

/// The context of a check that runs beside others. It may judge only rows and replies that carry the facts
/// it planted: counts and statements of a whole world are not on it.
pub struct Cx {
    check: &'static str,
    pub(super) raised: Arc<Raised>,
    planter: Planter,
    /// What everything follows from that it draws.
    pub(super) chance: String,
    /// How many makers of accounts it has had.
    pub(super) makers: AtomicUsize,
}

impl Cx {
    /// For the check with this id. The values it will use follow from the run's seed and its id alone, so
    /// that one check more changes no other check's values.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn new(
        check: &'static str,
        pack: &Arc<Pack>,
        raised: &Arc<Raised>,
        journal: &Journal,
        seed: &str,
    ) -> Result<Self, Fault> {
        let chance = format!("{seed}/{check}");
        let digest = Sha256::digest(chance.as_bytes());
        let rng = ChaCha8Rng::from_seed(digest.into());
        let http = Http::new(&raised.world.base_url(0), journal.clone())?.asked_by(check);
        let planter = Planter::new(http, Arc::clone(pack), rng);
        Ok(Self {
            check,
            raised: Arc::clone(raised),
            planter,
            chance,
            makers: AtomicUsize::new(0),
        })
    }

    /// The project that is graded.
    pub fn pack(&self) -> Arc<Pack> {
        self.planter.pack()
    }

    /// Puts facts in, and makes honest calls, through the API.
    pub fn planter(&mut self) -> &mut Planter {
        &mut self.planter
    }

    /// The recorded client, for requests of one's own.
    pub fn http(&self) -> &Http {
        self.planter.http()
    }

    /// A collector for this check.
    pub fn findings(&self) -> Findings {
        Findings::new(self.check)
    }

    /// An exchange as evidence, with what it shows.
    pub fn seen(&self, says: impl Into<String>, exchange: &Exchange) -> Evidence {
        evidence(says, exchange)
    }

    /// `GET /venues/{venue_id}`: an operation as the contract spells it.
    pub fn line(&self, op: &OpId) -> String {
        self.pack()
            .op(op)
            .map_or_else(|| op.to_string(), |o| o.line())
    }

    /// A reader of the learner's tables, if there is a database to read.
    ///
    /// # Errors
    /// When the observer cannot log in.
    pub async fn observer(&self) -> Result<Option<Observer>, Fault> {
        match self.raised.world.database() {
            Some(database) => Observer::connect(database).await.map(Some),
            None => Ok(None),
        }
    }

    /// Where the service keeps or could keep data besides its database.
    ///
    /// # Errors
    /// `Unsupported` when attached.
    pub async fn stores(&self) -> Result<crate::runtime::Stores, Trouble> {
        self.raised.world.stores().await
    }

    /// The time of a processor that the service's processes have taken so far.
    ///
    /// # Errors
    /// `Unsupported` where they cannot be seen.
    pub async fn worked(&self) -> Result<std::time::Duration, Trouble> {
        self.raised.world.worked().await
    }

    /// A server of ours that the service can reach; none where that cannot be arranged.
    ///
    /// # Errors
    /// When the way to it cannot be opened.
    pub async fn collaborator(&self) -> Result<Option<Arc<Collaborator>>, Fault> {
        match &self.raised.neighbour {
            Some(neighbour) => neighbour.get().await,
            None => Ok(None),
        }
    }

    /// Whether we started the service, and nothing stands between it and us that knows it by another address.
    pub fn raised_here(&self) -> bool {
        let alive = self.raised.world.alive();
        alive.iter().any(|l| l.pid.is_some() || l.started.is_some())
    }

    /// The folder that was handed in, and the files in it, relative to it; none where the service was there already.
    pub fn handed_in(&self) -> Option<(PathBuf, Vec<PathBuf>)> {
        self.raised.handed_in.clone()
    }

    /// The last lines the service wrote.
    pub fn log_tail(&self, lines: usize) -> Vec<String> {
        self.raised.world.log_tail(lines)
    }
}

/// An exchange as evidence, with what it shows.
pub(super) fn evidence(says: impl Into<String>, exchange: &Exchange) -> Evidence {
    Evidence::Exchange {
        says: says.into(),
        exchange: Box::new(shortened(exchange, SHOWN)),
        curl: curl(&exchange.sent),
    }
}

/// The context of a check that is alone in its world: what one request caused can be seen.
pub struct QuietCx(Cx);

impl QuietCx {
    /// Nobody else is in the world of `cx` now.
    pub fn new(cx: Cx) -> Self {
        Self(cx)
    }

    /// The world, for what is kept in it from one check to the next.
    pub(super) fn raised(&self) -> Arc<Raised> {
        Arc::clone(&self.0.raised)
    }

    /// Opens a window on the statements that reach the database from now on.
    ///
    /// # Errors
    /// When there is no database to watch, or the log cannot be read.
    pub async fn trace(&self) -> Result<Trace, Fault> {
        Trace::open(self.database()?).await
    }

    /// Opens a window on what is committed from now on; the reason where it cannot begin.
    ///
    /// # Errors
    /// When there is no database to watch, or the server cannot be reached.
    pub async fn changes(&self) -> Result<Result<Changes, &'static str>, Fault> {
        let opened = Changes::open(self.database()?).await?;
        Ok(opened
            .ok_or("a transaction stays open on the server, so what is committed cannot be read"))
    }

    /// A writer with the service's own rights, if there is a database.
    ///
    /// # Errors
    /// When the service's role has no connection left.
    pub async fn editor(&self) -> Result<Option<Editor>, Fault> {
        match self.raised.world.database() {
            Some(database) => Editor::connect(database).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn database(&self) -> Result<&Database, Fault> {
        self.raised
            .world
            .database()
            .ok_or_else(|| Fault::new("watching the database", "this world has none"))
    }
}

impl Deref for QuietCx {
    type Target = Cx;
    fn deref(&self) -> &Cx {
        &self.0
    }
}

impl DerefMut for QuietCx {
    fn deref_mut(&mut self) -> &mut Cx {
        &mut self.0
    }
}

/// The context of a check that may lock tables.
pub struct LocksCx(QuietCx);

impl LocksCx {
    /// Nobody else is in the world of `cx` now.
    pub fn new(cx: QuietCx) -> Self {
        Self(cx)
    }
}

impl Deref for LocksCx {
    type Target = QuietCx;
    fn deref(&self) -> &QuietCx {
        &self.0
    }
}

impl DerefMut for LocksCx {
    fn deref_mut(&mut self) -> &mut QuietCx {
        &mut self.0
    }
}
