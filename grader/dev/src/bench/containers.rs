//! What containers cost: a world against a bare `docker run` of the same two images, an image build against a cached
//! one, a request through the relay against a direct one.

use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use grader::model::WorldKind;
use grader::runtime::{Choice, Options, Runtime, World, WorldSpec, open};
use grader::submission::Submission;

use super::bare::{Bare, docker};
use super::wire::Wire;
use super::{median, say};

/// Requests each way; their medians count.
const REQUESTS: usize = 1000;
/// Sent before the first one that counts.
const WARM: usize = 100;

/// Measures, where an engine answers.
pub(super) async fn run(submission: &Submission, rounds: usize) -> Result<()> {
    if docker(&["version"]).is_err() {
        println!("containers: no Docker engine answers, so nothing is measured");
        return Ok(());
    }
    let (fresh, cached) = builds(submission).await?;
    say("an image build, cached", cached, "from nothing", fresh, 1.0);
    let (mut worlds, mut bares) = (Vec::new(), Vec::new());
    let (mut relayed, mut direct) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let runtime = opened(submission).await?;
        let round = round(&*runtime).await;
        runtime.close().await?;
        let round = round?;
        worlds.push(round.world);
        bares.push(round.bare);
        relayed.extend(round.relayed);
        direct.extend(round.direct);
    }
    let (world, bare) = (median(worlds), median(bares));
    say(
        "a world in containers, up",
        world,
        "a bare `docker run` of its two images, up",
        bare,
        2.0,
    );
    let (relayed, direct) = (median(relayed) * 1e3, median(direct) * 1e3);
    println!(
        "a request through the relay: {relayed:.3} ms; direct: {direct:.3} ms; the relay adds {:.3} ms (at most 0.2)",
        relayed - direct
    );
    Ok(())
}

/// One round's seconds.
struct Round {
    world: f64,
    bare: f64,
    relayed: Vec<f64>,
    direct: Vec<f64>,
}

async fn round(runtime: &dyn Runtime) -> Result<Round> {
    told(runtime.build().await)?;
    let began = Instant::now();
    let spec = WorldSpec::new("main", WorldKind::Main);
    let world = told(runtime.raise(&spec).await)?;
    let seconds = began.elapsed().as_secs_f64();
    let bare = Bare::start(runtime).await?;
    let (relayed, direct) = requests(&world, &bare).await?;
    Ok(Round {
        world: seconds,
        bare: bare.seconds,
        relayed,
        direct,
    })
}

/// The same request in turn to both: whatever else the machine does meets both alike.
async fn requests(world: &World, bare: &Bare) -> Result<(Vec<f64>, Vec<f64>)> {
    let base = world.base_url(0);
    let at = base.strip_prefix("http://").context("a URL without TLS")?;
    let (mut through, mut straight) = (Wire::to(at).await?, Wire::to(&bare.service).await?);
    let (mut relayed, mut direct) = (Vec::new(), Vec::new());
    for number in 0..WARM + REQUESTS {
        let (one, other) = (through.ask().await?, straight.ask().await?);
        if number >= WARM {
            relayed.push(one);
            direct.push(other);
        }
    }
    Ok((relayed, direct))
}

/// Seconds of a build of something that was never built, and of the same again.
async fn builds(submission: &Submission) -> Result<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    super::open_to_all(folder.path())?;
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(submission.root.join("."))
        .arg(folder.path())
        .status()?;
    anyhow::ensure!(copied.success(), "the reference could not be copied");
    let path = folder.path().join("Dockerfile");
    let text = std::fs::read_to_string(&path)?;
    let (from, rest) = text.split_once('\n').context("a Dockerfile of one line")?;
    // Unlike all before it from its second line on, so that the engine has no layer of it.
    let nonce = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)?
        .as_nanos();
    std::fs::write(&path, format!("{from}\nENV BENCH={nonce}\n{rest}"))?;
    let changed = Submission::open(folder.path())?;
    let mut took = Vec::new();
    for _ in 0..2 {
        let runtime = opened(&changed).await?;
        let built = runtime.build().await;
        runtime.close().await?;
        took.push(told(built)?.seconds);
    }
    Ok((took[0], took[1]))
}

async fn opened(submission: &Submission) -> Result<Box<dyn Runtime>> {
    let options = Options {
        choice: Choice::Docker,
        ..Options::default()
    };
    Ok(open(Some(submission.clone()), options).await?)
}

fn told<T>(result: Result<T, grader::runtime::Trouble>) -> Result<T> {
    result.map_err(|trouble| anyhow!("{trouble}"))
}
