//! Building a submission once: the result is kept by content, so that the same folder is never built twice.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::cargo;
use super::outside::outside;
use super::plan::{self, Plan, Step};
use super::process::{Launch, Process};
use super::shelf::{Claim, claim, mark};
use super::venv::Venv;
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
const FORMAT: &str = "2";

/// A built submission in the cache. It stays as long as this is held.
#[derive(Debug)]
pub(crate) struct Product {
    /// The folder worlds are copied from.
    pub(crate) app: PathBuf,
    pub(crate) built: Built,
    _share: Held,
    _venv: Option<Venv>,
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
        let venv = Venv::take(self, plan.as_ref()).await?;
        let place = self.cache.folder("builds")?.join(self.key(plan.as_ref()));
        let (app, ready) = (place.join("app"), place.join("ready"));
        let (share, mut log_tail) = (claim(&place).await?, Vec::new());
        let (cached, share) = match share {
            Claim::Ready(share) => (true, share),
            Claim::Ours(held) => {
                shut::remove(&place)?;
                make(&place)?;
                self.packages.settle(&place)?;
                log_tail = self.make(plan.as_ref(), venv.as_ref(), &app).await?;
                mark(&ready)?;
                (false, lock::soften(held)?)
            }
        };
        mark(&ready)?;
        let built = Built {
            command: plan.as_ref().map(Plan::command),
            from: plan.map(|plan| plan.from()),
            cached,
            seconds: begun.elapsed().as_secs_f64(),
            log_tail,
            made: None,
        };
        Ok(Product {
            app,
            built,
            _share: share,
            _venv: venv,
        })
    }

    /// Equal keys, equal builds: content, command, tools, user, and whose package caches were believed.
    fn key(&self, plan: Option<&Plan>) -> String {
        let steps = plan.map(|plan| plan.steps.as_slice()).unwrap_or_default();
        let mut fields = vec![self.submission.digest.clone()];
        fields.extend(steps.iter().map(|step| step.command.clone()));
        fields.extend(steps.iter().flat_map(|step| self.tools(step.tools)));
        self.name(&self.packages.whose, &fields)
    }

    /// The name of a place in the cache for what this user's builds make of these fields.
    pub(super) fn name(&self, whose: &str, fields: &[String]) -> String {
        let mut hash = Sha256::new();
        let uid = self.run_as.uid.to_string();
        let fields = fields.iter().map(String::as_str);
        for field in [FORMAT, &uid, whose].into_iter().chain(fields) {
            hash.update((field.len() as u64).to_le_bytes());
            hash.update(field);
        }
        let digest = hash.finalize();
        let bytes = digest.iter().take(16);
        bytes.map(|byte| format!("{byte:02x}")).collect()
    }

    /// What tells the versions of these tools; nothing where one is missing.
    pub(super) fn tools(&self, names: &[&str]) -> Vec<String> {
        let path = self.environment.path(Path::new("/nowhere"));
        let identity = |name: &&str| tools::find(name, &path).map(|tool| tools::identity(&tool));
        names
            .iter()
            .map(|name| identity(name).unwrap_or_default())
            .collect()
    }

    /// Copies the submission and runs the steps in the copy, but for the one that a kept virtual environment spares.
    async fn make(
        &self,
        plan: Option<&Plan>,
        venv: Option<&Venv>,
        app: &Path,
    ) -> Result<Vec<String>, Trouble> {
        let steps = plan.map(|plan| plan.steps.as_slice()).unwrap_or_default();
        let left: Vec<&Step> = (steps.iter())
            .filter(|step| !venv.is_some_and(|venv| venv.spares(step)))
            .collect();
        let target = cargo::Target::take(self).await?;
        let (submission, to, run_as) =
            (self.submission.clone(), app.to_owned(), self.run_as.clone());
        blocking(move || copy::submission(&submission, &to, &run_as)).await?;
        if let Some(venv) = venv {
            venv.link(app, self.run_as)?;
        }
        if let (Some(target), false) = (&target, left.is_empty()) {
            target.link(app, self.run_as).await?;
        }
        copy::hand_over(app, self.run_as)?;
        let tail = match left.is_empty() {
            true => Vec::new(),
            false => self.run(&left, app, "build").await?,
        };
        self.close_off(app).await?;
        if let (Some(target), false) = (&target, left.is_empty()) {
            target.collect(app, self.run_as)?;
        }
        Ok(tail)
    }

    /// Takes back what somebody else has built.
    pub(super) async fn close_off(&self, built: &Path) -> Result<(), Fault> {
        if !self.run_as.other {
            return Ok(());
        }
        let (built, run_as) = (built.to_owned(), self.run_as.clone());
        blocking(move || shut::close_off(&built, &run_as)).await
    }

    /// Runs steps in a folder; gives the last lines of their output. `name` is the log's.
    pub(super) async fn run(
        &self,
        steps: &[&Step],
        folder: &Path,
        name: &str,
    ) -> Result<Vec<String>, Trouble> {
        let begun = Instant::now();
        let (command, from) = (
            plan::join(steps, |step| &step.command, " && "),
            plan::join(steps, |step| step.from, ", "),
        );
        let log = Arc::new(Log::create(
            &self.run.folder.join(format!("{name}.log")),
            self.limits.log_bytes,
        )?);
        let process = Process::spawn(Launch {
            command: &command,
            folder,
            variables: self
                .environment
                .build(self.packages, folder, &self.run.home())?,
            run_as: self.run_as,
            mark: format!("{}.{name}", self.run.id),
            log: log.clone(),
        })?;
        let ended = tokio::time::timeout(self.limits.build, process.wait()).await;
        // Also ends what the build left running.
        process.end(std::time::Duration::ZERO).await?;
        let telling = || Telling {
            phase: Phase::Build,
            command: &command,
            waited_for: format!(
                "the build command (from {from}) to end with exit code 0, within {} s",
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
