//! The two images of a world, started by hand: what nobody can undercut.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use grader::runtime::Runtime;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::wire::Wire;

/// Between two looks whether something answers.
const PAUSE: Duration = Duration::from_millis(5);
/// How long either may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Postgres and the service on the default network, until dropped.
pub(super) struct Bare {
    /// From the first `docker run` to the first answer of the service.
    pub(super) seconds: f64,
    /// Where the service answers.
    pub(super) service: String,
    containers: Vec<String>,
}

impl Bare {
    /// Starts the images of this runtime's world.
    pub(super) async fn start(runtime: &dyn Runtime) -> Result<Self> {
        let (service, postgres) = (image(runtime, "service")?, image(runtime, "postgres")?);
        let card = "{{index .Config.Labels \"org.grader.card\"}}";
        let card = docker(&["image", "inspect", "--format", card, &postgres])?;
        let card: Value = serde_json::from_str(&card)?;
        let password = card["password"]
            .as_str()
            .context("a card without a password")?;
        let mut bare = Self {
            seconds: 0.0,
            service: String::new(),
            containers: Vec::new(),
        };
        let began = Instant::now();
        let memory = ["--tmpfs", "/grader-data:mode=1777", "--user", "postgres"];
        let database = bare.run(&memory, &postgres)?;
        let up = until(|| lets_in(&database)).await;
        up.with_context(|| bare.last_words())?;
        let url =
            format!("DATABASE_URL=postgres://grader_operator:{password}@{database}:5432/grader");
        let at = bare.run(&["--env", "PORT=8080", "--env", &url], &service)?;
        bare.service = format!("{at}:8080");
        let service = bare.service.clone();
        let up = until(|| async { Wire::to(&service).await?.ask().await.map(drop) }).await;
        up.with_context(|| bare.last_words())?;
        bare.seconds = began.elapsed().as_secs_f64();
        Ok(bare)
    }

    /// What the container that was started last has said.
    fn last_words(&self) -> String {
        let id = self.containers.last().map_or("", String::as_str);
        let output = Command::new("docker")
            .args(["logs", "--tail", "5", id])
            .output();
        let said = output
            .map(|o| [o.stdout, o.stderr].concat())
            .unwrap_or_default();
        format!(
            "a container does not answer; it says: {}",
            String::from_utf8_lossy(&said)
        )
    }

    /// Starts one and gives its address.
    fn run(&mut self, options: &[&str], image: &str) -> Result<String> {
        let args = [
            &["run", "--detach", "--publish", "127.0.0.1::8080"],
            options,
            &[image],
        ]
        .concat();
        let id = docker(&args)?;
        let address = "{{.NetworkSettings.IPAddress}}";
        let address = docker(&["inspect", "--format", address, &id]);
        self.containers.push(id);
        address
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        for id in &self.containers {
            if let Err(error) = docker(&["rm", "--force", "--volumes", id]) {
                eprintln!("left behind: container {id}: {error}");
            }
        }
    }
}

/// The image of this runtime's containers of a kind.
fn image(runtime: &dyn Runtime, what: &str) -> Result<String> {
    let folder = runtime.folder().context("a run without a folder")?;
    let id = folder.file_name().context("a run without a name")?;
    let run = format!("label=org.grader.run=grader-{}", id.display());
    let what = format!("label=org.grader.what={what}");
    let format = "{{.Image}}";
    let images = docker(&[
        "ps", "--filter", &run, "--filter", &what, "--format", format,
    ])?;
    let first = images.lines().next().map(str::to_owned);
    first.ok_or_else(|| anyhow!("no container of the run is labelled {what}"))
}

/// What `docker …` says.
pub(super) fn docker(args: &[&str]) -> Result<String> {
    let output = Command::new("docker")
        .args(args)
        .output()
        .context("docker")?;
    if !output.status.success() {
        return Err(anyhow!(
            "docker {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Asks until it is so.
async fn until<F: Future<Output = Result<()>>>(is_so: impl Fn() -> F) -> Result<()> {
    let began = Instant::now();
    loop {
        match is_so().await {
            Ok(()) => return Ok(()),
            Err(error) if began.elapsed() > PATIENCE => return Err(error),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Whether the server asks who is there. While it still starts it says an error instead. (PostgreSQL, "Message Formats".)
async fn lets_in(host: &str) -> Result<()> {
    let mut stream = TcpStream::connect((host, 5432)).await?;
    let said = b"\0\x03\0\0user\0grader_operator\0database\0grader\0\0";
    let length = u32::try_from(said.len() + 4)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(said).await?;
    match stream.read_u8().await? {
        b'R' => Ok(()),
        _ => Err(anyhow!("Postgres does not let anybody in")),
    }
}
