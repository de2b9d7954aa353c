//! How a run goes about its work.

use std::time::Duration;

use super::Selection;

/// The knobs of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which checks are asked for.
    pub selection: Selection,
    /// The same seed asks the same questions.
    pub seed: u64,
    /// How many worlds of their own may stand at once, beside those that checks share.
    pub jobs: usize,
    /// How many checks share one world at once.
    pub company: usize,
    /// The longest one check may take.
    pub check_limit: Duration,
    /// The longest the whole run may take, build and boot included.
    pub run_limit: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            selection: Selection::default(),
            seed: 1,
            // While one waits, for a limit in time or for its database to come back, the other has something to do.
            jobs: 2,
            company: 4,
            check_limit: Duration::from_secs(300),
            run_limit: Duration::from_secs(1800),
        }
    }
}
