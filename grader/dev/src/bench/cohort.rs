//! Forty submissions in one batch: how busy it keeps the processors, what it holds in memory, and what all outputs of a
//! report cost against the run; and whether one that is killed, taken up again and split gives the same gradebook.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use grader::model::Report;
use grader::report::{Format, Style, terminal};
use grader::verify::{Fixture, Kind, discover, prepare};
use tokio::process::{Child, Command};

use crate::place::{program, root};

/// How many are handed in.
const SUBMISSIONS: usize = 40;

pub(super) async fn run() -> Result<()> {
    let grader = program()?;
    let folder = tempfile::tempdir()?;
    let handed_in = folder.path().join("in");
    hand_in(&handed_in)?;
    let course = Course {
        grader,
        folder: folder.path().to_owned(),
    };
    let (before, began) = (processors()?, Instant::now());
    let peaks = watched(course.batch("whole", &[])?).await?;
    let (after, took) = (processors()?, began.elapsed());
    let busy = (after.busy - before.busy) / (after.all - before.all);
    let seconds = took.as_secs_f64();
    println!("a batch of {SUBMISSIONS} with the usual workers: {seconds:.0} s");
    println!("processors busy: {:.0} % (at least 85 %)", 100.0 * busy);
    let half = |peaks: &[u64]| peaks.iter().max().copied().unwrap_or_default();
    let (first, second) = peaks.split_at(peaks.len() / 2);
    let (first, second) = (half(first), half(second));
    println!(
        "memory of the batch: {first} KiB at most in its first half, {second} KiB in its second"
    );
    let (rendering, runs) = rendered(&course.folder.join("whole"))?;
    let share = 100.0 * rendering.as_secs_f64() / runs;
    println!("all outputs of a report against its run: {share:.1} % (under 5 %)");
    course.disturbed().await?;
    println!("three shards, one of them killed half way and taken up again: the same gradebook");
    Ok(())
}

/// A course, graded in whole or in parts.
struct Course {
    grader: PathBuf,
    folder: PathBuf,
}

impl Course {
    fn batch(&self, out: &str, more: &[&str]) -> Result<Child> {
        let mut command = Command::new(&self.grader);
        command.arg("batch").arg(self.folder.join("in"));
        command.arg("--out").arg(self.folder.join(out));
        command.args(["--project", "1-listings", "--runtime", "local"]);
        command
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting the batch")
    }

    /// The same in three shards; the second is killed when about half of it is done, and begun again.
    async fn disturbed(&self) -> Result<()> {
        for shard in ["1/3", "2/3", "3/3"] {
            let out = shard.replace('/', "-");
            let words = ["--shard", shard];
            if shard == "2/3" {
                let mut child = self.batch(&out, &words)?;
                let reports = self.folder.join(&out).join("reports");
                while done(&reports) < SUBMISSIONS / 6 {
                    let look = tokio::time::timeout(Duration::from_millis(100), child.wait());
                    ensure!(
                        look.await.is_err(),
                        "the batch ended before half of it was done"
                    );
                }
                child.kill().await.context("killing the batch")?;
                let kept = done(&reports);
                println!("killed with {kept} reports of its shard done");
            }
            watched(self.batch(&out, &words)?).await?;
        }
        let mut merge = Command::new(&self.grader);
        merge
            .arg("merge")
            .args(["1-3", "2-3", "3-3"].map(|out| self.folder.join(out)));
        merge.arg("--out").arg(self.folder.join("merged"));
        let ended = merge.stdin(Stdio::null()).output().await?;
        ensure!(
            matches!(ended.status.code(), Some(0 | 1)),
            "the merge did not end well: {}",
            String::from_utf8_lossy(&ended.stderr)
        );
        let book = |out: &str| std::fs::read(self.folder.join(out).join("gradebook.csv"));
        ensure!(
            book("merged")? == book("whole")?,
            "another gradebook than that of the undisturbed batch"
        );
        Ok(())
    }
}

/// How many reports lie there.
fn done(reports: &Path) -> usize {
    let all = std::fs::read_dir(reports).into_iter().flatten().flatten();
    let names = all.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".html")).count()
}

/// What a course hands in: variants and flaws of the first project that compile nothing, every fifth as an archive; a
/// starter as it was given out, an empty folder, and an archive that is none.
fn hand_in(into: &Path) -> Result<()> {
    let python = |fixture: &Fixture| {
        let base = fixture.base.ends_with("reference/1-listings/python");
        fixture.project == "1-listings" && base && fixture.patch.is_some()
    };
    let all = discover(&root())?;
    let starter = |f: &&Fixture| f.kind == Kind::Starter && f.project == "1-listings";
    let starter = all.iter().filter(starter).find(|f| f.name == "python");
    let chosen = all.iter().filter(|f| python(f)).take(SUBMISSIONS - 3);
    for (n, fixture) in chosen.chain(starter).enumerate() {
        let folder = into.join(format!("{n:02}"));
        std::fs::create_dir_all(&folder)?;
        let made = prepare(fixture, &folder)?;
        let name = format!("{n:02}-{}", fixture.name);
        if n % 5 == 0 {
            let archive = into.join(format!("{name}.tar.gz"));
            let packed = std::process::Command::new("tar")
                .arg("czf")
                .arg(archive)
                .arg("-C")
                .arg(&made)
                .arg(".")
                .status()?;
            ensure!(packed.success(), "tar does not pack {name}");
        } else {
            std::fs::rename(&made, into.join(name))?;
        }
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(into.join("empty"))?;
    std::fs::write(into.join("torn.zip"), "PK\x03\x04 and no more")?;
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
            let code = ended?.code();
            ensure!(matches!(code, Some(0 | 1)), "the batch did not end well");
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
