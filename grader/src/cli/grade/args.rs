//! The command line of `grader grade`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::super::asked;
use crate::model::{CheckIndex, Shows};
use crate::pack::Pack;
use crate::report::Target;
use crate::run::Settings;
use crate::runtime::{Choice, Limits, Options};

/// What `grader grade` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct GradeArgs {
    /// The folder of the service
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
    /// The project it answers: an id, or the folder of a pack
    #[arg(long, value_name = "ID|PATH")]
    pub(super) project: Option<String>,
    /// A folder of packs to look in first
    #[arg(long, value_name = "DIR")]
    pub(super) packs: Option<PathBuf>,
    /// How the service is raised
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) runtime: RuntimeArg,
    /// Ask a service that already runs at this address
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// The database of the service that already runs
    #[arg(long, value_name = "URL", requires = "url")]
    pub(super) database_url: Option<String>,
    /// The address is another machine, and I may ask it anything
    #[arg(long, requires = "url")]
    pub(super) i_own_this: bool,
    /// The database holds data, and I do not mind more of it
    #[arg(long, requires = "url")]
    pub(super) allow_data: bool,
    /// What a submission may use, for instance memory=512MiB (repeatable); before what the project says
    #[arg(long, value_name = "NAME=VALUE", value_parser = asked::limit)]
    pub(super) limit: Vec<asked::Limit>,
    /// In containers: what runs the service's, instead of the engine's default; runsc for instance
    #[arg(long, value_name = "NAME")]
    pub(super) oci_runtime: Option<String>,
    /// In containers: go on where the service's network is found not to be sealed
    #[arg(long)]
    pub(super) allow_unsealed: bool,
    /// Ask only this check, and what it stands on (repeatable)
    #[arg(long, value_name = "CHECK")]
    pub(super) only: Vec<String>,
    /// Ask only the checks of this stage, and what they stand on
    #[arg(long, value_name = "STAGE")]
    pub(super) stage: Option<String>,
    /// The same seed asks the same questions
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// How many copies of the service may run at once beside those that checks share
    #[arg(long, default_value_t = 2, value_parser = asked::jobs)]
    pub(super) jobs: usize,
    /// Leave the service up after the report, until Ctrl-C
    #[arg(long)]
    pub(super) keep: bool,
    /// The longest the whole run may take, in seconds
    #[arg(long, value_name = "S", default_value_t = 1800, value_parser = asked::seconds)]
    pub(super) timeout: u64,
    /// Where attempts are kept, for `2 fixed, 1 still open` and plainer hints: a file, or `none` (default:
    /// .grader/ledger.json beside the service)
    #[arg(long, value_name = "FILE", env = "GRADER_LEDGER", hide_env = true)]
    pub(super) ledger: Option<String>,
    /// What the instructor decided otherwise, and what is pinned for the term
    #[arg(long, value_name = "FILE")]
    pub(super) overrides: Option<PathBuf>,
    /// What the report calls the submission (default: the folder's name)
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Take no pack that the submission brings: for whoever grades others
    #[arg(long)]
    pub(super) no_own_pack: bool,
    /// Another grader started this one: end when standard input does
    #[arg(long, hide = true)]
    pub(super) supervised: bool,
    /// Tell this much of what is found, whatever the project says: everything, findings, titles or first-failure.
    /// Attempts are kept only where --ledger says so then
    #[arg(long, value_name = "HOW-MUCH", value_parser = asked::shows)]
    pub(super) show: Option<Shows>,
    /// Write a report to a file (repeatable): json, junit, markdown, html, sarif, gradescope, classroom50, classroom,
    /// prairielearn, autolab, annotations or csv. A run that is cut short leaves what was judged by then
    #[arg(long, value_name = "FORMAT=PATH")]
    pub(super) report: Vec<Target>,
}

/// `--runtime`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum RuntimeArg {
    /// The best there is
    Auto,
    /// Containers
    Docker,
    /// Child processes beside a private Postgres
    Local,
    /// A service that already runs (`--url`)
    Attach,
}

impl From<RuntimeArg> for Choice {
    fn from(arg: RuntimeArg) -> Self {
        match arg {
            RuntimeArg::Auto => Self::Auto,
            RuntimeArg::Docker => Self::Docker,
            RuntimeArg::Local => Self::Local,
            RuntimeArg::Attach => Self::Attach,
        }
    }
}

impl GradeArgs {
    /// What is asked, and how long it may take.
    pub(super) fn settings(&self, index: &CheckIndex) -> Result<Settings, String> {
        Ok(Settings {
            selection: asked::selection(&self.only, self.stage.as_deref(), index)?,
            seed: self.seed,
            jobs: self.jobs,
            run_limit: Duration::from_secs(self.timeout),
            ..Settings::default()
        })
    }

    /// How the service is raised.
    pub(super) fn options(&self, pack: &Pack) -> Options {
        let limits = Limits::default().bounded(&pack.limits);
        Options {
            // Whoever runs the grader knows their machine better than the project does.
            limits: self
                .limit
                .iter()
                .fold(limits, |l, asked| l.bounded(&asked.0)),
            postgres: pack.service.postgres,
            oci_runtime: self.oci_runtime.clone(),
            allow_unsealed: self.allow_unsealed,
            choice: self.runtime.into(),
            url: self.url.clone(),
            database_url: self.database_url.clone(),
            i_own_this: self.i_own_this,
            allow_data: self.allow_data,
            keep: self.keep,
            ..Options::default()
        }
    }
}
