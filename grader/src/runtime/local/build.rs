//! Building a submission once: the result is kept by content, so that the same folder is never built twice.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use sha2::{Digest, Sha256};

use super::cargo;
use super::output::Log;
use super::plan::{self, Plan};
use super::process::{Launch, Process};
use super::story::Telling;
use crate::model::Fault;
use crate::runtime::machine::cache::{Cache, disk, make};
use crate::runtime::machine::environment::Environment;
use crate::runtime::machine::lock::{self, Held};
use crate::runtime::machine::sweep::Run;
use crate::runtime::machine::user::RunAs;
use crate::runtime::machine::{copy, tools};
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
                copy::remove(&place)?;
                make(&place)?;
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
        };
        Ok(Product {
            app,
            built,
            _share: share,
        })
    }

    /// Equal keys, equal builds: content, command, tools, user.
    fn key(&self, plan: Option<&Plan>) -> String {
        let mut hash = Sha256::new();
        let mut field = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        };
        field(FORMAT);
        field(&self.submission.digest);
        field(&self.run_as.uid.to_string());
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
        let target =
            cargo::Target::take(self.submission, self.cache, self.run_as, self.environment).await?;
        let (submission, to, run_as) =
            (self.submission.clone(), app.to_owned(), self.run_as.clone());
        blocking(move || copy::submission(&submission, &to, &run_as)).await?;
        let mut tail = Vec::new();
        if let Some(plan) = plan {
            if let Some(target) = &target {
                target.link(app, self.run_as)?;
            }
            tail = self.run(plan, app).await?;
            if let Some(target) = &target {
                target.collect(app, self.run_as)?;
            }
        }
        if self.run_as.other {
            let app = app.to_owned();
            blocking(move || copy::close_off(&app)).await?;
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
            variables: self.environment.build(app, &self.run.home())?,
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
            Ok(exit) => Err(telling().ended(exit).into()),
            Err(_) => Err(telling().too_slow().into()),
        }
    }
}

/// Says that the build is whole, and used just now: the oldest are removed first.
fn mark(ready: &Path) -> Result<(), Fault> {
    std::fs::write(ready, "").map_err(|error| disk("keeping the build", ready, &error))
}

/// What a build finds when it comes to its place.
enum Claim {
    /// It is built, and stays so while the share is held.
    Ready(Held),
    /// Nobody has built it; nobody else does while the lock is held.
    Ours(Held),
}

/// Claims the place. Runs hold a share for as long as they last, so nobody may wait to have it alone: who finds
/// it neither built nor free waits for the builder by asking for a share again.
async fn claim(place: &Path) -> Result<Claim, Fault> {
    let (gate, ready) = (place.with_extension("lock"), place.join("ready"));
    blocking(move || {
        loop {
            let share = lock::share(&gate)?;
            if ready.is_file() {
                return Ok(Claim::Ready(share));
            }
            drop(share);
            if let Some(held) = lock::take(&gate)?
                && !ready.is_file()
            {
                return Ok(Claim::Ours(held));
            }
        }
    })
    .await
}

/// Runs what blocks off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Fault::new("working in the background", error)))
}

/// Removes builds beyond the newest `keep` and those not used since `oldest`; never one in use. Blocks.
pub(crate) fn prune(cache: &Cache, keep: usize, oldest: SystemTime) -> Result<(), Fault> {
    for folder in ["builds", "cargo-target"] {
        let places = cache.folder(folder)?;
        let entries =
            std::fs::read_dir(&places).map_err(|e| Fault::new("looking for old builds", e))?;
        let mut found: Vec<(SystemTime, PathBuf)> = (entries.flatten().map(|entry| entry.path()))
            .filter(|path| path.is_dir())
            .map(|path| (used(&path), path))
            .collect();
        found.sort_by(|a, b| b.cmp(a));
        let old = found
            .into_iter()
            .enumerate()
            .filter(|(n, (at, _))| *n >= keep || *at < oldest);
        for (_, (_, place)) in old {
            if let Some(_held) = lock::take(&place.with_extension("lock"))? {
                copy::remove(&place)?;
            }
        }
    }
    Ok(())
}

/// When a build was last used; a half-made one was never.
fn used(place: &Path) -> SystemTime {
    let time = std::fs::metadata(place.join("ready")).and_then(|about| about.modified());
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}
