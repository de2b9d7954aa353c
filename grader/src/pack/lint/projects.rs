//! The projects of a curriculum: three to five, in order, and the same as their packs say.

use std::path::Path;

use crate::pack::{
    Pack,
    read::{
        log::{Log, Spot},
        tab::{At, Tab},
    },
};

use super::{FILE, Step};

pub(super) fn read(root: &mut Tab<'_>, log: &Log) -> Vec<At<Step>> {
    let tables = root
        .get("project")
        .map(|i| i.one_or_many())
        .unwrap_or_default();
    tables
        .into_iter()
        .filter_map(|tab| step(tab, log))
        .collect()
}

fn step(mut tab: Tab<'_>, log: &Log) -> Option<At<Step>> {
    let id = tab.need("id", "write the pack's id").and_then(|i| i.text());
    let title = tab.need("title", "write its title").and_then(|i| i.text());
    let tier = tab
        .need("tier", "write its tier, from 1")
        .and_then(|i| i.count());
    let hours = tab.get("hours").and_then(|i| i.number());
    let exists = tab.get("exists").and_then(|i| i.flag()).unwrap_or(true);
    tab.done();
    let (id, title, tier) = (id?, title?, tier?);
    if hours.as_ref().is_some_and(|h| h.value <= 0.0) {
        log.say(
            &id.spot,
            format!("`{}` is planned with no effort", id.value),
            "write the hours it takes",
        );
    }
    let value = Step {
        id: id.value,
        title: title.value,
        tier: tier.value,
        hours: hours.map(|h| h.value),
        exists,
    };
    Some(At {
        value,
        spot: id.spot,
    })
}

pub(super) fn judge(steps: &[At<Step>], packs: &[Pack], folder: &Path, log: &Log) {
    if !(3..=5).contains(&steps.len()) {
        let what = format!("the curriculum has {} projects", steps.len());
        log.say(&Spot::new(FILE, 0..0), what, "plan three to five");
    }
    for (i, step) in steps.iter().enumerate() {
        let (At { value: step, spot }, expected) = (step, i as u64 + 1);
        if step.tier != expected {
            let what = format!(
                "`{}` is tier {}, but stands where tier {expected} does",
                step.id, step.tier
            );
            log.say(spot, what, "order the projects by tier, from 1, one a tier");
        }
        if steps[..i].iter().any(|s| s.value.id == step.id) {
            log.say(
                spot,
                format!("`{}` stands here twice", step.id),
                "remove one of the two",
            );
        }
        let there = folder.join(&step.id).join("project.toml").is_file();
        if there != step.exists {
            let (what, cure) = if there {
                (
                    "is there, though `exists` says it is not",
                    "write `exists = true`",
                )
            } else {
                ("is not there", "add its folder, or write `exists = false`")
            };
            log.say(spot, format!("the pack `{}` {what}", step.id), cure);
        }
        if let Some(pack) = packs.iter().find(|p| p.project.id == step.id) {
            agree(step, spot, pack, &steps[..i], log);
        }
    }
    unlisted(steps, folder, log);
}

/// What the curriculum says of a project must be what its pack says.
fn agree(step: &Step, spot: &Spot, pack: &Pack, earlier: &[At<Step>], log: &Log) {
    let project = &pack.project;
    let cure = format!(
        "let curriculum.toml and {}/project.toml say the same",
        step.id
    );
    if u64::from(project.tier) != step.tier {
        log.say(
            spot,
            format!(
                "`{}` is tier {} here and tier {} in its pack",
                step.id, step.tier, project.tier
            ),
            &cure,
        );
    }
    if project.title != step.title {
        log.say(
            spot,
            format!(
                "`{}` is called \"{}\" here and \"{}\" in its pack",
                step.id, step.title, project.title
            ),
            &cure,
        );
    }
    if let (Some(here), Some(there)) = (step.hours, project.hours)
        && (here - there).abs() > f64::EPSILON
    {
        log.say(
            spot,
            format!(
                "`{}` takes {here} hours here and {there} in its pack",
                step.id
            ),
            &cure,
        );
    }
    for before in &project.after {
        if !earlier.iter().any(|s| s.value.id == *before) {
            let what = format!(
                "`{}` comes after `{before}`, which does not stand before it",
                step.id
            );
            log.say(spot, what, "name an earlier project in its `after`");
        }
    }
}

/// Folders with a pack that the curriculum does not name.
fn unlisted(steps: &[At<Step>], folder: &Path, log: &Log) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|e| e.path().join("project.toml").is_file())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|n| !steps.iter().any(|s| s.value.id == *n))
        .collect();
    names.sort();
    for name in names {
        let what = format!("the pack `{name}` stands beside the curriculum but not in it");
        log.say(
            &Spot::new(FILE, 0..0),
            what,
            "add it as a [[project]], or move it away",
        );
    }
}
