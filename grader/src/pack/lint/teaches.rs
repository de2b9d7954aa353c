//! `[teaches]`: every check teaches one concept, and no check asks for what has not been taught yet.

use crate::{
    model::{CheckIndex, Stage},
    pack::{
        Pack,
        read::{
            log::{Log, Spot},
            tab::{At, Tab},
        },
    },
};

use super::{FILE, concepts::Concepts};

pub(super) fn read(root: &mut Tab<'_>) -> Vec<(At<String>, At<String>)> {
    let all = root
        .get("teaches")
        .and_then(|i| i.table())
        .map(|t| t.all())
        .unwrap_or_default();
    all.into_iter()
        .filter_map(|(check, item)| Some((check, item.text()?)))
        .collect()
}

pub(super) fn judge(
    teaches: &[(At<String>, At<String>)],
    concepts: &Concepts,
    packs: &[Pack],
    checks: Option<&CheckIndex>,
    log: &Log,
) {
    for (check, concept) in teaches {
        let Some(taught) = concepts.get(&concept.value) else {
            let what = format!("there is no concept `{}`", concept.value);
            log.unknown(
                &concept.spot,
                what,
                &concept.value,
                concepts.keys().map(String::as_str),
            );
            continue;
        };
        let stage = Stage::parse(check.value.split('.').next().unwrap_or_default());
        let opens = packs
            .iter()
            .filter(|p| stage.is_some_and(|s| p.project.stages.contains(&s)));
        let opens = opens.map(|p| u64::from(p.project.tier)).min();
        if let Some(tier) = opens.filter(|tier| *tier < taught.value.tier) {
            let what = format!(
                "`{}` is asked from tier {tier} on, and `{}` is taught in tier {}",
                check.value, concept.value, taught.value.tier
            );
            log.say(
                &check.spot,
                what,
                "teach the concept earlier, or open the stage later",
            );
        }
        let Some(checks) = checks else { continue };
        match checks.get(&check.value) {
            None => {
                let what = format!("there is no check `{}`", check.value);
                log.unknown(
                    &check.spot,
                    what,
                    &check.value,
                    checks.iter().map(|c| c.id.as_str()),
                );
            }
            Some(meta) if meta.concept != concept.value => {
                let what = format!(
                    "`{}` says itself that it teaches `{}`",
                    check.value, meta.concept
                );
                log.say(
                    &concept.spot,
                    what,
                    "let the check and the curriculum say the same",
                );
            }
            Some(_) => {}
        }
    }
    for check in checks.into_iter().flat_map(CheckIndex::iter) {
        if !teaches.iter().any(|(id, _)| id.value == check.id.as_str()) {
            let what = format!("the check `{}` teaches no concept", check.id);
            let cure = format!(
                "add `\"{}\" = \"{}\"` under [teaches]",
                check.id, check.concept
            );
            log.say(&Spot::new(FILE, 0..0), what, cure);
        }
    }
}
