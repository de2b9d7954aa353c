//! Each contract keeps what the one before it promised: a learner's service grows, it is not rewritten.
//! Who may call may change, and so may bodies that a later tier means otherwise; operations and their successes stay.

use crate::pack::{
    Operation, Pack,
    read::{log::Log, tab::At},
};

use super::Step;

pub(super) fn judge(steps: &[At<Step>], packs: &[Pack], log: &Log) {
    for pair in packs.windows(2) {
        let [before, after] = pair else { continue };
        let Some(step) = steps.iter().find(|s| s.value.id == after.project.id) else {
            continue;
        };
        for old in &before.contract.operations {
            if let Some(what) = broken(old, after) {
                let what = format!(
                    "`{}` {what}, which `{}` promises",
                    after.project.id, before.project.id
                );
                log.say(
                    &step.spot,
                    what,
                    "let later contracts contain the earlier ones",
                );
            }
        }
    }
}

fn broken(old: &Operation, after: &Pack) -> Option<String> {
    let same = |new: &&Operation| {
        new.method == old.method && new.path.base == old.path.base && new.path.same_shape(&old.path)
    };
    let Some(new) = after.contract.operations.iter().find(same) else {
        return Some(format!("has no `{}`", old.line()));
    };
    if new.id != old.id {
        return Some(format!(
            "calls `{}` `{}` and not `{}`",
            old.line(),
            new.id,
            old.id
        ));
    }
    let lost = old.success().into_iter().find(|s| !new.succeeds(*s))?;
    Some(format!("does not answer `{}` with {lost}", old.line()))
}
