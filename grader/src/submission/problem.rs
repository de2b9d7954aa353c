//! What is wrong with a folder that was handed in.

/// Why a folder cannot be graded. Exit 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}\n  try: {cure}")]
pub struct SubmissionProblem {
    /// What is wrong, and where: one sentence.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}
