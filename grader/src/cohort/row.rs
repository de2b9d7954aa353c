//! What is kept of one submission beside its report: what it was graded with, and what came of it.

use serde::{Deserialize, Serialize};

use crate::feedback::History;
use crate::model::{CheckId, Report};

/// The name and version of the file's format.
pub(super) const ROW: &str = "grader/cohort-row/v1";

/// One submission of a cohort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Always [`ROW`].
    pub schema: String,
    /// The submission's name.
    pub name: String,
    /// Its id in the roster, else its name.
    pub id: String,
    /// What it was graded with; none where nothing was.
    pub key: Option<Key>,
    /// What came of it.
    pub outcome: Outcome,
    /// What the learner's own ledger says, where one was handed in.
    #[serde(default)]
    pub attempts: Option<Attempts>,
}

/// Everything a result depends on. Where it is the same, the result is not made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The grader's version.
    pub grader: String,
    /// The project's id.
    pub project: String,
    /// The pack's digest.
    pub pack: String,
    /// SHA-256 of what was handed in: of the archive's bytes, or the folder's digest.
    pub source: String,
    /// What else was asked: stage, seed, runtime, time limit, overrides.
    pub asked: String,
}

/// What came of a submission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub enum Outcome {
    /// There is a report.
    Graded {
        /// What it says, in short.
        graded: Graded,
    },
    /// Our fault; it is tried again the next time.
    Fault {
        /// Why, one sentence.
        why: String,
        /// The end of what the grader said, where it left no report.
        #[serde(default)]
        tail: String,
        /// The command to see it again.
        again: String,
        /// What its report says, where there is one all the same.
        #[serde(default)]
        graded: Option<Graded>,
    },
    /// What was handed in cannot be graded.
    Refused {
        /// Why, and what to do.
        why: String,
    },
    /// In the roster, and nothing was handed in.
    Missing,
    /// Not graded yet: a batch was stopped before it came to this one.
    Waiting,
}

/// A report in short: what the gradebook and the page of the cohort need of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Graded {
    /// The project's id.
    pub project: String,
    /// The digest of the submission's files: equal files, equal digests.
    pub digest: String,
    /// False where only a part was asked.
    pub complete: bool,
    /// `open`, `not-yet` or `fault`.
    pub verdict: String,
    /// The standing of each tier.
    pub tiers: Vec<Tier>,
    /// What to fix first.
    pub first: Option<String>,
    /// Every check with the name of its verdict, in the order a learner meets them.
    pub checks: Vec<(CheckId, String)>,
    /// How many verdicts the instructor changed.
    #[serde(default)]
    pub overridden: usize,
}

/// Where a learner stands in one tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// Its number.
    pub tier: u32,
    /// Points earned.
    pub earned: u32,
    /// Points possible.
    pub possible: u32,
    /// `open`, `closed`, or `part` where only a part was asked.
    pub gate: String,
}

/// What a learner's own ledger tells of the way here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// How many attempts.
    pub count: usize,
    /// When the first was graded, RFC 3339.
    pub since: String,
    /// The check that is open longest, and for how many attempts in a row.
    pub longest: Option<(String, u32)>,
}

impl Graded {
    /// Its own tier, the last one: its points are the total.
    pub fn own(&self) -> Option<&Tier> {
        self.tiers.last()
    }

    /// A report in short.
    pub fn of(report: &Report) -> Self {
        let tiers = report.tiers.iter().map(|tier| Tier {
            tier: tier.tier,
            earned: tier.score.earned,
            possible: tier.score.possible,
            gate: match (report.complete, tier.open) {
                (false, _) => "part",
                (true, true) => "open",
                (true, false) => "closed",
            }
            .to_owned(),
        });
        let checks = report.checks.iter();
        Self {
            project: report.pack.id.clone(),
            digest: report.submission.digest.clone(),
            complete: report.complete,
            verdict: report.verdict.clone(),
            tiers: tiers.collect(),
            first: report.first.clone(),
            checks: checks
                .map(|r| (r.id.clone(), r.verdict.name().to_owned()))
                .collect(),
            overridden: report
                .checks
                .iter()
                .filter(|r| r.overridden.is_some())
                .count(),
        }
    }
}

impl Attempts {
    /// In short; none where nothing was ever attempted.
    pub fn of(history: &History) -> Option<Self> {
        let open = history.findings.values().filter(|trail| trail.open);
        let longest = open.max_by_key(|trail| (trail.seen, std::cmp::Reverse(&trail.check)));
        Some(Self {
            count: history.attempts.len(),
            since: history.attempts.first()?.when.clone(),
            longest: longest.map(|trail| (trail.check.clone(), trail.seen)),
        })
    }
}

impl Row {
    /// A row without a key.
    pub fn new(name: &str, id: &str, outcome: Outcome) -> Self {
        Self {
            schema: ROW.to_owned(),
            name: name.to_owned(),
            id: id.to_owned(),
            key: None,
            outcome,
            attempts: None,
        }
    }

    /// What its report says, where there is one.
    pub fn graded(&self) -> Option<&Graded> {
        match &self.outcome {
            Outcome::Graded { graded } => Some(graded),
            Outcome::Fault { graded, .. } => graded.as_ref(),
            _ => None,
        }
    }

    /// One word for what came of it.
    pub fn word(&self) -> &'static str {
        match &self.outcome {
            Outcome::Graded { .. } => "graded",
            Outcome::Fault { .. } => "fault",
            Outcome::Refused { .. } => "refused",
            Outcome::Missing => "missing",
            Outcome::Waiting => "waiting",
        }
    }

    /// [`Row::why`] with its cure, for a line.
    pub fn reason(&self) -> String {
        self.why().replace("\n  try: ", "; try: ")
    }

    /// Why there is no grade; empty where there is one.
    pub fn why(&self) -> &str {
        match &self.outcome {
            Outcome::Fault { why, .. } | Outcome::Refused { why } => why,
            Outcome::Missing => "nothing was handed in",
            Outcome::Waiting => "not graded yet",
            Outcome::Graded { .. } => "",
        }
    }
}
