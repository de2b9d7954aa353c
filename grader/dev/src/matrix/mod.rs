//! Fixtures × seeds, side by side: every verdict compared with what the fixture says.
//!
//! A cell that held before is not run again unless something it depends on has changed: the pack, the
//! fixture, the grader's own sources, the seed.

mod cell;
mod postgres;
mod slice;
mod store;
mod table;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use grader::model::Stage;
use grader::pack::{Pack, PackSource};
use grader::verify::{Fixture, Kind, discover};
use tokio::sync::Semaphore;

use crate::place::{program, root};
use cell::Cell;
use postgres::Postgres;
use slice::Slice;
use store::Store;

#[derive(Debug, Args)]
pub(crate) struct Matrix {
    /// Seeds for references, variants and starters; flaws get a quarter of them, five at least
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// The slice for CI: one seed; references, starters and variants, those of later projects asked for a stage that
    /// their project opens; and one flaw of a check, asked only for what it expects and what that needs. Where
    /// GRADER_TURN is set, a part of the variants and flaws has its turn
    #[arg(long)]
    slice: bool,
    /// Only what this stage can say: references and variants of projects that have it, and flaws of its checks, each
    /// asked for the stage and what it needs
    #[arg(long, value_name = "STAGE", conflicts_with = "slice", value_parser = stage)]
    stage: Option<Stage>,
    /// Only every n-th cell: i/n, from 1
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// Only fixtures whose title holds this text
    #[arg(long, value_name = "TEXT")]
    fixture: Option<String>,
    /// Run again what held before
    #[arg(long)]
    afresh: bool,
    /// Where the fixtures are raised
    #[arg(long, default_value = "local", value_parser = ["local", "docker"])]
    runtime: String,
    /// With this major version of Postgres (repeatable): one of those in tests/postgres, instead of the machine's own
    #[arg(long, value_name = "MAJOR")]
    postgres: Vec<Postgres>,
    /// Keep the report on every reference and variant in this folder: DIR/PROJECT/NAME.json
    #[arg(long, value_name = "DIR")]
    reports: Option<PathBuf>,
    /// How many runs at once
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Write grader/docs/matrix.md: the rows of what was asked, in the place of those from earlier
    #[arg(long, conflicts_with = "slice")]
    write: bool,
}

pub(crate) async fn run(args: Matrix) -> Result<()> {
    let grader = program()?;
    let cells = shard(cells(&args)?, args.shard.as_deref())?;
    let store = Arc::new(Store::open(&root().join("target/matrix"))?);
    let places = Arc::new(Semaphore::new(args.jobs.max(1)));
    let mut running = Vec::new();
    for cell in cells {
        let (grader, store, places) = (grader.clone(), Arc::clone(&store), Arc::clone(&places));
        let afresh = args.afresh;
        running.push(tokio::spawn(async move {
            let key = cell.key()?;
            if !afresh && store.held(&key) {
                return Ok((cell, Vec::new(), true));
            }
            let _place = places.acquire().await?;
            let deviations = cell.run(&grader).await;
            if deviations.is_empty() {
                store.keep(&key)?;
            }
            println!(
                "{} {}",
                if deviations.is_empty() {
                    "ok  "
                } else {
                    "FAIL"
                },
                cell.title()
            );
            for deviation in &deviations {
                println!("       {deviation}");
            }
            anyhow::Ok((cell, deviations, false))
        }));
    }
    let mut results = table::Rows::new();
    let (mut passed, mut failed, mut known) = (0, 0, 0);
    for task in running {
        let (cell, deviations, held) = task.await.context("a run ended badly")??;
        passed += usize::from(deviations.is_empty());
        failed += usize::from(!deviations.is_empty());
        known += usize::from(held);
        table::add(&mut results, &cell, &deviations);
    }
    println!("\n{known} held before and depend on nothing that changed");
    println!("{passed} passed, {failed} failed");
    if args.write {
        table::write(&root(), &results)?;
    }
    if failed > 0 {
        bail!("{failed} runs are not what their fixtures say");
    }
    Ok(())
}

fn cells(args: &Matrix) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    let all = discover(&root())?;
    let slice = args.slice.then(|| Slice::of(&all)).transpose()?;
    for fixture in all {
        if slice.as_ref().is_some_and(|slice| !slice.holds(&fixture)) {
            continue;
        }
        if args
            .fixture
            .as_ref()
            .is_some_and(|text| !fixture.title().contains(text))
        {
            continue;
        }
        let fixture = Arc::new(fixture);
        let (only, stage) = match (&slice, args.stage) {
            (Some(slice), _) => (slice::only(&fixture), slice.stage(&fixture)),
            (None, Some(stage)) if !concerns(&fixture, stage)? => continue,
            (None, stage) => (Vec::new(), stage.map(|s| s.as_str().to_owned())),
        };
        let servers = match args.postgres.as_slice() {
            [] => vec![None],
            some => some.iter().copied().map(Some).collect(),
        };
        let count = seeds(args, fixture.kind);
        for postgres in servers {
            cells.extend((1..=count).map(|seed| Cell {
                fixture: Arc::clone(&fixture),
                runtime: args.runtime.clone(),
                postgres,
                seed,
                only: only.clone(),
                stage: stage.clone(),
                reports: args.reports.clone(),
            }));
        }
    }
    if cells.is_empty() {
        bail!("no fixture is asked for");
    }
    Ok(cells)
}

fn stage(name: &str) -> Result<Stage, String> {
    Stage::parse(name).ok_or_else(|| Stage::ALL.map(Stage::as_str).join(", "))
}

/// Whether a stage has something to say of a fixture that is right, or all that it has to say of one that is not.
fn concerns(fixture: &Fixture, stage: Stage) -> Result<bool> {
    let of_it = |id: &String| id.split('.').next() == Some(stage.as_str());
    Ok(match fixture.kind {
        Kind::Starter => false,
        Kind::Flaw => fixture.expect.iter().all(of_it),
        Kind::Reference | Kind::Variant => {
            let folder = PackSource::folder(fixture.pack(&root()));
            let pack = Pack::load(&folder, None).map_err(|problems| anyhow!("{problems}"))?;
            pack.project.stages.contains(&stage)
        }
    })
}

fn seeds(args: &Matrix, kind: Kind) -> u64 {
    match kind {
        _ if args.slice => 1,
        Kind::Flaw => (args.seeds / 4).max(5).min(args.seeds),
        _ => args.seeds,
    }
}

fn shard(cells: Vec<Cell>, shard: Option<&str>) -> Result<Vec<Cell>> {
    let Some(shard) = shard else { return Ok(cells) };
    let numbers = shard
        .split_once('/')
        .and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    let Some((i, n)) = numbers.filter(|&(i, n): &(usize, usize)| (1..=n).contains(&i)) else {
        bail!("a shard is i/n, with i from 1 to n");
    };
    Ok(cells.into_iter().skip(i - 1).step_by(n).collect())
}
