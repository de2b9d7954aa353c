//! What a run tells while it goes on: a live display, and the report of what was judged so far. The runner knows no
//! output format.

use super::{CheckId, Record, WorldKind};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The run begins: its first line, and what is planned.
    Planned {
        /// The runtime and why it was chosen.
        why: String,
        /// Checks to run, in the order a learner meets them.
        checks: Vec<CheckId>,
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
        /// Which one, and what came of it.
        record: Box<Record>,
    },
    /// The run is over.
    Done,
}
