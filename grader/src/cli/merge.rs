//! `grader merge`: the results of several shards in one folder.

use std::path::PathBuf;

use clap::Args;

use super::cohort;
use super::stop::Stop;
use crate::cohort::{Store, StoreProblem, merge as merged};
use crate::model::{CheckIndex, Exit};

/// What `grader merge` takes.
#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// Folders that `grader batch --out` wrote
    #[arg(required = true, value_name = "OUT")]
    outs: Vec<PathBuf>,
    /// Where the results of all of them go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the verb.
pub(super) fn merge(args: &MergeArgs, index: &CheckIndex) -> Exit {
    let stopped = |problem| Stop::from(problem).said();
    done(args, index).unwrap_or_else(stopped)
}

fn done(args: &MergeArgs, index: &CheckIndex) -> Result<Exit, StoreProblem> {
    let real = |path: &PathBuf| path.canonicalize().ok();
    if let Some(into) = real(&args.out)
        && args
            .outs
            .iter()
            .any(|out| real(out).as_ref() == Some(&into))
    {
        return Err(StoreProblem::Usage(format!(
            "{} is one of the folders to be merged\n  try: name another one as --out",
            args.out.display()
        )));
    }
    let store = Store::open(&args.out)?;
    let rows = merged(&args.outs, &store)?;
    Ok(cohort::conclude(&rows, store.folder(), index)?)
}
