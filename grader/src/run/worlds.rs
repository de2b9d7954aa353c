//! The worlds of a run: built once, raised when first asked for, shared by those who may share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};
use tokio::sync::{OnceCell, RwLock, Semaphore, mpsc};

use crate::check::leaks::secrets_of;
use crate::check::{Boot, Raised, StaticCx};
use crate::model::{Event, Fault, Picture, WorldKind};
use crate::pack::Pack;
use crate::probe::auth::Keys;
use crate::probe::collaborator::Neighbour;
use crate::probe::mail::Post;
use crate::probe::{Http, Journal, Planter};
use crate::runtime::{Built, Liveness, Runtime, Trouble, World, WorldSpec};
use crate::schema::survey::Survey;

use super::environment::environment;

/// Under this name the journal keeps what the survey asks.
const SURVEY: &str = "schema";

/// What came of raising a world that several checks share.
pub(super) type Shared = Result<Arc<Raised>, Trouble>;

/// Raises worlds for checks.
pub(super) struct Worlds {
    runtime: Arc<dyn Runtime>,
    pack: Arc<Pack>,
    seed: String,
    keys: OnceCell<Result<Keys, Fault>>,
    /// The mail server that every world is given, opened before the first of them is raised.
    post: OnceCell<Result<Option<Arc<Post>>, Fault>>,
    neighbour: Arc<Neighbour>,
    journal: Journal,
    events: mpsc::UnboundedSender<Event>,
    built: OnceCell<Result<Built, Trouble>>,
    shared: BTreeMap<WorldKind, (OnceCell<Shared>, RwLock<()>)>,
    surveyed: OnceCell<Result<Arc<Survey>, Trouble>>,
    /// How many worlds of their own may stand at once, beside the shared ones.
    own: Semaphore,
    count: AtomicUsize,
    secrets: Mutex<BTreeSet<(String, String)>>,
}

impl Worlds {
    pub(super) fn new(
        runtime: Arc<dyn Runtime>,
        (pack, seed): (Arc<Pack>, String),
        journal: Journal,
        jobs: usize,
        events: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let kinds = [
            WorldKind::Main,
            WorldKind::Short,
            WorldKind::Replicas,
            WorldKind::Planted,
            WorldKind::Crowded,
        ];
        let neighbour = Arc::new(Neighbour::new(Arc::clone(&runtime)));
        Self {
            runtime,
            pack,
            seed,
            keys: OnceCell::new(),
            post: OnceCell::new(),
            neighbour,
            journal,
            events,
            built: OnceCell::new(),
            shared: kinds.into_iter().map(|k| (k, Default::default())).collect(),
            surveyed: OnceCell::new(),
            own: Semaphore::new(jobs.max(1)),
            count: AtomicUsize::new(0),
            secrets: Mutex::default(),
        }
    }

    /// Builds the submission, once.
    pub(super) async fn build(&self) -> &Result<Built, Trouble> {
        self.built
            .get_or_init(|| async {
                self.tell(None, "building the service");
                self.runtime.build().await
            })
            .await
    }

    /// See [`Runtime::holds`].
    pub(super) async fn hold(&self) -> Result<(), Fault> {
        self.runtime.holds().await
    }

    /// The story so far, for checks that look at build and boot alone.
    pub(super) async fn boot(&self, raise: bool) -> Result<Boot, Fault> {
        let built = match self.build().await {
            Ok(built) => built.clone(),
            Err(trouble) => return boot(trouble, Boot::NotBuilt),
        };
        if !raise {
            return Ok(Boot::Built(built));
        }
        match self.shared(WorldKind::Main).await {
            Ok(raised) => Ok(Boot::Up(raised.world.boots())),
            Err(trouble) => boot(&trouble, Boot::NotUp),
        }
    }

    /// The context of a check without a running service.
    ///
    /// # Errors
    /// When the run's keys cannot be made.
    pub(super) async fn told(&self, check: &'static str, boot: Boot) -> Result<StaticCx, Fault> {
        let keys = self.keys().await?;
        let post = self.post().await?;
        let given = (&keys, post.as_deref());
        let spec = self.asked(WorldSpec::new(self.name(), WorldKind::Fresh), given);
        Ok(StaticCx::new(check, boot, &self.runtime, spec))
    }

