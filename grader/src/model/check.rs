//! What a check is, as data: its id, where it belongs, what it needs and what it costs.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The id of a check, for example `endpoints.wrong-success-status`: `<stage>.<the flaw it finds>`.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct CheckId(pub String);

impl CheckId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for CheckId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

/// A family of checks. The order is the order in which a learner meets them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It builds, starts, listens and keeps its data where it was told to.
    Boot,
    /// It does what the contract says.
    Endpoints,
    /// It keeps each fact once.
    Schema,
    /// It knows who is who.
    Auth,
    /// It fails well.
    Errors,
    /// It survives production.
    Production,
    /// It survives the network.
    Network,
}

impl Stage {
    /// All stages, first to last.
    pub const ALL: [Self; 7] = [
        Self::Boot,
        Self::Endpoints,
        Self::Schema,
        Self::Auth,
        Self::Errors,
        Self::Production,
        Self::Network,
    ];

    /// The stage's name as packs, ids and folders spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Boot => "boot",
            Self::Endpoints => "endpoints",
            Self::Schema => "schema",
            Self::Auth => "auth",
            Self::Errors => "errors",
            Self::Production => "production",
            Self::Network => "network",
        }
    }

    /// The stage with this name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How much a flaw matters in production. Points follow from it unless a pack says otherwise.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Conformance or hardening.
    Low,
    /// Bites in production.
    Medium,
    /// Wrong data, or a realistic exploit.
    High,
    /// Data loss, account takeover, or nothing can be graded.
    Critical,
}

impl Severity {
    /// Points a check of this severity is worth.
    pub const fn points(self) -> u32 {
        match self {
            Self::Low => 1,
            Self::Medium => 3,
            Self::High => 5,
            Self::Critical => 8,
        }
    }

    /// The severity's name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which environment of the submission a check needs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum WorldKind {
    /// No running service: the folder, the build and the boot story.
    Static,
    /// The service as it is normally configured.
    Main,
    /// The service with short lifetimes (tokens, sessions, windows).
    Short,
    /// Two processes of the service on one database.
    Replicas,
    /// A process and a database that nobody else uses.
    Fresh,
    /// A process and a database in which the schema stage's plan was played, and nothing else.
    Planted,
    /// The service as it is normally configured, for checks that fill its tables with rows.
    Crowded,
    /// As `Fresh`, on a Postgres server of its own, which can be stopped.
    Server,
    /// As `Fresh`, with the limit on logins as it normally is.
    Limited,
}

/// What a check does to others in its world, and therefore what evidence it may use.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Alone {
    /// Runs beside others; judges only what carries the facts it planted.
    Shared,
    /// Runs alone in its world; may use statements, plans and counts of one request.
    Quiet,
    /// Runs alone and may lock tables.
    Locks,
    /// Kills, stops, restarts: a world of its own.
    Breaks,
    /// Is asked when all others have ended; looks back on them, and asks again in worlds of its own.
    Last,
}

/// How a world is raised.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeKind {
    /// Containers.
    Docker,
    /// Child processes beside a private Postgres.
    Local,
    /// A service that already runs.
    Attach,
}

impl RuntimeKind {
    /// The runtime's name on the command line and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Local => "local",
            Self::Attach => "attach",
        }
    }
}

impl fmt::Display for RuntimeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Everything about a check but its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckMeta {
    /// Its id.
    pub id: CheckId,
    /// The stage it belongs to.
    pub stage: Stage,
    /// The flaw it finds, in one line.
    pub summary: String,
    /// The concept it teaches: a node of the curriculum's concept graph.
    pub concept: String,
    /// How much the flaw matters.
    pub severity: Severity,
    /// Checks that must have passed for this one to mean anything.
    pub needs: Vec<CheckId>,
    /// The world it needs.
    pub world: WorldKind,
    /// What it does to others.
    pub alone: Alone,
    /// The runtimes it can judge on.
    pub runtimes: Vec<RuntimeKind>,
    /// Standards and papers behind it.
    pub refs: Vec<String>,
    /// A question, the principle, the move: at least three.
    pub hints: Vec<String>,
    /// The documentation, Markdown with the five headings.
    pub docs: String,
}

/// All checks as data, handed to whoever must know them without knowing their code.
#[derive(Debug, Clone, Default)]
pub struct CheckIndex {
    checks: Vec<CheckMeta>,
}

impl CheckIndex {
    /// An index of these checks, in the order in which a learner meets them.
    pub fn new(checks: Vec<CheckMeta>) -> Self {
        Self { checks }
    }

    /// The same checks with a project's own hints in place of theirs, where it has some.
    #[must_use]
    pub fn with_hints(&self, hints: &BTreeMap<CheckId, Vec<String>>) -> Self {
        let mut checks = self.checks.clone();
        for check in &mut checks {
            if let Some(own) = hints.get(&check.id).filter(|own| !own.is_empty()) {
                check.hints.clone_from(own);
            }
        }
        Self { checks }
    }

    /// The check with this id.
    pub fn get(&self, id: &str) -> Option<&CheckMeta> {
        self.checks.iter().find(|c| c.id.0 == id)
    }

    /// All checks in order.
    pub fn iter(&self) -> impl Iterator<Item = &CheckMeta> {
        self.checks.iter()
    }
}
