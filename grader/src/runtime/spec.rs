//! What the run asks of a runtime.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::WorldKind;
use crate::pack::Bounds;

/// One environment of the submission: a database, and processes on it.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldSpec {
    /// Unique in the run; lower case letters, digits and `-`. Names the database and the folder.
    pub name: String,
    /// What it is for.
    pub kind: WorldKind,
    /// The variables the project names (`JWT_SECRET` …), besides port and database.
    pub env: BTreeMap<String, String>,
    /// Processes on the one database, at least 1.
    pub replicas: usize,
    /// The operation that answers 2xx when the service is ready: method and path.
    pub ready: (String, String),
    /// How long each replica may take until then.
    pub within: Duration,
    /// The variable that names the port, usually `PORT`.
    pub port_var: String,
    /// The variable that names the database, usually `DATABASE_URL`.
    pub database_var: String,
    /// A Postgres server of its own, for checks that stop the server. Costs a start.
    pub own_cluster: bool,
}

impl WorldSpec {
    /// A world with one process and the contract's defaults: `PORT`, `DATABASE_URL`, `GET /healthz` within 60 s.
    pub fn new(name: impl Into<String>, kind: WorldKind) -> Self {
        Self {
            name: name.into(),
            kind,
            env: BTreeMap::new(),
            replicas: if kind == WorldKind::Replicas { 2 } else { 1 },
            ready: ("GET".into(), "/healthz".into()),
            within: Duration::from_secs(60),
            port_var: "PORT".into(),
            database_var: "DATABASE_URL".into(),
            own_cluster: false,
        }
    }
}

/// What came of the build.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Built {
    /// The command that was run; none where nothing needs building.
    pub command: Option<String>,
    /// Where the command comes from: `grader.toml`, `requirements.txt`, `Cargo.toml` …
    pub from: Option<String>,
    /// Whether an earlier build of the same content was used.
    pub cached: bool,
    /// Seconds this call took.
    pub seconds: f64,
    /// The last lines of the build's output; empty when an earlier build was used.
    pub log_tail: Vec<String>,
    /// The Dockerfile that was made for a submission without one, for its author to read and to keep.
    pub made: Option<String>,
}

/// What a submission may use before it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time for the build command.
    pub build: Duration,
    /// Time for the release command, each time.
    pub release: Duration,
    /// Bytes the build of an image may write to the engine's disk.
    pub build_bytes: u64,
    /// Bytes of output kept on disk for one command; what comes later is counted, not kept.
    pub log_bytes: u64,
    /// Memory of one process of the service and all that came of it. This and the following hold in containers
    /// alone: nothing bounds a child process on every system.
    pub memory_bytes: u64,
    /// Processor time, in thousandths of one processor.
    pub cpu_millis: u32,
    /// Processes and threads.
    pub processes: u32,
    /// Open files of one process.
    pub open_files: u32,
    /// The size of one file.
    pub file_bytes: u64,
    /// Each folder the service may write to: `/tmp`, `/var/tmp`, `/run` and the image's own volumes.
    pub scratch_bytes: u64,
    /// All that a Postgres server keeps.
    pub database_bytes: u64,
}

impl Limits {
    /// These, where somebody set others.
    #[must_use]
    pub fn bounded(self, by: &Bounds) -> Self {
        Self {
            build: by.build.unwrap_or(self.build),
            release: by.release.unwrap_or(self.release),
            memory_bytes: by.memory.unwrap_or(self.memory_bytes),
            cpu_millis: by.cpu_millis.unwrap_or(self.cpu_millis),
            processes: by.processes.unwrap_or(self.processes),
            open_files: by.open_files.unwrap_or(self.open_files),
            file_bytes: by.file.unwrap_or(self.file_bytes),
            scratch_bytes: by.scratch.unwrap_or(self.scratch_bytes),
            database_bytes: by.database.unwrap_or(self.database_bytes),
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            build: Duration::from_secs(900),
            release: Duration::from_secs(120),
            build_bytes: 4 << 30,
            log_bytes: 8 << 20,
            memory_bytes: 1 << 30,
            cpu_millis: 2000,
            processes: 512,
            open_files: 4096,
            file_bytes: 256 << 20,
            scratch_bytes: 64 << 20,
            database_bytes: 1 << 30,
        }
    }
}
