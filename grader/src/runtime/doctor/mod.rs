//! What this machine has, and what to install.

mod packages;

use std::path::Path;
use std::time::Duration;

use super::machine::cache::Cache;
use super::machine::environment::Environment;
use super::machine::tools;
use super::machine::user::RunAs;
use super::postgres::Search;
use crate::model::Fault;
use packages::{TOOLCHAINS, install};

/// Less free space than this is worth a word.
const ROOM: u64 = 2 << 30;
/// How long a tool may take to say its version.
const PATIENCE: Duration = Duration::from_secs(5);

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// There, and fit for use.
    Good,
    /// Not there; some submissions, or some runtimes, need it.
    Absent,
    /// Nothing can be graded before this is mended.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What: `Postgres`, `python3` …
    pub what: &'static str,
    /// How it stands.
    pub health: Health,
    /// What was found: one line.
    pub says: String,
    /// What to do about it, where there is something to do.
    pub cure: Option<String>,
}

/// Looks at everything a run may need. `cache` as in [`Options`](super::Options).
pub async fn examine(cache: Option<&Path>) -> Vec<Line> {
    let given = cache.map(Path::to_owned);
    let machine = tokio::task::spawn_blocking(move || machine(given.as_deref())).await;
    let (mut lines, environment) = match machine {
        Ok(looked) => looked,
        Err(error) => (
            vec![bad("machine", &Fault::new("looking at the machine", error))],
            None,
        ),
    };
    lines.insert(0, postgres().await);
    let path = environment.map_or_else(tools::own_path, |(environment, _)| {
        environment.path(Path::new("/nowhere"))
    });
    for package in &TOOLCHAINS {
        let found = tools::find(package.tool, &path);
        let said = match &found {
            Some(tool) => said(tool, package.arguments, &path).await,
            None => Err(format!("not found; {} need it", package.wanted_by)),
        };
        lines.push(match said {
            Ok(says) => good(package.tool, says),
            Err(says) => absent(package.tool, says, package.hint()),
        });
    }
    lines.extend(super::docker::examine().await);
    lines
}

/// User, cache, disk: what needs no waiting.
fn machine(given: Option<&Path>) -> (Vec<Line>, Option<(Environment, Cache)>) {
    let run_as = match RunAs::find() {
        Ok(run_as) => run_as,
        Err(fault) => return (vec![bad("user", &fault)], None),
    };
    let says = match run_as.other {
        true => format!(
            "the grader runs as root; builds and services run as {}",
            run_as.name
        ),
        false => format!("builds and services run as {}", run_as.name),
    };
    let mut lines = vec![good("user", says)];
    let opened = Cache::open(given, &run_as).and_then(|cache| {
        // A folder that can be opened may still refuse to be written to.
        let probe = cache.folder("runs")?.join(".probe");
        std::fs::write(&probe, "")
            .and_then(|()| std::fs::remove_file(&probe))
            .map_err(|error| {
                Fault::new(format!("writing to {}", cache.root.display()), error)
                    .cure("set GRADER_CACHE to another folder")
            })?;
        Ok(cache)
    });
    let cache = match opened {
        Ok(cache) => cache,
        Err(fault) => {
            lines.push(bad("cache", &fault));
            return (lines, None);
        }
    };
    lines.push(good("cache", cache.root.display().to_string()));
    lines.extend(disk(&cache.root));
    match Environment::of_machine(&cache, &run_as) {
        Ok(environment) => (lines, Some((environment, cache))),
        Err(fault) => {
            lines.push(bad("toolchains", &fault));
            (lines, None)
        }
    }
}

fn disk(folder: &Path) -> Option<Line> {
    let about = nix::sys::statvfs::statvfs(folder).ok()?;
    #[expect(
        clippy::useless_conversion,
        reason = "the block count has another width on macOS"
    )]
    let free = u64::from(about.blocks_available()).saturating_mul(about.fragment_size());
    let says = format!(
        "{:.1} GiB free where builds and runs are kept",
        free as f64 / f64::from(1 << 30)
    );
    Some(match free < ROOM {
        true => absent(
            "disk",
            says,
            "free some space, or set GRADER_CACHE to a folder on a larger disk".into(),
        ),
        false => good("disk", says),
    })
}

async fn postgres() -> Line {
    let looked = tokio::task::spawn_blocking(|| Search::of_this_machine().newest()).await;
    match looked {
        Ok(Ok(Some(found))) => good(
            "Postgres",
            format!("{} in {}", found.version(), found.folder().display()),
        ),
        Ok(Ok(None)) => absent(
            "Postgres",
            "not found; a run fetches one, if it can reach the network".into(),
            install("postgresql", "postgresql-server", "postgresql@17"),
        ),
        Ok(Err(fault)) => bad("Postgres", &fault),
        Err(error) => bad("Postgres", &Fault::new("looking for Postgres", error)),
    }
}

/// The first line a tool says, or why it says none.
async fn said(
    tool: &Path,
    arguments: &[&str],
    path: &[std::path::PathBuf],
) -> Result<String, String> {
    let mut command = tokio::process::Command::new(tool);
    command
        .args(arguments)
        .current_dir("/")
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    if let Ok(path) = std::env::join_paths(path) {
        command.env("PATH", path);
    }
    let output = match tokio::time::timeout(PATIENCE, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(format!("{} does not run: {error}", tool.display())),
        Err(_) => return Err(format!("{} does not answer", tool.display())),
    };
    let last = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .trim()
            .lines()
            .last()
            .unwrap_or_default()
            .to_owned()
    };
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout)
            .trim()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()),
        false => Err(format!(
            "{} fails: {}",
            tool.display(),
            last(&output.stderr)
        )),
    }
}

fn good(what: &'static str, says: String) -> Line {
    Line {
        what,
        health: Health::Good,
        says,
        cure: None,
    }
}

fn absent(what: &'static str, says: String, cure: String) -> Line {
    Line {
        what,
        health: Health::Absent,
        says,
        cure: Some(cure),
    }
}

fn bad(what: &'static str, fault: &Fault) -> Line {
    let says = format!("{}: {}", fault.doing, fault.cause);
    Line {
        what,
        health: Health::Bad,
        says,
        cure: fault.cure.clone(),
    }
}
