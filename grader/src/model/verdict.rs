//! The answer of a check, and whose fault it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CheckId, Finding, Overridden, Severity, Stage};

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// Every control held and the rule held. Advice costs nothing.
    Pass {
        /// Warnings and notes without points.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        advice: Vec<Finding>,
    },
    /// Every control held and the rule was broken.
    Fail {
        /// What is wrong, one finding a cause.
        findings: Vec<Finding>,
    },
    /// A check it stands on did not pass.
    Blocked {
        /// The checks it waits for.
        by: Vec<CheckId>,
    },
    /// The pack does not ask for it, or it does not apply here.
    Skipped {
        /// Why, in one sentence.
        why: String,
    },
    /// A control did not hold: nothing can be said.
    Inconclusive {
        /// Which control, and what happened instead.
        control: String,
    },
    /// Our fault.
    Broken {
        /// What failed.
        fault: String,
    },
}

impl Verdict {
    /// Every verdict in the order in which reports show them: its name, and its word for people.
    pub const WORDS: [(&str, &str); 6] = [
        ("pass", "passed"),
        ("fail", "failed"),
        ("blocked", "waiting"),
        ("inconclusive", "not judged"),
        ("skipped", "skipped"),
        ("broken", "our fault"),
    ];

    /// The word for the verdict of that name; the name itself where there is none.
    pub fn word(name: &str) -> &str {
        let known = Self::WORDS.iter().find(|(known, _)| *known == name);
        known.map_or(name, |(_, word)| word)
    }

    /// Why a check is skipped that was to be asked, in a run that was cut short before.
    pub const CUT_SHORT: &str = "the run was cut short before this was judged";

    /// Whether a check was to be asked, and the run was cut short before.
    pub fn is_cut_short(&self) -> bool {
        matches!(self, Self::Skipped { why } if why == Self::CUT_SHORT)
    }

    /// The verdict's name in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pass { .. } => "pass",
            Self::Fail { .. } => "fail",
            Self::Blocked { .. } => "blocked",
            Self::Skipped { .. } => "skipped",
            Self::Inconclusive { .. } => "inconclusive",
            Self::Broken { .. } => "broken",
        }
    }

    /// Whether later checks may stand on this one.
    pub const fn passed(&self) -> bool {
        matches!(self, Self::Pass { .. })
    }

    /// The findings of a failure; empty for every other verdict.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Fail { findings } => findings,
            _ => &[],
        }
    }
}

/// A check's verdict with what a report needs to know of the check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// The check.
    pub id: CheckId,
    /// Its stage.
    pub stage: Stage,
    /// The flaw it looks for, in one line.
    pub summary: String,
    /// The concept it teaches.
    pub concept: String,
    /// How much the flaw matters.
    pub severity: Severity,
    /// Points it is worth in this pack.
    pub points: u32,
    /// The verdict, flattened: `verdict` and what belongs to it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Why what was found is not told, one sentence; none where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_back: Option<String>,
    /// How long it took, seconds.
    pub seconds: f64,
    /// The instructor's last word, where there is one: then the verdict is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Box<Overridden>>,
}
