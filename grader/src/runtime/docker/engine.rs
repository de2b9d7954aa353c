//! The engine: finding it, greeting it, and saying plainly why it does not answer.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, Docker};

use crate::model::Fault;

/// How long an engine may take to greet us.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one call to the engine may take. Removing a container on a busy machine takes seconds.
const CALL: u64 = 300;
/// The oldest API we speak: engine 20.10.
const OLDEST: (usize, usize) = (1, 41);

/// What we were doing when it did not work.
const GREETING: &str = "connecting to the Docker engine";

/// An engine that answers.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    pub(super) docker: Docker,
    /// Where it was found, for example `unix:///var/run/docker.sock`.
    pub(super) host: String,
    /// For example `20.10.24`.
    pub(super) version: String,
    /// What its containers run on, for example `linux/amd64`.
    pub(super) platform: String,
    /// Processors it may use.
    pub(super) cpus: i64,
    /// Whether it can put an init process before a container's own.
    pub(super) init: bool,
    /// The OCI runtimes it knows, sorted.
    pub(super) runtimes: Vec<String>,
    /// What it cannot limit, for example `memory`: an engine without control groups takes every limit and keeps none.
    pub(super) unlimited: Vec<&'static str>,
}

impl Engine {
    /// Finds the engine and asks it who it is.
    ///
    /// # Errors
    /// No engine answers, it is not ours to ask, it is too old, or its containers are not Linux.
    pub(super) async fn connect() -> Result<Self, Fault> {
        let host = super::place::host()?;
        if let Some(named) = super::place::must_be_named() {
            // `engine_to_name` sees to it before the program begins; whoever calls the library must do it themselves.
            let cause = format!("the engine is at {named}, where testcontainers does not look");
            return Err(Fault::new(GREETING, cause).cure(format!("set DOCKER_HOST={named}")));
        }
        if let Some(path) = host.strip_prefix("unix://") {
            reachable(Path::new(path))?;
        }
        here(&host)?;
        crate::runtime::tls::provide();
        let docker = connect(&host).map_err(|error| {
            Fault::new(GREETING, format!("{host}: {error}"))
                .cure("set DOCKER_HOST to unix://…, tcp://… or http://…")
        })?;
        let greeted = tokio::time::timeout(PATIENCE, greet(docker, host.clone())).await;
        greeted.unwrap_or_else(|_| {
            let cause = format!("nobody answers at {host} within {} s", PATIENCE.as_secs());
            Err(Fault::new(GREETING, cause)
                .cure("restart Docker; `docker version` shows when it answers"))
        })
    }

    /// As the first line of a report names it: the version, and what it cannot do for us.
    pub(super) fn told(&self) -> String {
        let version = &self.version;
        match self.unlimited.as_slice() {
            [] => format!("Docker Engine {version}"),
            some => format!(
                "Docker Engine {version}, NOT LIMITED in {}",
                some.join(", ")
            ),
        }
    }

    /// Whether the engine's version is at least this.
    pub(super) fn is_at_least(&self, major: u32, minor: u32) -> bool {
        let mut numbers = self
            .version
            .split(['.', '-', '+'])
            .map(|n| n.parse().unwrap_or(0u32));
        let have = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        have >= (major, minor)
    }
}

fn connect(host: &str) -> Result<Docker, Error> {
    match host.strip_prefix("unix://") {
        Some(path) => Docker::connect_with_unix(path, CALL, API_DEFAULT_VERSION),
        None => Docker::connect_with_host(host).map(|d| d.with_timeout(Duration::from_secs(CALL))),
    }
}

async fn greet(docker: Docker, host: String) -> Result<Engine, Fault> {
    let silent = |error: Error| {
        Fault::new(GREETING, format!("no engine answers at {host}: {error}"))
            .cure("start Docker; `docker version` shows when it answers")
    };
    let docker = docker.negotiate_version().await.map_err(&silent)?;
    let spoken = docker.client_version();
    let (version, info) = tokio::try_join!(docker.version(), docker.info()).map_err(&silent)?;
    let number = version.version.unwrap_or_default();
    if (spoken.major_version, spoken.minor_version) < OLDEST {
        return Err(Fault::new(GREETING, format!("engine {number} is too old"))
            .cure("install Docker Engine 20.10 or later"));
    }
    let system = version.os.unwrap_or_default();
    if system != "linux" {
        return Err(
            Fault::new(GREETING, format!("its containers are {system} containers"))
                .cure("switch Docker Desktop to Linux containers"),
        );
    }
    let arch = version.arch.unwrap_or_default();
    let limits = [
        ("memory", info.memory_limit),
        ("processes", info.pids_limit),
        ("processors", info.cpu_cfs_quota),
    ];
    let cannot = |(what, can)| (can == Some(false)).then_some(what);
    let unlimited = limits.into_iter().filter_map(cannot).collect();
    let mut runtimes: Vec<String> = info.runtimes.unwrap_or_default().into_keys().collect();
    runtimes.sort();
    Ok(Engine {
        docker,
        host,
        version: number,
        platform: format!("{system}/{arch}"),
        cpus: info.ncpu.unwrap_or(1).max(1),
        init: info.init_binary.is_some_and(|path| !path.is_empty()),
        runtimes,
        unlimited,
    })
}

