//! Building a submission once: the result is kept by content, so that the same folder is never built twice.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::cargo;
use super::outside::outside;
use super::plan::{self, Plan};
use super::process::{Launch, Process};
use super::shelf::{Claim, claim, mark};
use crate::model::Fault;
use crate::runtime::machine::cache::{Cache, make};
use crate::runtime::machine::environment::Environment;
use crate::runtime::machine::lock::{self, Held};
use crate::runtime::machine::packages::Packages;
use crate::runtime::machine::sweep::Run;
use crate::runtime::machine::user::RunAs;
use crate::runtime::machine::{copy, shut, tools};
use crate::runtime::output::Log;
use crate::runtime::telling::Telling;
use crate::runtime::{Built, Limits, Phase, Trouble};
use crate::submission::Submission;

/// Lines of the build's output kept in [`Built`].
const TAIL: usize = 20;

/// Bumped when what a build leaves behind changes.
const FORMAT: &str = "1";

/// A built submission in the cache. It stays as long as this is held.
#[derive(Debug)]
pub(crate) struct Product {
    /// The folder worlds are copied from.
    pub(crate) app: PathBuf,
    pub(crate) built: Built,
    _share: Held,
}

/// All a build needs to know.
pub(crate) struct Build<'a> {
    pub(crate) submission: &'a Submission,
    pub(crate) cache: &'a Cache,
    pub(crate) run: &'a Run,
    pub(crate) run_as: &'a RunAs,
    pub(crate) packages: &'a Packages,
    pub(crate) environment: &'a Environment,
    pub(crate) limits: Limits,
}

impl Build<'_> {
    /// Builds, or finds the earlier build.
    pub(crate) async fn go(&self) -> Result<Product, Trouble> {
        let begun = Instant::now();
        let plan = plan::plan(self.submission);
        let place = self.cache.folder("builds")?.join(self.key(plan.as_ref()));
        let (app, ready) = (place.join("app"), place.join("ready"));
        let (share, mut log_tail) = (claim(&place).await?, Vec::new());
        let (cached, share) = match share {
            Claim::Ready(share) => (true, share),
            Claim::Ours(held) => {
                shut::remove(&place)?;
                make(&place)?;
                self.packages.settle(&place)?;
                log_tail = self.make(plan.as_ref(), &app).await?;
                mark(&ready)?;
                (false, lock::soften(held)?)
            }
        };
        mark(&ready)?;
        let built = Built {
            command: plan.as_ref().map(|plan| plan.command.clone()),
            from: plan.map(|plan| plan.from),
            cached,
            seconds: begun.elapsed().as_secs_f64(),
            log_tail,
            made: None,
        };
        Ok(Product {
            app,
            built,
            _share: share,
        })
    }

    /// Equal keys, equal builds: content, command, tools, user, and whose package caches were believed.
    fn key(&self, plan: Option<&Plan>) -> String {
        let mut hash = Sha256::new();
        let mut field = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        };
        field(FORMAT);
        field(&self.submission.digest);
        field(&self.run_as.uid.to_string());
        field(&self.packages.whose);
        let path = self.environment.path(Path::new("/nowhere"));
        if let Some(plan) = plan {
            field(&plan.command);
            for tool in &plan.tools {
                field(
                    &tools::find(tool, &path)
                        .map(|t| tools::identity(&t))
                        .unwrap_or_default(),
                );
            }
        }
        hash.finalize()
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Copies the submission and runs the command in the copy.
    async fn make(&self, plan: Option<&Plan>, app: &Path) -> Result<Vec<String>, Trouble> {
        let target = cargo::Target::take(self).await?;
        let (submission, to, run_as) =
            (self.submission.clone(), app.to_owned(), self.run_as.clone());
        blocking(move || copy::submission(&submission, &to, &run_as)).await?;
        if let (Some(target), Some(_)) = (&target, plan) {
            target.link(app, self.run_as).await?;
        }
        copy::hand_over(app, self.run_as)?;
        let tail = match plan {
            Some(plan) => self.run(plan, app).await?,
            None => Vec::new(),
        };
        if self.run_as.other {
            let (app, run_as) = (app.to_owned(), self.run_as.clone());
            blocking(move || shut::close_off(&app, &run_as)).await?;
        }
        if let (Some(target), Some(_)) = (&target, plan) {
            target.collect(app, self.run_as)?;
        }
        Ok(tail)
    }

    async fn run(&self, plan: &Plan, app: &Path) -> Result<Vec<String>, Trouble> {
        let begun = Instant::now();
        let log = Arc::new(Log::create(
            &self.run.folder.join("build.log"),
            self.limits.log_bytes,
        )?);
        let process = Process::spawn(Launch {
            command: &plan.command,
            folder: app,
            variables: self
                .environment
                .build(self.packages, app, &self.run.home())?,
            run_as: self.run_as,
            mark: format!("{}.build", self.run.id),
            log: log.clone(),
        })?;
        let ended = tokio::time::timeout(self.limits.build, process.wait()).await;
        // Also ends what the build left running.
        process.end(std::time::Duration::ZERO).await?;
        let telling = || Telling {
            phase: Phase::Build,
            command: &plan.command,
            waited_for: format!(
                "the build command (from {}) to end with exit code 0, within {} s",
                plan.from,
                self.limits.build.as_secs()
            ),
            log: log.tail(usize::MAX),
            begun,
        };
        match ended {
            Ok(crate::runtime::Exited::Code(0)) => Ok(log.tail(TAIL)),
            Ok(exit) => Err(match outside(&log.tail(usize::MAX)) {
                Some(fault) => fault.into(),
                None => telling().ended(exit).into(),
            }),
            Err(_) => Err(telling().too_slow().into()),
        }
    }
}

/// Runs what blocks off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Fault::new("working in the background", error)))
}
