//! What a report tells, as data: a project may keep back what was found until the learner has looked for it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a report tells, from most to least.
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
pub enum Shows {
    /// Findings with all they rest on: the exchange, what was expected, what came, SQL.
    #[default]
    Everything,
    /// What is wrong, and where.
    Findings,
    /// Which question failed.
    Titles,
    /// Everything of the failure to mend first; of the others which question failed.
    FirstFailure,
}

impl Shows {
    /// All of them, from most to least.
    pub const ALL: [Self; 4] = [
        Self::Everything,
        Self::Findings,
        Self::Titles,
        Self::FirstFailure,
    ];

    /// The word for it in packs and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Findings => "findings",
            Self::Titles => "titles",
            Self::FirstFailure => "first-failure",
        }
    }
}

/// That something is kept back, said to the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptBack {
    /// How much is told.
    pub shows: Shows,
    /// One sentence: what is kept back, and when more is told.
    pub says: String,
}
