//! The one value that every output is computed from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CheckId, Exit, KeptBack, OverridesRef, Picture, Record, RuntimeKind, Stage};

/// The name and version of the report's format. It changes when a reader would have to.
pub const SCHEMA: &str = "grader/report/v1";

/// A whole run. Serialised, it is the JSON report; every other output is a pure function of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// True when the run was cut short, or goes on still: what was not asked by then is skipped, and its points count
    /// as possible.
    #[serde(default)]
    pub partial: bool,
    /// The grader's version.
    pub grader: String,
    /// The project that was graded.
    pub pack: PackRef,
    /// What was handed in.
    pub submission: SubmissionRef,
    /// How it was raised, and why so.
    pub runtime: RuntimeRef,
    /// The seed: the same seed asks the same questions.
    pub seed: u64,
    /// When the run started, RFC 3339, UTC.
    pub started: String,
    /// How long it took, seconds.
    pub seconds: f64,
    /// `open`, `not-yet` or `fault`: the exit codes 0, 1 and 3. Where `complete` is false,
    /// `open` says that everything that was asked is in order, and nothing about a gate.
    pub verdict: String,
    /// False when `--only`, `--stage` or an early end left checks out: then no gate can open.
    pub complete: bool,
    /// One total, equal in every output.
    pub score: Score,
    /// The standing of each tier this run speaks of.
    pub tiers: Vec<TierStanding>,
    /// How many checks had which verdict.
    pub totals: Totals,
    /// Checks that wait for others, folded by what they wait for.
    pub waiting: Vec<Waiting>,
    /// What to fix first, one sentence; none when nothing is wrong.
    pub first: Option<String>,
    /// Every check that was planned, in the order a learner meets them.
    pub checks: Vec<Record>,
    /// Failures of ours.
    pub faults: Vec<String>,
    /// What changed since the last attempt; none where attempts are not kept.
    #[serde(default)]
    pub progress: Option<Progress>,
    /// What the project keeps back; none where everything is told.
    #[serde(default)]
    pub kept_back: Option<KeptBack>,
    /// What a learner with these failures probably believes, most failures first.
    #[serde(default)]
    pub misconceptions: Vec<Misconception>,
    /// What a mentor left for this attempt.
    #[serde(default)]
    pub notes: Vec<MentorNote>,
    /// The tables as they were understood; none where the run did not look at them.
    #[serde(default)]
    pub picture: Option<Picture>,
    /// The instructor's overrides that were in force; none where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<OverridesRef>,
}

impl Report {
    /// The exit code that belongs to the verdict.
    pub fn exit(&self) -> Exit {
        match self.verdict.as_str() {
            "open" => Exit::Open,
            "not-yet" => Exit::NotYet,
            _ => Exit::Fault,
        }
    }
}

/// A pack, named so that a result can be traced to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackRef {
    /// Its id, for example `1-listings`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its tier.
    pub tier: u32,
    /// SHA-256 over its files and what the projects before it ask for, hex.
    pub digest: String,
}

/// A submission, named without a path of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubmissionRef {
    /// The folder's own name.
    pub name: String,
    /// SHA-256 over its files, hex.
    pub digest: String,
    /// The commit, if it is a Git checkout.
    pub commit: Option<String>,
    /// The file that says how the service starts, relative to the folder: what has no line of code of its own is
    /// shown there. None without a folder.
    #[serde(default)]
    pub anchor: Option<String>,
    /// Where it was handed in, if a classroom's runner said so.
    #[serde(default)]
    pub handed_in: Option<HandedIn>,
}

/// What the runner of a classroom says of a submission: it is passed on and never believed for anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HandedIn {
    /// The classroom's short name.
    pub classroom: String,
    /// The assignment's short name.
    pub assignment: String,
    /// The tag it was handed in with.
    pub submission: String,
    /// URL of the commit.
    pub commit: String,
    /// URL of the release.
    pub release: String,
    /// URL of the changes to look at.
    pub review: String,
}

/// The runtime and the reason it was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuntimeRef {
    /// Which one.
    pub kind: RuntimeKind,
    /// Why: the first line of the report.
    pub why: String,
    /// The Postgres server's version, if one was raised or reached.
    pub postgres: Option<String>,
}

/// Points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// Earned.
    pub earned: u32,
    /// Possible: everything the pack asks for here and that was not skipped.
    pub possible: u32,
}

/// Where the learner stands in one tier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TierStanding {
    /// The tier's number.
    pub tier: u32,
    /// The project's title.
    pub title: String,
    /// Points of this tier.
    pub score: Score,
    /// The share of points its gate asks for, 0 to 1.
    pub share: f64,
    /// Checks that must pass and did not.
    pub missing: Vec<CheckId>,
    /// Checks that must pass and cannot be judged on this runtime: they do not hold the gate shut.
    #[serde(default)]
    pub unjudged: Vec<CheckId>,
    /// Whether a mentor has signed off; none where the project does not ask for it.
    #[serde(default)]
    pub signed_off: Option<bool>,
    /// Whether the gate is open.
    pub open: bool,
}

/// Verdicts counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Passed.
    pub pass: u32,
    /// Failed.
    pub fail: u32,
    /// Blocked by another check.
    pub blocked: u32,
    /// Not asked for or not applicable.
    pub skipped: u32,
    /// Controls did not hold.
    pub inconclusive: u32,
    /// Our fault.
    pub broken: u32,
}

/// Findings against those of the attempt before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// The number of this attempt, from 1. Handing in the same again is the same attempt.
    pub attempt: u32,
    /// Findings that are gone.
    pub fixed: u32,
    /// Findings that are still there.
    pub open: u32,
    /// Findings that were never there before.
    pub new: u32,
    /// Findings that were gone and are there again.
    pub back: u32,
}

/// Checks that wait for one root cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiting {
    /// The check they wait for.
    pub root: CheckId,
    /// The stage of that check.
    pub stage: Stage,
    /// How many checks wait.
    pub checks: u32,
    /// Points at stake.
    pub points: u32,
}

/// A belief that failures speak of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Misconception {
    /// Its id in the curriculum.
    pub id: String,
    /// The belief, as somebody who holds it would say it.
    pub title: String,
    /// What is so instead.
    pub instead: String,
    /// What a mentor may ask.
    pub ask: String,
    /// The failed checks that speak of it.
    pub checks: Vec<CheckId>,
    /// What was seen in this submission, a line each.
    pub evidence: Vec<String>,
}

/// What a mentor wrote after a talk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MentorNote {
    /// When, RFC 3339, UTC.
    pub when: String,
    /// Who.
    pub by: String,
    /// What they wrote; empty for a bare sign-off.
    pub says: String,
    /// Whether it signs the tier off.
    pub signed_off: bool,
    /// How many attempts there had been.
    pub attempt: u32,
}
