//! Why a run gives no report.

use super::say;
use crate::cohort::StoreProblem;
use crate::model::Exit;

/// Why there is no report.
pub(super) enum Stop {
    Usage(String),
    Fault(String),
    Interrupted,
}

impl From<StoreProblem> for Stop {
    fn from(problem: StoreProblem) -> Self {
        match problem {
            StoreProblem::Usage(what) => Self::Usage(what),
            StoreProblem::Ours(fault) => Self::Fault(fault.to_string()),
        }
    }
}

impl Stop {
    /// Says it, and gives the exit code that belongs to it.
    pub(super) fn said(self) -> Exit {
        match self {
            Self::Usage(what) => {
                say(&format!("error: {what}"));
                Exit::Usage
            }
            Self::Fault(what) => {
                say(&format!(
                    "error: the grader failed, not your service: {what}"
                ));
                Exit::Fault
            }
            Self::Interrupted => {
                say("interrupted: everything that was started is stopped");
                Exit::Interrupted
            }
        }
    }
}