    /// The keys of this run, made at the first call.
    async fn keys(&self) -> Result<Keys, Fault> {
        let Some(auth) = &self.pack.auth else {
            return Ok(Keys::default());
        };
        let draw = async || {
            let (declared, seed) = (auth.env.clone(), self.seed.clone());
            // A pair for RSA takes a moment of one processor.
            let drawn = tokio::task::spawn_blocking(move || Keys::draw(&declared, &seed)).await;
            drawn.unwrap_or_else(|e| Err(Fault::new("making the keys of the run", e)))
        };
        self.keys.get_or_init(draw).await.clone()
    }

    /// The mail server of this run, opened at the first call; none where the project sends no mail, or the service was
    /// there before us.
    async fn post(&self) -> Result<Option<Arc<Post>>, Fault> {
        let sends = self
            .pack
            .auth
            .as_ref()
            .is_some_and(|a| a.env.mail.is_some());
        let open = async || match self.runtime.door("post", 25).await {
            Ok(door) => Ok(Some(Arc::new(Post::behind(door)))),
            Err(Trouble::Fault(fault)) => Err(fault),
            Err(_) => Ok(None),
        };
        if !sends {
            return Ok(None);
        }
        self.post.get_or_init(open).await.clone()
    }

    /// The world of this kind that checks share, raised at the first call.
    pub(super) async fn shared(&self, kind: WorldKind) -> Shared {
        let Some((cell, _)) = self.shared.get(&kind) else {
            return Err(Fault::new("choosing a world", "this kind is never shared").into());
        };
        cell.get_or_init(|| async {
            if kind != WorldKind::Main {
                Box::pin(self.comes_up()).await?;
            }
            let name = format!("{kind:?}").to_lowercase();
            self.raise(WorldSpec::new(name, kind)).await
        })
        .await
        .clone()
    }

    /// Waits until the service has come up once, where it is asked first. One that does not comes up nowhere: it need
    /// not be waited for again, and one that takes all of the machine takes it once.
    async fn comes_up(&self) -> Result<(), Trouble> {
        match self.shared(WorldKind::Main).await {
            Err(trouble @ Trouble::Story(_)) => Err(trouble),
            // What went wrong on our side there may go well elsewhere.
            _ => Ok(()),
        }
    }

    /// What the schema stage planted and found, taken at the first call, and the world it stands in.
    pub(super) async fn survey(&self, seed: u64) -> Result<(Arc<Raised>, Arc<Survey>), Trouble> {
        let raised = self.shared(WorldKind::Planted).await?;
        let take = async || {
            self.tell(
                Some(WorldKind::Planted),
                "planting facts to see where they are kept",
            );
            let base = raised.world.base_url(0);
            let http = Http::new(&base, self.journal.clone())?.asked_by(SURVEY);
            let rng = ChaCha8Rng::from_seed(Sha256::digest(format!("{seed}/{SURVEY}")).into());
            let planter = Planter::new(http, Arc::clone(&self.pack), rng);
            let survey = Survey::take(&raised.world, planter, seed).await?;
            Ok(Arc::new(survey))
        };
        let survey = self.surveyed.get_or_init(take).await.clone()?;
        Ok((raised, survey))
    }

    /// The tables as the survey understood them, if there was one.
    pub(super) fn picture(&self) -> Option<Picture> {
        let survey = self.surveyed.get()?.as_ref().ok()?;
        Some(survey.picture())
    }

    /// The lock of a shared world: read to be one of many, write to be alone.
    pub(super) fn lock(&self, kind: WorldKind) -> Option<&RwLock<()>> {
        self.shared.get(&kind).map(|(_, lock)| lock)
    }

    /// Starts a shared world's service again if it has ended. Where it does not come up, those who ask it find
    /// out, and are asked again in a world of their own.
    ///
    /// # Errors
    /// A fault of ours.
    pub(super) async fn revive(&self, kind: WorldKind, raised: &Raised) -> Result<(), Fault> {
        let runs = || raised.world.alive().iter().all(Liveness::runs);
        if runs() {
            return Ok(());
        }
        let Some(lock) = self.lock(kind) else {
            return Ok(());
        };
        let _alone = lock.write().await;
        if runs() {
            return Ok(());
        }
        let (base, began) = (raised.world.base_url(0), Instant::now());
        match raised.world.start().await {
            Err(Trouble::Fault(fault)) => return Err(fault),
            Err(_) => {}
            Ok(()) => {
                self.journal.moved(&base, &raised.world.base_url(0));
                self.journal.at_work(&base, began);
            }
        }
        Ok(())
    }

