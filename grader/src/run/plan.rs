//! What is asked: which checks the pack calls for, which apply here, and in which order.

use std::collections::BTreeSet;

use crate::check::Check;
use crate::model::{CheckId, RuntimeKind, Stage};

/// Which checks a run asks for. Empty means all.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// `--only`: these checks, and what they need. A check that is asked last, asked for alone, brings along all others:
    /// it looks back on them.
    pub only: Vec<CheckId>,
    /// `--stage`: the checks of this stage, and what they need.
    pub stage: Option<Stage>,
}

impl Selection {
    /// Whether all that is asked for looks back on what others do: then the others are asked as well.
    fn looks_back(&self, checks: &[&'static Check]) -> bool {
        let last = |id: &CheckId| checks.iter().any(|c| c.is_last() && c.id == id.0);
        !self.only.is_empty() && self.only.iter().all(last)
    }

    /// Whether every check of the pack is asked for.
    pub fn is_whole(&self) -> bool {
        self.only.is_empty() && self.stage.is_none()
    }

    fn asks_for(&self, check: &Check) -> bool {
        let only = self.only.is_empty() || self.only.iter().any(|id| id.0 == check.id);
        let stage = self.stage.is_none_or(|stage| check.stage() == stage);
        only && stage
    }
}

/// One check of a run.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The check.
    pub check: &'static Check,
    /// Why it does not apply, if it does not.
    pub skip: Option<String>,
}

/// The checks of a run in the order in which a learner meets them: those that are asked for, and all that
/// they stand on.
pub fn plan(
    checks: &[&'static Check],
    stages: &[Stage],
    selection: &Selection,
    runtime: RuntimeKind,
) -> Vec<Planned> {
    let mut wanted = BTreeSet::new();
    let all = selection.looks_back(checks);
    for check in checks.iter().filter(|c| stages.contains(&c.stage())) {
        if all || selection.asks_for(check) {
            with_needs(check, &mut wanted);
        }
    }
    let skip = |check: &Check| {
        (!check.runtimes.contains(&runtime))
            .then(|| format!("cannot be judged on the {runtime} runtime"))
    };
    checks
        .iter()
        .filter(|c| wanted.contains(c.id))
        .map(|&check| Planned {
            check,
            skip: skip(check),
        })
        .collect()
}

fn with_needs(check: &'static Check, wanted: &mut BTreeSet<&'static str>) {
    if wanted.insert(check.id) {
        for need in check.needs {
            with_needs(need, wanted);
        }
    }
}
