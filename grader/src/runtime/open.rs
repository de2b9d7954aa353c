//! Which runtime, and why.

use std::path::PathBuf;

use crate::model::{Fault, RuntimeKind};
use crate::submission::Submission;

use super::attach::Attach;
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
    let usage = |text: &str| Refusal::Usage(text.to_owned());
    let local = |why: &str| match submission {
        Some(submission) if submission.start(RuntimeKind::Local).is_none() => Err(usage(
            "a Dockerfile alone says nothing about how to start the service without Docker\n  \
             try: add a Procfile with a `web:` line",
        )),
        Some(submission) => Ok(LocalRuntime::open(
            submission,
            options.clone(),
            why.to_owned(),
        )),
        None => Err(usage(
            "there is no folder to raise\n  try: name the folder of the service, or attach to it with --url",
        )),
    };
    match (options.choice, &options.url) {
        (Choice::Auto | Choice::Attach, Some(url)) => {
            Ok(Box::new(Attach::open(url, &options).await?))
        }
        (Choice::Attach, None) => Err(usage(
            "--runtime attach needs the service's address\n  try: --url http://127.0.0.1:8080",
        )),
        (Choice::Docker | Choice::Local, Some(_)) => Err(usage(
            "--url names a service that already runs; only --runtime attach (or auto) can use it",
        )),
        (_, None) if options.database_url.is_some() => Err(usage(
            "--database-url goes with --url; a service the grader starts gets a database of its own",
        )),
        (Choice::Docker, None) => Err(usage(
            "this version of the grader has no docker runtime yet\n  try: --runtime local, for code you trust",
        )),
        (Choice::Auto, None) => Ok(Box::new(
            local("runs on this machine without Docker")?.await?,
        )),
        (Choice::Local, None) => Ok(Box::new(local("asked for")?.await?)),
    }
}
