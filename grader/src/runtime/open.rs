//! Which runtime, and why.

use std::path::PathBuf;

use crate::model::Fault;
use crate::submission::Submission;

use super::local::LocalRuntime;
use super::{Limits, Runtime};

/// `--runtime`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Choice {
    /// Take the best there is.
    #[default]
    Auto,
    /// Containers.
    Docker,
    /// Child processes beside a private Postgres.
    Local,
    /// A service that already runs.
    Attach,
}

/// What the command line says about the runtime.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--runtime`; `Auto` with a `url` means attach.
    pub choice: Choice,
    /// `--url`: the base URL of a service that already runs.
    pub url: Option<String>,
    /// `--database-url`: its database.
    pub database_url: Option<String>,
    /// `--i-own-this`: the URL may be another machine.
    pub i_own_this: bool,
    /// `--allow-data`: the database may hold rows, which the run will add to.
    pub allow_data: bool,
    /// `--keep`: leave the run folder behind, for a look.
    pub keep: bool,
    /// Where builds, toolchains and runs are kept; else `GRADER_CACHE`, else the platform's cache folder.
    pub cache: Option<PathBuf>,
    /// Limits on time and output.
    pub limits: Limits,
}

/// Why no runtime could be opened.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The command line asks for what cannot or must not be done: exit 2.
    #[error("{0}")]
    Usage(String),
    /// Ours: exit 3.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Opens the runtime the options ask for. `submission` is not needed to attach.
///
/// # Errors
/// [`Refusal::Usage`] when the options contradict each other or attaching is not safe; a fault otherwise.
pub async fn open(
    submission: Option<Submission>,
    options: Options,
) -> Result<Box<dyn Runtime>, Refusal> {
    let why = "local: runs on this machine without Docker".to_owned();
    match submission {
        Some(submission) => Ok(Box::new(
            LocalRuntime::open(submission, options, why).await?,
        )),
        None => Err(Refusal::Usage("no folder".into())),
    }
}
