//! A virtual environment that outlives the build, so that an edit of the service installs no package again.
//!
//! It depends on the list of packages alone, and is used only where that list says so: a line with an option, a path
//! or an address may mean something else beside another submission's files. What is kept is kept for one submission's
//! folder, since a plain user's service can write to it; folders share it only by request
//! ([package caches](crate::runtime::machine::packages)). Builds link to it, as worlds do to what a build made: its
//! scripts hold its place.

use std::path::{Path, PathBuf};

use super::build::Build;
use super::plan::{Plan, REQUIREMENTS, Step};
use super::shelf::{Claim, claim, mark};
use crate::model::Fault;
use crate::runtime::Trouble;
use crate::runtime::machine::cache::{disk, make};
use crate::runtime::machine::lock::{self, Held};
use crate::runtime::machine::user::RunAs;
use crate::runtime::machine::{copy, shut};
use crate::runtime::requirements;

/// The folder in the cache with the environments.
pub(super) const PLACES: &str = "environments";
/// Where a virtual environment stands in a submission.
const VENV: &str = ".venv";

/// A virtual environment in the cache. It stays as long as this is held.
#[derive(Debug)]
pub(super) struct Venv {
    folder: PathBuf,
    _share: Held,
}

impl Venv {
    /// The environment this plan asks for, made where nobody has; none where it depends on more than its list.
    pub(super) async fn take(
        build: &Build<'_>,
        plan: Option<&Plan>,
    ) -> Result<Option<Self>, Trouble> {
        let steps = plan.map(|plan| plan.steps.as_slice()).unwrap_or_default();
        let Some(step) = steps.iter().find(|step| step.from == REQUIREMENTS) else {
            return Ok(None);
        };
        let list = std::fs::read(build.submission.root.join(REQUIREMENTS));
        let Some(list) = list.ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
            return Ok(None);
        };
        if !requirements::stands_alone(&list) {
            return Ok(None);
        }
        let mut fields = vec![step.command.clone(), list.clone()];
        fields.extend(build.tools(step.tools));
        fields.extend(build.environment.said_to("pip_"));
        let name = build.name(&build.packages.apart, &fields);
        let place = build.cache.folder(PLACES)?.join(name);
        let share = match claim(&place).await? {
            Claim::Ready(share) => share,
            Claim::Ours(held) => {
                fill(build, step, &place, &list).await?;
                lock::soften(held)?
            }
        };
        mark(&place.join("ready"))?;
        Ok(Some(Self {
            folder: place.join("app").join(VENV),
            _share: share,
        }))
    }

    /// Whether this step need not be run where the environment is [linked](Self::link).
    pub(super) fn spares(&self, step: &Step) -> bool {
        step.from == REQUIREMENTS
    }

    /// Puts it into a copy of the submission that is not handed over yet.
    pub(super) fn link(&self, app: &Path, run_as: &RunAs) -> Result<(), Fault> {
        copy::link(&self.folder, &app.join(VENV), run_as)
    }
}

/// Installs what the list says in a folder that holds nothing else.
async fn fill(build: &Build<'_>, step: &Step, place: &Path, list: &str) -> Result<(), Trouble> {
    shut::remove(place)?;
    let app = place.join("app");
    make(&app)?;
    build.packages.settle(place)?;
    let path = app.join(REQUIREMENTS);
    std::fs::write(&path, list).map_err(|e| disk("keeping a virtual environment", &path, &e))?;
    build.run_as.own(&path)?;
    copy::hand_over(&app, build.run_as)?;
    build.run(&[step], &app, "packages").await?;
    build.close_off(&app).await?;
    Ok(())
}
