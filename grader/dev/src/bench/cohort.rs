//! Forty submissions in one batch: how busy it keeps the processors, what it holds in memory, and what all outputs of a
//! report cost against the run.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use grader::model::Report;
use grader::report::{Format, Style, terminal};
use grader::verify::{Fixture, discover, prepare};
use tokio::process::{Child, Command};

use crate::place::{program, root};

/// How many are handed in.
const SUBMISSIONS: usize = 40;

pub(super) async fn run() -> Result<()> {
    let grader = program()?;
    let folder = tempfile::tempdir()?;
    let (handed_in, out) = (folder.path().join("in"), folder.path().join("out"));
    hand_in(&handed_in)?;
    let mut command = Command::new(grader);
    command.arg("batch").arg(&handed_in).arg("--out").arg(&out);
    command.args(["--project", "1-listings", "--runtime", "local"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let (before, began) = (processors()?, Instant::now());
    let child = command.spawn().context("starting the batch")?;
    let peaks = watched(child).await?;
    let (after, took) = (processors()?, began.elapsed());
    let busy = (after.busy - before.busy) / (after.all - before.all);
    let seconds = took.as_secs_f64();
    println!("a batch of {SUBMISSIONS} with as many workers as processors: {seconds:.0} s");
    println!("processors busy: {:.0} % (at least 85 %)", 100.0 * busy);
    let half = |peaks: &[u64]| peaks.iter().max().copied().unwrap_or_default();
    let (first, second) = peaks.split_at(peaks.len() / 2);
    let (first, second) = (half(first), half(second));
    println!(
        "memory of the batch: {first} KiB at most in its first half, {second} KiB in its second"
    );
    let (rendering, runs) = rendered(&out)?;
    let share = 100.0 * rendering.as_secs_f64() / runs;
    println!("all outputs of a report against its run: {share:.1} % (under 5 %)");
    Ok(())
}

/// Variants and flaws of the first project that compile nothing. Only patched copies: they may be moved.
fn hand_in(into: &Path) -> Result<()> {
    let python = |fixture: &Fixture| {
        let base = fixture.base.ends_with("reference/1-listings/python");
        fixture.project == "1-listings" && base && fixture.patch.is_some()
    };
    let all = discover(&root())?;
    for (n, fixture) in all
        .iter()
        .filter(|f| python(f))
        .take(SUBMISSIONS)
        .enumerate()
    {
        let folder = into.join(format!("{n:02}"));
        std::fs::create_dir_all(&folder)?;
        let made = prepare(fixture, &folder)?;
        std::fs::rename(&made, into.join(format!("{n:02}-{}", fixture.name)))?;
        std::fs::remove_dir_all(&folder)?;
    }
    let there = std::fs::read_dir(into)?.count();
    ensure!(
        there == SUBMISSIONS,
        "{there} submissions, {SUBMISSIONS} wanted"
    );
    Ok(())
}

/// Waits for the batch; what it held in memory at each look, KiB, without the pages of its program.
async fn watched(mut child: Child) -> Result<Vec<u64>> {
    let status = format!(
        "/proc/{}/status",
        child.id().context("the batch has ended")?
    );
    let mut peaks = Vec::new();
    loop {
        let look = tokio::time::timeout(Duration::from_millis(500), child.wait()).await;
        if let Ok(ended) = look {
            ensure!(ended?.code() == Some(0), "the batch did not end well");
            return Ok(peaks);
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("RssAnon:"));
        peaks.extend(line.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok()));
    }
}

/// Time of all processors in ticks, from the first line of `/proc/stat`.
struct Processors {
    busy: f64,
    all: f64,
}

fn processors() -> Result<Processors> {
    let text = std::fs::read_to_string("/proc/stat").context("reading /proc/stat")?;
    let line = text.lines().next().unwrap_or_default();
    let ticks: Vec<f64> = line
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|t| t.parse().ok())
        .collect();
    let all: f64 = ticks.iter().sum();
    // The fourth and fifth are idle and waiting for a disk.
    let idle: f64 = ticks.iter().skip(3).take(2).sum();
    Ok(Processors {
        busy: all - idle,
        all,
    })
}

/// How long all outputs of all reports take, and how long their runs took, seconds.
fn rendered(out: &Path) -> Result<(Duration, f64)> {
    let (mut rendering, mut runs) = (Duration::ZERO, 0.0);
    for entry in std::fs::read_dir(out.join("reports"))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !name.ends_with(".json") || name.ends_with(".key.json") {
            continue;
        }
        let report: Report = serde_json::from_slice(&std::fs::read(&path)?)?;
        let began = Instant::now();
        for format in Format::ALL {
            format
                .render(&report)
                .map_err(|fault| anyhow::anyhow!("{fault}"))?;
        }
        terminal::render(&report, 100, Style::PLAIN);
        rendering += began.elapsed();
        runs += report.seconds;
    }
    ensure!(runs > 0.0, "no report was left");
    Ok((rendering, runs))
}
