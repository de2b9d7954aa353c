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
    /// meaning. Where one cause shows in many places, the cause and none of the places. Never a port, a path
    /// of this machine, a time or a raw id. With the check's id it makes the fingerprint.
    pub subject: String,
    /// The operations in which the one cause shows, as the contract spells them (`GET /venues`). Empty where
    /// the subject says it all. They are no part of the fingerprint: mending one of them leaves the cause.
    pub touches: Vec<String>,
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
    /// What it is about: the cause, where one shows in many places.
    pub subject: String,
    /// The operations in which it shows, sorted, each once. Empty where the subject says it all.
    #[serde(default)]
    pub touches: Vec<String>,
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
            touches: sorted(draft.touches),
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

/// Each once, in an order that does not depend on what was asked first.
fn sorted(mut touches: Vec<String>) -> Vec<String> {
    touches.sort();
    touches.dedup();
    touches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_that_of_the_cause() {
        let draft = |touches: &[&str], saw: &str| Draft {
            subject: "Venue /capacity: another type".into(),
            touches: touches.iter().map(|&t| t.to_owned()).collect(),
            saw: saw.into(),
            ..Draft::default()
        };
        let one = Finding::from_draft("endpoints.example", 1, draft(&["b", "a", "b"], "first"));
        let two = Finding::from_draft("endpoints.example", 2, draft(&["c"], "second"));
        assert_eq!(one.fingerprint, two.fingerprint);
        assert_eq!(one.touches, ["a", "b"]);
    }
}
