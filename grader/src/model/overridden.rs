//! The instructor's last word on a verdict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CheckId, Verdict};

/// What a verdict was changed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ruling {
    /// Not counted.
    Waived,
    /// Counted as passed.
    Pass,
    /// Counted as failed.
    Fail,
}

impl Ruling {
    /// All of them, by the words of `overrides.toml`.
    pub const ALL: [(&str, Self); 3] = [
        ("waived", Self::Waived),
        ("pass", Self::Pass),
        ("fail", Self::Fail),
    ];
}

/// A verdict that was changed, with what it was before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Overridden {
    /// What it was changed to.
    pub to: Ruling,
    /// What the check had said.
    pub was: Verdict,
    /// Why: the learner reads it.
    pub reason: String,
    /// Who decided; none where it was not said.
    #[serde(default)]
    pub by: Option<String>,
}

/// The file that changed verdicts, and what it pins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OverridesRef {
    /// SHA-256 over what it says of this submission and its pins, hex.
    pub digest: String,
    /// The grader's version it pins.
    pub grader: Option<String>,
    /// The pack's digest it pins, or the beginning of it.
    pub pack: Option<String>,
    /// Checks it names for this submission that this run did not ask.
    #[serde(default)]
    pub missed: Vec<CheckId>,
}
