//! Raising one world.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError};

use futures::future::try_join_all;

use super::DockerRuntime;
use super::host::{Docked, Handle};
use super::postgres::Postgres;
use super::release::Release;
use super::replica::Replica;
use super::site::{Command, RunAs, Site};
use crate::model::{Fault, RuntimeKind};
use crate::runtime::machine::cache::make;
use crate::runtime::output::Log;
use crate::runtime::postgres::Power;
use crate::runtime::ready::Asker;
use crate::runtime::{BootStory, Phase, Trouble, World, WorldSpec};
use crate::submission::Submission;

impl DockerRuntime {
    /// Makes the database, runs the release, starts every replica. An image that names no user is tried as somebody
    /// in root's place first; where that is why it does not come up, it gets root, without root's powers.
    pub(super) async fn put_up(&self, spec: &WorldSpec) -> Result<World, Trouble> {
        let (_, image) = self.of(spec.tracked).await?;
        let run_as = match image.is_root && !self.needs_root() {
            true => RunAs::Somebody,
            false => RunAs::Image,
        };
        match self.stand_up(spec, run_as).await {
            Err(Trouble::Story(story)) if run_as == RunAs::Somebody && wants_root(&story) => {
                let world = self.stand_up(spec, RunAs::Image).await?;
                self.remember_root();
                Ok(world)
            }
            other => other,
        }
    }

    async fn stand_up(&self, spec: &WorldSpec, run_as: RunAs) -> Result<World, Trouble> {
        let (submission, image) = self.of(spec.tracked).await?;
        let ground = self.ground().await?;
        let postgres = match spec.own_cluster {
            true => Arc::new(self.own_postgres(ground).await?),
            false => Arc::clone(&ground.postgres),
        };
        let database = postgres.server().create_database(&spec.name).await?;
        let mut variables = spec.env.clone();
        variables.insert(spec.database_var.clone(), database.service_url.clone());
        let site = Arc::new(Site {
            engine: self.engine.clone(),
            spec: spec.clone(),
            asker: Asker::new(&spec.ready, "http:")?,
            run: self.name.clone(),
            network: self.name.clone(),
            image: image.id.clone(),
            volumes: image.volumes.clone(),
            tools: ground.tools.clone(),
            command: command(submission, &image.command),
            variables,
            run_as,
            limits: self.options.limits,
            v6: ground.may_have_v6,
            oci_runtime: self.options.oci_runtime.clone(),
        });
        let release = self.release(submission)?;
        let release_seconds = match &release {
            Some(release) => Some(release.run(&site, "release").await?),
            None => None,
        };
        let docked = Arc::new(Docked {
            replicas: self.replicas(&site, ground).await?,
            database: database.clone(),
            postgres: Arc::clone(&postgres),
            release,
            release_seconds,
            keep: self.options.keep,
            lowered: AtomicBool::new(false),
            site,
        });
        self.worlds
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(&docked));
        if let Err(trouble) = docked.up().await {
            docked.fall(true).await?;
            return Err(trouble);
        }
        let power = spec.own_cluster.then_some(postgres as Arc<dyn Power>);
        Ok(World::new(
            spec.clone(),
            Some(database),
            power,
            Box::new(Handle(docked)),
        ))
    }

    async fn replicas(
        &self,
        site: &Arc<Site>,
        ground: &super::ground::Ground,
    ) -> Result<Vec<Replica>, Fault> {
        let one = async |index: usize| {
            let log = Arc::new(self.log(&format!("{}.{index}", site.spec.name))?);
            let lane = ground.relays.to_service().await?;
            let tag = uuid::Uuid::new_v4().simple().to_string();
            let name = format!("{}-{}-{index}-{}", self.name, site.spec.name, &tag[..4]);
            Replica::make(site, &name, lane, log).await
        };
        try_join_all((0..site.spec.replicas.max(1)).map(one)).await
    }

    async fn own_postgres(&self, ground: &super::ground::Ground) -> Result<Postgres, Fault> {
        let lane = ground.relays.to_postgres().await?;
        let name = lane.name.clone();
        Postgres::start(
            &self.engine,
            &ground.baked,
            (&self.name, &name),
            async { Ok(lane) },
            &self.options.limits,
            true,
        )
        .await
    }

    fn release(&self, submission: &Submission) -> Result<Option<Release>, Fault> {
        let line = match submission.dockerfile {
            true => submission.config.docker.release(),
            false => submission.release(RuntimeKind::Docker).map(|(c, _)| c),
        };
        let release = |line: &str| {
            Ok(Release {
                line: line.to_owned(),
                logs: self.logs()?,
            })
        };
        line.map(release).transpose()
    }

    fn log(&self, name: &str) -> Result<Log, Fault> {
        let path = self.logs()?.join(format!("{name}.log"));
        Log::create(&path, self.options.limits.log_bytes)
    }

    /// The folder of the run's logs.
    pub(super) fn logs(&self) -> Result<PathBuf, Fault> {
        let logs = self.run.folder.join("logs");
        make(&logs)?;
        Ok(logs)
    }
}

/// How the service is started: by the learner's own Dockerfile, unless `grader.toml` says otherwise for docker;
/// without a Dockerfile, as on any runtime.
fn command(submission: &Submission, of_image: &str) -> Command {
    let own = match submission.dockerfile {
        true => submission.config.docker.start(),
        false => submission.start(RuntimeKind::Docker).map(|(c, _)| c),
    };
    match own {
        Some(line) => Command::Line(line.to_owned()),
        None => Command::OfImage(of_image.to_owned()),
    }
}

/// Whether a service that did not come up may have missed what only root may do.
fn wants_root(story: &BootStory) -> bool {
    const SAYS: [&str; 5] = [
        "permission denied",
        "eacces",
        "operation not permitted",
        "eperm",
        "must be root",
    ];
    let denied = |line: &String| {
        let line = line.to_lowercase();
        SAYS.iter().any(|says| line.contains(says))
    };
    let ended = matches!(story.phase, Phase::Release | Phase::Start);
    ended && story.exit.is_some() || story.log_tail.iter().any(denied)
}
