//! `[project]`, `[errors]`, `[mentor]`.

use crate::{
    model::CheckIndex,
    pack::{Errors, Gate, Mentor, Project},
};

use super::{
    disclosure,
    log::Log,
    stages,
    tab::{At, Item, Tab},
};

/// The share of points that opens the next tier, unless the project says otherwise.
pub(super) const SHARE: f64 = 0.85;

pub(super) fn project(
    root: &mut Tab<'_>,
    folder: Option<&str>,
    checks: Option<&CheckIndex>,
    log: &Log,
) -> Option<Project> {
    let mut tab = root
        .need("project", "begin the file with [project]")?
        .table()?;
    let id = tab
        .need("id", "write the folder's name: `id = \"2-catalogue\"`")
        .and_then(|i| i.text());
    let title = tab
        .need("title", "write a title for people")
        .and_then(|i| i.text());
    let tier = tab
        .need("tier", "write the step in the curriculum: `tier = 1`")
        .and_then(|i| i.count());
    let after = tab.get("after").map(|i| i.texts()).unwrap_or_default();
    let stages = tab
        .need(
            "stages",
            "write the stages in force: `stages = [\"boot\", \"endpoints\"]`",
        )
        .map(|i| stages::stages(&i, log));
    let gate = match tab.get("gate") {
        Some(item) => gate(&item, stages.as_deref().unwrap_or_default(), checks, log),
        None => Gate {
            share: SHARE,
            must: Vec::new(),
            sign_off: false,
        },
    };
    let hours = tab.get("hours").and_then(|i| i.number()).map(|n| n.value);
    let shows = disclosure::read(&mut tab, log);
    let next_rung_after = tab
        .get("next_rung_after")
        .and_then(|i| i.count())
        .map_or(2, |n| n.value);
    tab.done();
    let (id, title, tier) = (id?, title?, tier?);
    name(&id, tier.value, folder, log);
    order(&id, &tier, &after, log);
    Some(Project {
        id: id.value,
        title: title.value,
        tier: u32::try_from(tier.value).unwrap_or(u32::MAX),
        after: after.into_iter().map(|a| a.value).collect(),
        stages: stages?,
        gate,
        hours,
        shows,
        next_rung_after: u32::try_from(next_rung_after).unwrap_or(u32::MAX),
    })
}

/// The id is the folder's name, and a number at its front is the tier.
fn name(id: &At<String>, tier: u64, folder: Option<&str>, log: &Log) {
    if !is_id(&id.value) {
        log.say(
            &id.spot,
            format!("`{}` is no project id", id.value),
            "use lower-case letters, digits and hyphens",
        );
    } else if folder.is_some_and(|f| f != id.value) {
        let folder = folder.unwrap_or_default();
        let what = format!(
            "the id is `{}` but the folder is called `{folder}`",
            id.value
        );
        log.say(
            &id.spot,
            what,
            format!("write `id = \"{folder}\"`, or rename the folder"),
        );
    }
    let front = id
        .value
        .split('-')
        .next()
        .and_then(|n| n.parse::<u64>().ok());
    if front.is_some_and(|n| n != tier) {
        let what = format!("the id `{}` does not fit tier {tier}", id.value);
        log.say(
            &id.spot,
            what,
            "let the number at the front of the id be the tier",
        );
    }
}

/// Lower-case letters, digits and hyphens.
fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(plain)
}

fn order(id: &At<String>, tier: &At<u64>, after: &[At<String>], log: &Log) {
    if tier.value == 0 {
        log.say(&tier.spot, "tier 0 does not exist", "count tiers from 1");
    }
    for earlier in after {
        if !is_id(&earlier.value) {
            let what = format!("`{}` is no project id", earlier.value);
            log.say(
                &earlier.spot,
                what,
                "name the project before this one: `after = [\"1-listings\"]`",
            );
        }
        let front = earlier
            .value
            .split('-')
            .next()
            .and_then(|n| n.parse::<u64>().ok());
        if earlier.value == id.value {
            log.say(
                &earlier.spot,
                "a project cannot come after itself",
                "name the project before it",
            );
        } else if front.is_some_and(|n| n >= tier.value) {
            let what = format!(
                "`{}` is not earlier than tier {}",
                earlier.value, tier.value
            );
            log.say(&earlier.spot, what, "name projects of earlier tiers only");
        }
    }
    if tier.value == 1 && !after.is_empty() {
        log.say(
            &tier.spot,
            "tier 1 comes after nothing",
            "remove `after`, or raise the tier",
        );
    }
    if tier.value > 1 && after.is_empty() {
        let what = format!("tier {} does not say what it comes after", tier.value);
        log.say(
            &tier.spot,
            what,
            "write `after = [\"…\"]` with the project before it",
        );
    }
}

fn gate(
    item: &Item<'_>,
    stages: &[crate::model::Stage],
    checks: Option<&CheckIndex>,
    log: &Log,
) -> Gate {
    let mut gate = Gate {
        share: SHARE,
        must: Vec::new(),
        sign_off: false,
    };
    let Some(mut tab) = item.table() else {
        return gate;
    };
    if let Some(share) = tab.get("share").and_then(|i| i.number()) {
        gate.share = share.value;
        if !(0.0..=1.0).contains(&share.value) {
            let what = format!("a share of {} is no share", share.value);
            log.say(&share.spot, what, "write a number from 0 to 1");
        }
    }
    for id in tab.get("must").map(|i| i.texts()).unwrap_or_default() {
        stages::check_id(&id, stages, checks, log);
        gate.must.push(id.value.as_str().into());
    }
    gate.sign_off = tab
        .get("sign_off")
        .and_then(|i| i.flag())
        .unwrap_or_default();
    tab.done();
    gate
}

pub(super) fn errors(root: &mut Tab<'_>) -> Errors {
    let mut errors = Errors::default();
    let Some(mut tab) = root.get("errors").and_then(|i| i.table()) else {
        return errors;
    };
    errors.media = tab.get("type").and_then(|i| i.text()).map(|t| t.value);
    if let Some(item) = tab.get("validation") {
        errors.validation = statuses(&item);
    }
    tab.done();
    errors
}

/// A list of statuses.
pub(super) fn statuses(item: &Item<'_>) -> Vec<u16> {
    let read = |item: &Item<'_>| {
        let n = item.count()?;
        match u16::try_from(n.value) {
            Ok(status @ 100..=599) => Some(status),
            _ => item.wrong("a status from 100 to 599"),
        }
    };
    item.items()
        .unwrap_or_default()
        .iter()
        .filter_map(read)
        .collect()
}

pub(super) fn mentor(root: &mut Tab<'_>) -> Mentor {
    let mut mentor = Mentor::default();
    let Some(mut tab) = root.get("mentor").and_then(|i| i.table()) else {
        return mentor;
    };
    let questions = tab.get("questions").map(|i| i.texts()).unwrap_or_default();
    mentor.questions = questions.into_iter().map(|q| q.value).collect();
    tab.done();
    mentor
}
