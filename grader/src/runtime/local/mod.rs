//! The local runtime: child processes beside a private Postgres, for learners on their own code.
//!
//! The submission is copied, built and run in folders of the grader's own, by a user who is never root. It is
//! not sealed: a service can do what its user can do. Strangers' code belongs into containers.
//!
//! Under root, submissions share only what their user cannot write to: toolchains, certificates, the prepared
//! Postgres, finished builds. Package caches and Cargo's `target` are each submission's own
//! (see [`packages`](super::machine::packages)). They also share that user, so two runs at once can disturb each
//! other. A plain user's submissions share everything that is the user's.

pub(super) mod build;
mod cargo;
mod database;
mod host;
pub(super) mod outside;
pub(super) mod plan;
mod port;
mod process;
mod raise;
mod release;
mod replica;
mod shelf;
mod stores;
mod venv;
mod wait;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use tokio::sync::OnceCell;

use build::{Build, Product, blocking};
use host::Local;

use super::gate::Gate;
use super::machine::cache::Cache;
use super::machine::environment::Environment;
use super::machine::packages::Packages;
use super::machine::sweep::Run;
use super::machine::user::RunAs;
use super::postgres::{Cluster, ClusterOptions, StopMode};
use super::{Built, Door, Options, Runtime, Trouble, World, WorldSpec};
use crate::model::{Doing, Fault, RuntimeKind};
use crate::submission::Submission;

/// How long the last processes of a run may take to vanish at the end.
const PATIENCE: Duration = Duration::from_secs(1);

/// Raises a submission as child processes.
pub(crate) struct LocalRuntime {
    why: String,
    submission: Submission,
    options: Options,
    cache: Cache,
    run_as: RunAs,
    packages: Packages,
    environment: Environment,
    run: Arc<Run>,
    cluster: OnceCell<Arc<Cluster>>,
    product: OnceCell<Product>,
    /// What Git tracks of the submission, built.
    clone: OnceCell<(Submission, Product)>,
    worlds: Mutex<Vec<Weak<Local>>>,
    gate: Gate,
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
            let packages = Packages::of(&submission.root, &cache, &run_as)?;
            let environment = Environment::of_machine(&cache, &run_as)?;
            let run = Run::begin(&cache, &run_as)?;
            shelf::prune(&cache)?;
            if options.keep {
                run.keep()?;
            }
            Ok(Self {
                why,
                submission,
                options,
                cache,
                run_as,
                packages,
                environment,
                run: Arc::new(run),
                cluster: OnceCell::new(),
                product: OnceCell::new(),
                clone: OnceCell::new(),
                worlds: Mutex::default(),
                gate: Gate::new(),
            })
        })
        .await
    }

    async fn product(&self) -> Result<&Product, Trouble> {
        let build = self.build_of(&self.submission);
        self.product.get_or_try_init(|| build.go()).await
    }

    /// The submission and its build; those of a clone, where Git would leave something out.
    async fn of(&self, tracked: bool) -> Result<(&Submission, &Product), Trouble> {
        if !tracked {
            return Ok((&self.submission, self.product().await?));
        }
        let make = async || {
            let doing = "reading what Git tracks";
            let Some(clone) = self.submission.tracked().doing(doing)? else {
                return Err(Trouble::Unsupported("the folder is no Git checkout".into()));
            };
            let product = self.build_of(&clone).go().await?;
            Ok((clone, product))
        };
        let (clone, product) = self.clone.get_or_try_init(make).await?;
        Ok((clone, product))
    }

    fn build_of<'a>(&'a self, submission: &'a Submission) -> Build<'a> {
        Build {
            submission,
            cache: &self.cache,
            run: &self.run,
            run_as: &self.run_as,
            packages: &self.packages,
            environment: &self.environment,
            limits: self.options.limits,
        }
    }

    /// The server that worlds share, started at the first call.
    async fn cluster(&self) -> Result<&Arc<Cluster>, Fault> {
        self.cluster.get_or_try_init(|| self.start_cluster()).await
    }

    async fn start_cluster(&self) -> Result<Arc<Cluster>, Fault> {
        let options = ClusterOptions::new(format!("{}.postgres", self.run.id), &self.run.folder);
        Ok(Arc::new(Cluster::start(options).await?))
    }

    async fn shut(&self) -> Result<(), Fault> {
        self.gate.close(PATIENCE).await;
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

    fn submission(&self) -> Option<&Submission> {
        Some(&self.submission)
    }

    fn untracked(&self) -> Option<Vec<PathBuf>> {
        self.submission.untracked()
    }

    fn build(&self) -> BoxFuture<'_, Result<Built, Trouble>> {
        let both = async {
            // Postgres starts while the build runs; if it cannot, the fault comes with the first world.
            let (product, _) = tokio::join!(self.product(), self.cluster());
            Ok(product
                .map_err(|trouble| self.annotate(trouble))?
                .built
                .clone())
        };
        self.gate.pass(both).boxed()
    }

    fn raise<'a>(&'a self, spec: &'a WorldSpec) -> BoxFuture<'a, Result<World, Trouble>> {
        let up = async {
            self.put_up(spec)
                .await
                .map_err(|trouble| self.annotate(trouble))
        };
        self.gate.pass(up).boxed()
    }

    fn holds(&self) -> BoxFuture<'_, Result<(), Fault>> {
        async {
            match self.cluster.get() {
                Some(cluster) => cluster.holds().await,
                None => Ok(()),
            }
        }
        .boxed()
    }

    /// A listener on 127.0.0.1: services here see this machine's own ports, and have no names of their own.
    fn door<'a>(&'a self, _name: &'a str, _port: u16) -> BoxFuture<'a, Result<Door, Trouble>> {
        async { Ok(Door::here().await?) }.boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.shut().boxed()
    }
}
