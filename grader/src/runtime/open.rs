//! Which runtime, and why.

use std::path::PathBuf;

use crate::model::{Fault, RuntimeKind};
use crate::submission::Submission;

use super::attach::Attach;
use super::docker::DockerRuntime;
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
    /// Limits on time, output and, in containers, all else.
    pub limits: Limits,
    /// `--oci-runtime`: what runs the service's containers instead of the engine's default, `runsc` for instance.
    pub oci_runtime: Option<String>,
    /// `--allow-unsealed`: go on where the service's network turns out not to be sealed.
    pub allow_unsealed: bool,
    /// Leaves the network of the containers open on purpose: for the test of the seal's own proof.
    pub leave_open: bool,
    /// The major version of Postgres wanted in containers; none: 17, or what is there.
    pub postgres: Option<u32>,
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
        (choice, None) => {
            let submission = submission.ok_or_else(|| {
                usage(
                    "there is no folder to raise\n  try: name the folder of the service, or attach to it with --url",
                )
            })?;
            match choice {
                Choice::Docker => Ok(Box::new(
                    DockerRuntime::open(submission, options, "asked for").await?,
                )),
                Choice::Local => local(submission, options, "asked for").await,
                Choice::Auto | Choice::Attach => auto(submission, options).await,
            }
        }
    }
}

/// Docker where it can be had, else this machine; why is the first line of the report.
async fn auto(submission: Submission, options: Options) -> Result<Box<dyn Runtime>, Refusal> {
    let docker = async {
        let docker =
            DockerRuntime::open(submission.clone(), options.clone(), "an engine answers").await?;
        match docker.has_images().await {
            Ok(()) => Ok(docker),
            Err(fault) => {
                docker.close().await?;
                Err(fault)
            }
        }
    };
    match docker.await {
        Ok(docker) => Ok(Box::new(docker)),
        Err(fault) => {
            let why = format!("runs on this machine without Docker: {}", fault.cause);
            local(submission, options, &why).await
        }
    }
}

async fn local(
    submission: Submission,
    options: Options,
    why: &str,
) -> Result<Box<dyn Runtime>, Refusal> {
    if submission.start(RuntimeKind::Local).is_none() {
        return Err(Refusal::Usage(
            "a Dockerfile alone says nothing about how to start the service without Docker\n  \
             try: add a Procfile with a `web:` line"
                .to_owned(),
        ));
    }
    let opened = LocalRuntime::open(submission, options, why.to_owned()).await?;
    Ok(Box::new(opened))
}
