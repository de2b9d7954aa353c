//! The docker runtime: containers on a sealed network, for code nobody knows.
//!
//! A run has one network that nothing leads out of, a relay that is the only way in, one Postgres for all worlds
//! (and one more for each world that asks for its own), and a container for each process of the service, with limits
//! on all it may use. Everything carries the run's label; the run removes it at its end, and the next one what a
//! grader that was killed could not.

mod bake;
mod bridge;
mod build;
mod cage;
mod container;
mod door;
mod ends;
mod engine;
mod ground;
mod health;
mod holds;
mod host;
mod image;
mod images;
mod labels;
mod look;
mod network;
mod owner;
mod place;
mod postgres;
mod process;
mod raise;
mod relay;
mod release;
mod replica;
mod script;
mod seal;
mod site;
mod stores;
mod sweep;
mod wait;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use tokio::sync::OnceCell;

use engine::Engine;
use ground::Ground;
use host::Docked;
use image::Image;

use super::gate::Gate;
use super::machine::cache::Cache;
use super::machine::sweep::Run;
use super::machine::user::RunAs;
use super::{Built, Door, Options, Runtime, Trouble, World, WorldSpec};
use crate::model::{Doing, Fault, RuntimeKind};
use crate::submission::Submission;

pub(crate) use health::examine;
pub(crate) use place::must_be_named as engine_to_name;

/// How long what is still on its way up may take to be dropped at the end.
const PATIENCE: Duration = Duration::from_secs(1);

/// Raises a submission in containers.
pub(crate) struct DockerRuntime {
    why: String,
    /// Why, and what came of proving the seal.
    said: OnceLock<String>,
    submission: Submission,
    options: Options,
    engine: Engine,
    run: Arc<Run>,
    /// The run's name: that of its network, its label, and what every container's name begins with.
    name: String,
    ground: OnceCell<Result<Ground, Fault>>,
    image: OnceCell<Image>,
    /// What Git tracks of the submission, built.
    clone: OnceCell<(Submission, Image)>,
    /// Whether the service was seen to need root.
    root: AtomicBool,
    worlds: Mutex<Vec<Weak<Docked>>>,
    gate: Gate,
}

impl DockerRuntime {
    /// Clears up after dead runs and begins a new one.
    ///
    /// # Errors
    /// When no engine answers, or it lacks what was asked for.
    pub(crate) async fn open(
        submission: Submission,
        options: Options,
        why: &str,
    ) -> Result<Self, Fault> {
        let engine = Engine::connect().await?;
        if let Some(wanted) = &options.oci_runtime
            && !engine.runtimes.contains(wanted)
        {
            let known = engine.runtimes.join(", ");
            return Err(Fault::new(
                "opening the docker runtime",
                format!("the engine knows no OCI runtime {wanted}"),
            )
            .cure(format!(
                "choose one of {known}, or add it to the engine's daemon.json"
            )));
        }
        sweep::sweep(&engine).await?;
        let cache = options.cache.clone();
        let keep = options.keep;
        let begin = move || {
            let run_as = RunAs::find()?;
            let cache = Cache::open(cache.as_deref(), &run_as)?;
            let run = Run::begin(&cache, &run_as)?;
            if keep {
                run.keep()?;
            }
            Ok::<_, Fault>(run)
        };
        let run = tokio::task::spawn_blocking(begin)
            .await
            .doing("beginning a run")??;
        Ok(Self {
            why: format!("{why}: {}", engine.told()),
            said: OnceLock::new(),
            name: format!("grader-{}", run.id),
            submission,
            options,
            engine,
            run: Arc::new(run),
            ground: OnceCell::new(),
            image: OnceCell::new(),
            clone: OnceCell::new(),
            root: AtomicBool::new(false),
            worlds: Mutex::default(),
            gate: Gate::new(),
        })
    }

    /// Makes sure that the images this run needs are there, or come.
    ///
    /// # Errors
    /// When one is not present and cannot be pulled.
    pub(crate) async fn has_images(&self) -> Result<(), Fault> {
        let (docker, labels) = (&self.engine.docker, HashMap::new());
        let build = build::build(docker, &self.submission, &self.options.limits, &labels);
        tokio::try_join!(
            images::relay(&self.engine),
            images::postgres(&self.engine, self.options.postgres),
            build.can_begin(),
        )
        .map(drop)
    }

    fn needs_root(&self) -> bool {
        self.root.load(Ordering::Relaxed)
    }

    fn remember_root(&self) {
        self.root.store(true, Ordering::Relaxed);
    }

    async fn shut(&self) -> Result<(), Fault> {
        self.gate.close(PATIENCE).await;
        let worlds =
            std::mem::take(&mut *self.worlds.lock().unwrap_or_else(PoisonError::into_inner));
        let standing: Vec<_> = worlds.iter().filter_map(Weak::upgrade).collect();
        let fallen = join_all(standing.iter().map(|world| world.fall(false)));
        let lowered = async {
            match self.ground.get() {
                Some(Ok(ground)) => ground.postgres.lower().await,
                _ => Ok(()),
            }
        };
        let (fallen, lowered) = tokio::join!(fallen, lowered);
        // Also ends what a world that was still on its way up has started.
        sweep::end(&self.engine, &self.name).await?;
        let run = Arc::clone(&self.run);
        tokio::task::spawn_blocking(move || run.end(PATIENCE))
            .await
            .doing("ending the run")??;
        fallen.into_iter().chain([lowered]).collect()
    }
}

impl Runtime for DockerRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Docker
    }

    fn why(&self) -> &str {
        self.said.get().unwrap_or(&self.why)
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
            // All else comes up while the image is built; if it cannot, the fault comes with the first world.
            let (image, _) = tokio::join!(self.of(false), self.ground());
            Ok(image?.1.built.clone())
        };
        self.gate.pass(both).boxed()
    }

    fn raise<'a>(&'a self, spec: &'a WorldSpec) -> BoxFuture<'a, Result<World, Trouble>> {
        self.gate.pass(self.put_up(spec)).boxed()
    }

    fn holds(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.hold().boxed()
    }

    fn door<'a>(&'a self, name: &'a str, port: u16) -> BoxFuture<'a, Result<Door, Trouble>> {
        let opened = async move {
            let ground = self.ground().await?;
            let door = door::open(&self.engine, (&ground.tools, &self.name), name, port).await?;
            Ok(door)
        };
        self.gate.pass(opened).boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.shut().boxed()
    }
}
