//! What the grader costs, as ratios within one run: the machine's mood divides out.

mod bare;
mod cohort;
mod containers;
mod negative;
mod race;
mod schema;
mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use grader::checks;
use grader::model::{CheckIndex, WorldKind};
use grader::pack::{Pack, PackSource};
use grader::run::{Settings, conduct};
use grader::runtime::postgres::{Cluster, ClusterOptions, StopMode};
use grader::runtime::{Choice, Options, Runtime, World, WorldSpec, open};
use grader::submission::Submission;

use crate::place::{program, root};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// What the grader costs: worlds, runs, memory, containers
    Cost,
    /// How well the schema stage tells right from wrong
    Schema,
    /// What the negative tests find, beside what schemathesis finds
    Negative,
    /// How busy a batch keeps the machine, what it holds in memory, and what rendering costs
    Cohort,
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// What to measure
    #[arg(value_enum, default_value_t = What::Cost)]
    what: What,
    /// Seeds for each schema
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// Write what is measured of the schema stage to grader/docs/schema.md, of negative tests to grader/docs/negative.md
    #[arg(long)]
    write: bool,
    /// When schemathesis is told to stop, seconds
    #[arg(long, default_value_t = 600)]
    limit: u64,
    /// How often each thing is measured; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The project whose reference is raised
    #[arg(long, default_value = "1-listings")]
    project: String,
    /// The reference to raise
    #[arg(long, default_value = "python")]
    reference: String,
    /// Measure containers alone
    #[arg(long)]
    containers: bool,
}

pub(crate) async fn run(args: &Bench) -> Result<()> {
    if args.what == What::Cohort {
        return cohort::run().await;
    }
    if args.what == What::Negative {
        return negative::run(Duration::from_secs(args.limit), args.write).await;
    }
    if args.what == What::Schema {
        return schema::run(args.seeds, args.write).await;
    }
    let dir = root()
        .join("fixtures/reference")
        .join(&args.project)
        .join(&args.reference);
    let submission = Submission::open(&dir)?;
    if !args.containers {
        here(args, &submission, &dir).await?;
    }
    containers::run(&submission, args.rounds.max(1)).await
}

/// What the grader costs on this machine without containers.
async fn here(args: &Bench, submission: &Submission, dir: &std::path::Path) -> Result<()> {
    let mut world = Vec::new();
    let mut bare = Vec::new();
    for _ in 0..args.rounds.max(1) {
        world.push(world_up(submission).await?);
        bare.push(postgres_alone().await?);
    }
    let (world, bare) = (median(world), median(bare));
    say(
        "world up, without the service's own boot",
        world,
        "Postgres alone, from a ready data directory",
        bare,
        3.0,
    );
    let mut walls = Vec::new();
    for _ in 0..args.rounds.max(1) {
        walls.push(whole_run(submission, &args.project).await?);
    }
    walls.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (wall, service) = walls[walls.len() / 2];
    say(
        "a run's wall time",
        wall,
        "the busiest world's service time",
        service,
        1.3,
    );
    println!(
        "peak memory of the grader: {:.1} MiB (at most 64)",
        peak_memory(dir)?
    );
    Ok(())
}

fn say(what: &str, value: f64, against: &str, by: f64, most: f64) {
    println!(
        "{what}: {value:.3} s; {against}: {by:.3} s; ratio {:.2} (at most {most})",
        value / by
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Whatever engine answers: containers are measured apart.
fn local() -> Options {
    Options {
        choice: Choice::Local,
        ..Options::default()
    }
}

async fn opened(submission: &Submission) -> Result<Box<dyn Runtime>> {
    let runtime = open(Some(submission.clone()), local()).await?;
    // The build is the submission's affair.
    runtime
        .build()
        .await
        .map_err(|trouble| anyhow!("{trouble}"))?;
    runtime.close().await?;
    Ok(open(Some(submission.clone()), local()).await?)
}

/// Seconds from nothing to a world that answers, less what the service itself took. The server starts within.
async fn world_up(submission: &Submission) -> Result<f64> {
    let runtime = opened(submission).await?;
    let began = Instant::now();
    let world = runtime
        .raise(&WorldSpec::new("main", WorldKind::Main))
        .await;
    let took = began.elapsed().as_secs_f64();
    let world = world.map_err(|trouble| anyhow!("{trouble}"))?;
    let own = own_seconds(&world);
    runtime.close().await?;
    Ok(took - own)
}

/// What the service took to come up: its release command and its boot.
fn own_seconds(world: &World) -> f64 {
    let boots = world.boots();
    boots
        .iter()
        .map(|b| b.seconds + b.release_seconds.unwrap_or_default())
        .fold(0.0, f64::max)
}

/// Seconds from the start of `postgres` on a ready data directory until it lets us in.
async fn postgres_alone() -> Result<f64> {
    let folder = tempfile::tempdir()?;
    open_to_all(folder.path())?;
    let cluster = Cluster::start(ClusterOptions::new("bench", folder.path())).await?;
    cluster.stop(StopMode::Fast).await?;
    let began = Instant::now();
    cluster.start_again().await?;
    let took = began.elapsed().as_secs_f64();
    cluster.stop(StopMode::Fast).await?;
    Ok(took)
}

fn open_to_all(dir: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755))
        .context("opening a folder")
}

/// Wall seconds of a whole run without its build, and the service seconds of its busiest world.
async fn whole_run(submission: &Submission, project: &str) -> Result<(f64, f64)> {
    let index: CheckIndex = checks::index();
    let pack = Pack::load(
        &PackSource::folder(root().join("projects").join(project)),
        Some(&index),
    )
    .map_err(|problems| anyhow!("{problems}"))?;
    let runtime: Arc<dyn Runtime> = Arc::from(opened(submission).await?);
    let (events, _seen) = tokio::sync::mpsc::unbounded_channel();
    let all = checks::all();
    let run = conduct(
        Arc::new(pack),
        Arc::clone(&runtime),
        &all,
        Settings::default(),
        events,
    )
    .await;
    runtime.close().await?;
    let busiest = run
        .busy
        .iter()
        .map(Duration::as_secs_f64)
        .fold(0.0, f64::max);
    Ok((run.seconds, busiest))
}

/// The grader's own peak, MiB, as the kernel counts it for the one child.
fn peak_memory(dir: &std::path::Path) -> Result<f64> {
    let status = std::process::Command::new("/usr/bin/env")
        .args([
            "sh",
            "-c",
            r#""$0" grade "$1" >/dev/null 2>&1 & pid=$!; peak=0
            while kill -0 $pid 2>/dev/null; do
              now=$(awk '/VmHWM/ {print $2}' /proc/$pid/status 2>/dev/null)
              [ -n "$now" ] && peak=$now; sleep 0.05
            done; echo $peak"#,
        ])
        .arg(program()?)
        .arg(dir)
        .output()
        .context("measuring memory")?;
    let text = String::from_utf8(status.stdout)?;
    let kib: f64 = text
        .trim()
        .parse()
        .context("this system does not tell peak memory")?;
    Ok(kib / 1024.0)
}
