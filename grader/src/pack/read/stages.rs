//! Stages and the ids of checks: in the gate, in `[hints]` and in `[points]`.

use std::collections::BTreeMap;

use crate::model::{CheckId, CheckIndex, Stage};

use super::{
    Reader,
    log::Log,
    tab::{At, Item, Tab},
};

/// The stages in force, in the order of [`Stage::ALL`].
pub(super) fn stages(item: &Item<'_>, log: &Log) -> Vec<Stage> {
    let names = Stage::ALL.map(|s| (s.as_str(), s));
    let mut stages: Vec<Stage> = Vec::new();
    for item in item.items().unwrap_or_default() {
        let Some(stage) = item.word(&names) else {
            continue;
        };
        if stages.last().is_some_and(|last| *last >= stage) {
            let what = format!("`{stage}` is out of order");
            let all: Vec<&str> = Stage::ALL.iter().map(|s| s.as_str()).collect();
            log.say(
                &item.spot(),
                what,
                format!("keep the order {}", all.join(", ")),
            );
        }
        stages.push(stage);
    }
    if stages.first() != Some(&Stage::Boot) {
        log.say(
            &item.spot(),
            "the stage `boot` is missing",
            "every project begins with \"boot\"",
        );
    }
    stages
}

/// Says when an id is that of no check, or of one whose stage is not in force.
pub(super) fn check_id(id: &At<String>, stages: &[Stage], checks: Option<&CheckIndex>, log: &Log) {
    let front = id.value.split('.').next().unwrap_or_default();
    let stage = Stage::parse(front);
    if let Some(checks) = checks
        && checks.get(&id.value).is_none()
    {
        let what = format!("there is no check `{}`", id.value);
        log.unknown(
            &id.spot,
            what,
            &id.value,
            checks.iter().map(|c| c.id.as_str()),
        );
    } else if !id.value.contains('.') || stage.is_none() {
        let what = format!("`{}` is no id of a check", id.value);
        log.say(
            &id.spot,
            what,
            "write `<stage>.<flaw>`; `grader checks` lists them",
        );
    } else if let Some(stage) = stage.filter(|s| !stages.is_empty() && !stages.contains(s)) {
        let what = format!(
            "`{}` belongs to the stage `{stage}`, which is not in force",
            id.value
        );
        log.say(
            &id.spot,
            what,
            format!("add \"{stage}\" to `stages`, or name another check"),
        );
    }
}

/// `[hints]`: check → list of hints.
pub(super) fn hints(reader: &Reader<'_>, root: &mut Tab<'_>) -> BTreeMap<CheckId, Vec<String>> {
    let mut hints = BTreeMap::new();
    let Some(tab) = root.get("hints").and_then(|i| i.table()) else {
        return hints;
    };
    for (id, item) in tab.all() {
        check_id(&id, &[], reader.checks, reader.log);
        let texts: Vec<String> = item.texts().into_iter().map(|t| t.value).collect();
        hints.insert(CheckId(id.value), texts);
    }
    hints
}

/// `[points]`: check → points.
pub(super) fn points(reader: &Reader<'_>, root: &mut Tab<'_>) -> BTreeMap<CheckId, u32> {
    let mut points = BTreeMap::new();
    let Some(tab) = root.get("points").and_then(|i| i.table()) else {
        return points;
    };
    for (id, item) in tab.all() {
        check_id(&id, &[], reader.checks, reader.log);
        if let Some(n) = item.count().and_then(|n| u32::try_from(n.value).ok()) {
            points.insert(CheckId(id.value), n);
        }
    }
    points
}
