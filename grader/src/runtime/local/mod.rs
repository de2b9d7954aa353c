//! The local runtime: child processes beside a private Postgres, for learners on their own code.
//!
//! The submission is copied, built and run in folders of the grader's own, by a user who is never root. It is
//! not sealed: a service can do what its user can do. Strangers' code belongs into containers.

mod build;
mod cargo;
mod causes;
mod database;
mod host;
mod output;
mod plan;
mod port;
mod process;
mod release;
mod replica;
mod shell;
mod stores;
mod story;
mod wait;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use tokio::sync::OnceCell;

use build::{Build, Product, blocking};
use host::{Handle, Local};
use output::Log;
use replica::{Replica, Site};

use super::machine::cache::{Cache, make};
use super::machine::copy;
use super::machine::environment::Environment;
use super::machine::sweep::Run;
use super::machine::user::RunAs;
use super::postgres::{Cluster, ClusterOptions, Database, StopMode};
use super::ready::Asker;
use super::{Built, Options, Runtime, Trouble, World, WorldSpec};
use crate::model::{Fault, RuntimeKind};
use crate::submission::Submission;

/// Builds that are kept, and for how long after their last use.
const BUILDS: usize = 40;
const DAYS: u64 = 14;
/// How long the last processes of a run may take to vanish at the end.
const PATIENCE: Duration = Duration::from_secs(1);

/// Raises a submission as child processes.
pub(crate) struct LocalRuntime {
    why: String,
    submission: Submission,
    options: Options,
    cache: Cache,
    run_as: RunAs,
    environment: Environment,
    run: Arc<Run>,
    cluster: OnceCell<Arc<Cluster>>,
    product: OnceCell<Product>,
    worlds: Mutex<Vec<Weak<Local>>>,
    closed: AtomicBool,
}

impl LocalRuntime {
    /// Clears up after dead runs and begins a new one.
    pub(crate) async fn open(
        submission: Submission,
        options: Options,
        why: String,
    ) -> Result<Self, Fault> {
        blocking(move || {
            let run_as = RunAs::find()?;
            let cache = Cache::open(options.cache.as_deref(), &run_as)?;
            let run = Run::begin(&cache, &run_as)?;
            let oldest = SystemTime::now().checked_sub(Duration::from_secs(DAYS * 24 * 3600));
            build::prune(&cache, BUILDS, oldest.unwrap_or(SystemTime::UNIX_EPOCH))?;
            let environment = Environment::of_machine(&cache, &run_as)?;
            if options.keep {
                run.keep()?;
            }
            Ok(Self {
                why,
                submission,
                options,
                cache,
                run_as,
                environment,
                run: Arc::new(run),
                cluster: OnceCell::new(),
                product: OnceCell::new(),
                worlds: Mutex::default(),
                closed: AtomicBool::new(false),
            })
        })
        .await
    }

    async fn product(&self) -> Result<&Product, Trouble> {
        let build = Build {
            submission: &self.submission,
            cache: &self.cache,
            run: &self.run,
            run_as: &self.run_as,
            environment: &self.environment,
            limits: self.options.limits,
        };
        self.product.get_or_try_init(|| build.go()).await
    }

    /// The server that worlds share, started at the first call.
    async fn cluster(&self) -> Result<&Arc<Cluster>, Fault> {
        self.cluster.get_or_try_init(|| self.start_cluster()).await
    }

    async fn start_cluster(&self) -> Result<Arc<Cluster>, Fault> {
        let options = ClusterOptions::new(format!("{}.postgres", self.run.id), &self.run.folder);
        Ok(Arc::new(Cluster::start(options).await?))
    }

