//! Raising one world.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

use super::LocalRuntime;
use super::build::{Product, blocking};
use super::host::{Handle, Local};
use super::release::Release;
use super::replica::{Replica, Site};
use crate::model::{Fault, RuntimeKind};
use crate::runtime::machine::cache::make;
use crate::runtime::machine::copy;
use crate::runtime::output::Log;
use crate::runtime::postgres::{Cluster, Database, Power};
use crate::runtime::ready::Asker;
use crate::runtime::{BootStory, Trouble, World, WorldSpec};
use crate::submission::Submission;

impl LocalRuntime {
    /// Copies the build, makes the database, runs the release, starts every replica.
    pub(super) async fn put_up(&self, spec: &WorldSpec) -> Result<World, Trouble> {
        let (submission, product) = self.of(spec.tracked).await?;
        let Some((command, _)) = submission.start(RuntimeKind::Local) else {
            return Err(match spec.tracked {
                true => unstartable().into(),
                false => Trouble::Unsupported(
                    "a Dockerfile alone starts nothing without Docker: add a Procfile with a `web:` line".into(),
                ),
            });
        };
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
            asker: Asker::new(&spec.ready, "http:")?,
            app,
            command: command.to_owned(),
            variables,
            run_as: self.run_as.clone(),
            mark: format!("{}.{}", self.run.id, spec.name),
        });
        let release = self.release(submission)?;
        let release_seconds = match &release {
            Some(release) => Some(release.run(&site, "release").await?),
            None => None,
        };
        let local = Arc::new(Local {
            replicas: self.replicas(&site)?,
            database: database.clone(),
            cluster: cluster.clone(),
            home,
            since: SystemTime::now(),
            release,
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
        let power = spec.own_cluster.then_some(cluster as Arc<dyn Power>);
        Ok(World::new(
            spec.clone(),
            Some(database),
            power,
            Box::new(Handle(local)),
        ))
    }

    /// A story also says what was not copied: it may be what is missing.
    pub(super) fn annotate(&self, trouble: Trouble) -> Trouble {
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

    fn release(&self, submission: &Submission) -> Result<Option<Release>, Fault> {
        let Some((command, _)) = submission.release(RuntimeKind::Local) else {
            return Ok(None);
        };
        Ok(Some(Release {
            command: command.to_owned(),
            logs: self.logs()?,
            limits: self.options.limits,
        }))
    }

    fn replicas(&self, site: &Arc<Site>) -> Result<Vec<Replica>, Fault> {
        let one = |index| {
            let log = Arc::new(self.log(&format!("{}.{index}", site.spec.name))?);
            Ok(Replica::new(site.clone(), index, log))
        };
        (0..site.spec.replicas.max(1)).map(one).collect()
    }

    fn log(&self, name: &str) -> Result<Log, Fault> {
        let path = self.logs()?.join(format!("{name}.log"));
        Log::create(&path, self.options.limits.log_bytes)
    }

    fn logs(&self) -> Result<PathBuf, Fault> {
        let logs = self.run.folder.join("logs");
        make(&logs)?;
        Ok(logs)
    }
}

/// The folder says how the service is started, and Git does not track where.
fn unstartable() -> BootStory {
    BootStory::untold(
        "nothing that Git tracks says how to start the service",
        "a `web:` line in a tracked Procfile, or a start command in a tracked grader.toml",
        "git ls-files Procfile grader.toml",
        "let Git track it: `git add Procfile`",
    )
}