/// Knocks at a socket: the system's own answer says more than a client's.
fn reachable(path: &Path) -> Result<(), Fault> {
    UnixStream::connect(path)
        .map(drop)
        .map_err(|error| unreachable(path, &error))
}

fn unreachable(path: &Path, error: &std::io::Error) -> Fault {
    let shown = path.display();
    match error.kind() {
        ErrorKind::NotFound => Fault::new(GREETING, format!("there is no socket {shown}"))
            .cure("install and start Docker (on Debian: ci/provision), or set DOCKER_HOST"),
        ErrorKind::PermissionDenied => {
            Fault::new(GREETING, format!("you may not use the socket {shown}"))
                .cure("join its group (`sudo usermod -aG docker $USER`, then log in again), or use rootless Docker")
        }
        ErrorKind::ConnectionRefused => {
            Fault::new(GREETING, format!("the engine behind {shown} is down"))
                .cure("start Docker (`sudo systemctl start docker`, or Docker Desktop)")
        }
        _ => Fault::new(GREETING, format!("{shown}: {error}")),
    }
}

/// Ports are published on the loopback address of the engine's machine, so that must be this one.
fn here(host: &str) -> Result<(), Fault> {
    let Some(address) = ["tcp://", "http://", "https://"]
        .iter()
        .find_map(|scheme| host.strip_prefix(scheme))
    else {
        return Ok(());
    };
    let name = address.rsplit_once(':').map_or(address, |(name, _)| name);
    match name {
        "localhost" | "127.0.0.1" | "[::1]" => Ok(()),
        _ => Err(Fault::new(
            GREETING,
            format!("the engine at {host} is on another machine, and services are reached on 127.0.0.1 alone"),
        )
        .cure("run the grader on that machine, or use an engine on this one")),
    }
}

/// What a connection says of an engine that is not there any more.
const WENT_AWAY: [&str; 5] = [
    "connection refused",
    "no such file",
    "broken pipe",
    "connection reset",
    "closed before message completed",
];

/// What the engine said, as a fault.
pub(super) fn fault(doing: impl Into<String>, error: &Error) -> Fault {
    let says = match error {
        Error::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        other => chain(other),
    };
    let fault = Fault::new(doing, &says);
    let lower = says.to_lowercase();
    if lower.contains("no space left on device") {
        fault.cure("free some disk space (`docker system prune` removes what no container uses)")
    } else if lower.contains("all predefined address pools")
        || lower.contains("non-overlapping ipv4")
    {
        fault.cure("remove networks nobody uses (`docker network prune`)")
    } else if WENT_AWAY.iter().any(|sign| lower.contains(sign)) {
        fault.cure("the engine went away; start Docker and run again")
    } else {
        fault
    }
}

/// An error and what is behind it. Of an engine that cannot be reached, only why it cannot.
fn chain(error: &Error) -> String {
    let mut says = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let inner_says = inner.to_string();
        if !says.contains(&inner_says) {
            says = format!("{says}: {inner_says}");
        }
        source = inner.source();
    }
    // Before it is asked (Connect), while (SendRequest) and before it has answered (Canceled): the client's own words for
    // an engine that is not there.
    let why = says.split_once("client error (");
    if let Some((_, why)) = why.and_then(|(_, kind)| kind.split_once("): ")) {
        return format!("the engine cannot be reached: {why}");
    }
    says
}

/// Whether the engine says that there is no such thing.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(
        error,
        Error::DockerResponseServerError {
            status_code: 404,
            ..
        }
    )
}

/// The path of a socket that exists.
pub(super) fn existing(path: PathBuf) -> Option<String> {
    path.exists().then(|| format!("unix://{}", path.display()))
}

#[cfg(test)]
pub(super) mod tests;