    async fn put_up(&self, spec: &WorldSpec) -> Result<World, Trouble> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Fault::new("raising the service", "the run is over").into());
        }
        let Some((command, _)) = self.submission.start(RuntimeKind::Local) else {
            return Err(Trouble::Unsupported(
                "a Dockerfile alone starts nothing without Docker: add a Procfile with a `web:` line".into(),
            ));
        };
        let product = self.product().await?;
        let folder = self.run.folder.join("worlds").join(&spec.name);
        let (app, home) = (folder.join("app"), folder.join("home"));
        let (copied, stands) = tokio::join!(self.copy(product, &app, &home), self.stand(spec));
        copied?;
        let (cluster, database) = stands?;
        let mut variables = self.environment.run(&app, &home)?;
        variables.extend(
            spec.env
                .iter()
                .map(|(name, value)| (name.into(), value.into())),
        );
        variables.insert((&spec.database_var).into(), (&database.service_url).into());
        let site = Arc::new(Site {
            spec: spec.clone(),
            asker: Asker::new(&spec.ready)?,
            app,
            command: command.to_owned(),
            variables,
            run_as: self.run_as.clone(),
            mark: format!("{}.{}", self.run.id, spec.name),
        });
        let release_seconds = self.release(&site).await?;
        let local = Arc::new(Local {
            replicas: self.replicas(&site)?,
            database: database.clone(),
            cluster: cluster.clone(),
            home,
            since: SystemTime::now(),
            release_seconds,
            keep: self.options.keep,
            lowered: AtomicBool::new(false),
            site,
        });
        self.worlds
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(&local));
        if let Err(trouble) = local.up().await {
            local.fall(true).await?;
            return Err(trouble);
        }
        let cluster = spec.own_cluster.then_some(cluster);
        Ok(World::new(
            spec.clone(),
            Some(database),
            cluster,
            Box::new(Handle(local)),
        ))
    }

    /// A story also says what was not copied: it may be what is missing.
    fn annotate(&self, trouble: Trouble) -> Trouble {
        let outside: Vec<_> = self
            .submission
            .tree
            .outside
            .iter()
            .map(|p| format!("`{}`", p.display()))
            .collect();
        match trouble {
            Trouble::Story(mut story) if !outside.is_empty() => {
                let links = outside.join(", ");
                story.try_next.push(format!(
                    "symlinks that lead out of the folder are not copied: {links}"
                ));
                Trouble::Story(story)
            }
            other => other,
        }
    }

    /// The world's own copy of the built submission, and a home.
    async fn copy(&self, product: &Product, app: &Path, home: &Path) -> Result<(), Fault> {
        let (from, app, home) = (product.app.clone(), app.to_owned(), home.to_owned());
        let run_as = self.run_as.clone();
        blocking(move || {
            make(&home)?;
            run_as.own(&home)?;
            copy::built(&from, &app, &run_as)
        })
        .await
    }

    /// The server the world stands on and a fresh database on it.
    async fn stand(&self, spec: &WorldSpec) -> Result<(Arc<Cluster>, Database), Fault> {
        let cluster = match spec.own_cluster {
            true => self.start_cluster().await?,
            false => self.cluster().await?.clone(),
        };
        let database = cluster.create_database(&spec.name).await?;
        Ok((cluster, database))
    }

    async fn release(&self, site: &Site) -> Result<Option<f64>, Trouble> {
        let Some((command, _)) = self.submission.release(RuntimeKind::Local) else {
            return Ok(None);
        };
        let log = self.log(&format!("{}.release", site.spec.name))?;
        release::release(site, command, log, &self.options.limits)
            .await
            .map(Some)
    }

    fn replicas(&self, site: &Arc<Site>) -> Result<Vec<Replica>, Fault> {
        let one = |index| {
            let log = Arc::new(self.log(&format!("{}.{index}", site.spec.name))?);
            Ok(Replica::new(site.clone(), index, log))
        };
        (0..site.spec.replicas.max(1)).map(one).collect()
    }

    fn log(&self, name: &str) -> Result<Log, Fault> {
        let logs = self.run.folder.join("logs");
        make(&logs)?;
        Log::create(
            &logs.join(format!("{name}.log")),
            self.options.limits.log_bytes,
        )
    }

    async fn shut(&self) -> Result<(), Fault> {
        self.closed.store(true, Ordering::SeqCst);
        let worlds =
            std::mem::take(&mut *self.worlds.lock().unwrap_or_else(PoisonError::into_inner));
        let standing: Vec<_> = worlds.iter().filter_map(Weak::upgrade).collect();
        let fallen = join_all(standing.iter().map(|world| world.fall(false))).await;
        let stopped = match self.cluster.get() {
            Some(cluster) => cluster.stop(StopMode::Immediate).await,
            None => Ok(()),
        };
        // Also ends what a world that was still on its way up has started.
        let run = self.run.clone();
        blocking(move || run.end(PATIENCE)).await?;
        fallen.into_iter().chain([stopped]).collect()
    }
}

impl Runtime for LocalRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Local
    }

    fn why(&self) -> &str {
        &self.why
    }

    fn folder(&self) -> Option<PathBuf> {
        Some(self.run.folder.clone())
    }

    fn build(&self) -> BoxFuture<'_, Result<Built, Trouble>> {
        async move {
            // Postgres starts while the build runs; if it cannot, the fault comes with the first world.
            let (product, _) = tokio::join!(self.product(), self.cluster());
            Ok(product
                .map_err(|trouble| self.annotate(trouble))?
                .built
                .clone())
        }
        .boxed()
    }

    fn raise<'a>(&'a self, spec: &'a WorldSpec) -> BoxFuture<'a, Result<World, Trouble>> {
        async {
            self.put_up(spec)
                .await
                .map_err(|trouble| self.annotate(trouble))
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.shut().boxed()
    }
}