    /// A world that nobody else uses, and the permit that bounds how many there are. Lower it when done.
    pub(super) async fn own(
        &self,
        kind: WorldKind,
    ) -> Result<(Arc<Raised>, tokio::sync::SemaphorePermit<'_>), Trouble> {
        let permit = match self.own.acquire().await {
            Ok(permit) => permit,
            Err(error) => return Err(Fault::new("waiting for a world", error).into()),
        };
        self.comes_up().await?;
        let mut spec = WorldSpec::new(self.name(), kind);
        spec.own_cluster = kind == WorldKind::Server;
        Ok((self.raise(spec).await?, permit))
    }

    /// A world for a check that looks back on the run: nobody else waits for one any more.
    pub(super) async fn fresh(&self) -> Shared {
        self.raise(WorldSpec::new(self.name(), WorldKind::Fresh))
            .await
    }

    /// What the service was told in each of its worlds and nobody else may hear.
    pub(super) fn secrets(&self) -> BTreeSet<(String, String)> {
        self.secrets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A name that no other world has.
    fn name(&self) -> String {
        format!("own-{}", self.count.fetch_add(1, Ordering::Relaxed) + 1)
    }

    async fn raise(&self, spec: WorldSpec) -> Shared {
        if let Err(trouble) = self.build().await {
            return Err(trouble.clone());
        }
        let (keys, post) = (self.keys().await?, self.post().await?);
        let spec = self.asked(spec, (&keys, post.as_deref()));
        self.tell(Some(spec.kind), "starting the service beside its database");
        let world: World = self.runtime.raise(&spec).await?;
        for boot in world.boots() {
            let took = boot.seconds + boot.release_seconds.unwrap_or_default();
            let began = Instant::now().checked_sub(Duration::from_secs_f64(took));
            self.journal
                .at_work(&boot.base_url, began.unwrap_or_else(Instant::now));
        }
        let raised = Raised::new(world, keys)
            .with_post(post)
            .with_neighbour(Arc::clone(&self.neighbour));
        let told = secrets_of(&raised, &self.pack);
        self.secrets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(told);
        Ok(Arc::new(match self.runtime.submission() {
            Some(submission) => raised.of(submission),
            None => raised,
        }))
    }

    /// The spec with what the project says of its service.
    fn asked(&self, mut spec: WorldSpec, (keys, post): (&Keys, Option<&Post>)) -> WorldSpec {
        let service = &self.pack.service;
        spec.ready = (service.ready.method.to_string(), service.ready.path.clone());
        spec.within = service.within;
        spec.port_var.clone_from(&service.port);
        spec.database_var.clone_from(&service.database);
        spec.env = environment(&self.pack, spec.kind, keys, post);
        spec
    }

    /// The worlds that are shared and up.
    pub(super) fn up(&self) -> impl Iterator<Item = &Arc<Raised>> {
        self.shared
            .values()
            .filter_map(|(cell, _)| cell.get()?.as_ref().ok())
    }

    /// The version of the Postgres server, if a world has one.
    pub(super) fn postgres(&self) -> Option<String> {
        self.up()
            .find_map(|raised| Some(raised.world.database()?.server().ok()?.version().to_owned()))
    }

    /// Where the worlds that are up can be reached.
    pub(super) fn kept(&self) -> Vec<String> {
        let says = |raised: &Arc<Raised>| {
            let service = format!("the service answers at {}", raised.world.base_url(0));
            let database = raised
                .world
                .database()
                .map(|d| format!("its database is {}", d.service_url));
            [Some(service), database]
        };
        self.up().flat_map(says).flatten().collect()
    }

    fn tell(&self, world: Option<WorldKind>, what: &str) {
        // Nobody watching is no reason to stop.
        let _ = self.events.send(Event::Raising {
            world,
            what: what.to_owned(),
        });
    }
}

fn boot(
    trouble: &Trouble,
    story: impl FnOnce(Box<crate::runtime::BootStory>) -> Boot,
) -> Result<Boot, Fault> {
    match trouble {
        Trouble::Story(told) => Ok(story(told.clone())),
        Trouble::Fault(fault) => Err(fault.clone()),
        Trouble::Unsupported(why) => Err(Fault::new("raising the service", why)),
    }
}
