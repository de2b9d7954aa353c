//! What a run tells a live display while it goes on. The runner knows no output format.

use super::{CheckId, WorldKind};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The run begins: its first line, and how many checks are planned.
    Planned {
        /// The runtime and why it was chosen.
        why: String,
        /// Checks to run.
        checks: usize,
    },
    /// The submission is being built, or a world is being raised.
    Raising {
        /// Which world; none while building.
        world: Option<WorldKind>,
        /// What is going on, one line.
        what: String,
    },
    /// A check started.
    Started {
        /// Which one.
        id: CheckId,
    },
    /// A check ended.
    Ended {
        /// Which one.
        id: CheckId,
        /// The verdict's name.
        verdict: &'static str,
    },
    /// The run is over.
    Done,
}
