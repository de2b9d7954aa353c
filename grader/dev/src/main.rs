//! `cargo dev`: what the maintainers of the grader need, and nobody else.

mod bench;
mod docs;
mod flaws;
mod matrix;
mod new_check;
mod new_flaw;
mod place;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The maintainers' tool.
#[derive(Debug, Parser)]
#[command(name = "cargo dev", version, about)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write the files of a new check, in the right shape and the right places
    NewCheck(new_check::NewCheck),
    /// Lay out a copy of a reference to put a flaw in, and make the patch of it
    NewFlaw(new_flaw::NewFlaw),
    /// Write the generated documentation; with --check, say whether it is fresh
    Docs(docs::Docs),
    /// Which flaw proves which check
    Flaws,
    /// Run fixtures x seeds and compare every verdict with what the fixture says
    Matrix(matrix::Matrix),
    /// Measure: how long a world takes, what a run adds, how much memory the grader needs
    Bench(bench::Bench),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    match Cli::parse().verb {
        Verb::NewCheck(args) => new_check::run(&args),
        Verb::NewFlaw(args) => new_flaw::run(&args),
        Verb::Docs(args) => docs::run(&args),
        Verb::Flaws => flaws::run(),
        Verb::Matrix(args) => matrix::run(args).await,
        Verb::Bench(args) => bench::run(&args).await,
    }
}
