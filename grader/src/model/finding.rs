//! What is wrong, where, why, what next, and how to see it again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Evidence;

/// How a finding shows itself: a wrong answer, or a service that broke when asked.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// The rule was broken by an orderly answer.
    #[default]
    Wrong,
    /// The service answered 5xx.
    ServerError,
    /// The service ended, or dropped the connection.
    Crash,
    /// The service did not answer in time.
    Hang,
}

/// What a check says is wrong, before the run gives it an identity.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// What the finding is about, in words that stay equal between runs: an operation, a fact, a column's
    /// meaning. Never a port, a path of this machine, a time or a raw id. With the check's id it makes
    /// the fingerprint.
    pub subject: String,
    /// What we saw: first line lower case, no final stop, under 100 characters.
    pub saw: String,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub actual: String,
    /// A friendly second sentence for a known cause.
    pub note: Option<String>,
    /// Wrong, crash, hang or server error.
    pub manner: Manner,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// `<check id>#<n>`, n from 1 within the check: stable within a report.
    pub id: String,
    /// Sixteen hex digits over check, subject and manner: stable across runs, seeds and machines.
    pub fingerprint: String,
    /// What it is about.
    pub subject: String,
    /// What we saw: one line.
    pub saw: String,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub actual: String,
    /// A friendly second sentence for a known cause.
    pub note: Option<String>,
    /// Wrong, crash, hang or server error.
    pub manner: Manner,
    /// Why it matters: the first sentence of the check's documentation under that heading.
    pub why: Option<String>,
    /// The rung of the hint ladder that is shown now.
    pub hint: Option<String>,
    /// Which rung that is, from 1, and how many there are.
    #[serde(default)]
    pub rung: Option<(u32, u32)>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

impl Finding {
    /// Gives a draft its identity: `check` and the draft's place among the check's findings (from 1).
    pub fn from_draft(check: &str, n: usize, draft: Draft) -> Self {
        use sha2::{Digest, Sha256};
        let manner = format!("{:?}", draft.manner);
        let digest = Sha256::digest([check, &draft.subject, &manner].join("\u{1f}").as_bytes());
        let fingerprint = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
        Self {
            id: format!("{check}#{n}"),
            fingerprint,
            subject: draft.subject,
            saw: draft.saw,
            expected: draft.expected,
            actual: draft.actual,
            note: draft.note,
            manner: draft.manner,
            why: None,
            hint: None,
            rung: None,
            evidence: draft.evidence,
        }
    }
}
