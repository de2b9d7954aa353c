//! The graph of concepts: no circles, nothing before what it stands on, theory before the tool that hides it.

use std::{collections::BTreeSet, path::Path};

use indexmap::IndexMap;

use crate::pack::read::{
    log::Log,
    tab::{At, Tab},
};

use super::{Concept, Step};

/// Words in the ids of concepts that hide tables behind a tool …
const HIDES_TABLES: [&str; 4] = ["orm", "object-mapping", "framework", "frameworks"];
/// … and of the theory that must come first.
const NORMALIZATION: [&str; 3] = ["normal-forms", "normalization", "normalisation"];
/// Concepts about who may do what …
const ROLES: [&str; 2] = ["roles", "role-based-access"];
/// … and those about who is who, which must come first.
const AUTHENTICATION: [&str; 2] = ["authentication", "authentication-fundamentals"];
/// Work with the tools of the trade, and the tier by which it must have been taught.
const TOOLS: [(&str, &[&str]); 3] = [
    ("Git", &["git", "git-workflow"]),
    ("terminal", &["terminal", "shell", "linux"]),
    ("container", &["container", "containers", "docker"]),
];
const TOOLS_BY: u64 = 4;

pub(super) type Concepts = IndexMap<String, At<Concept>>;

pub(super) fn read(root: &mut Tab<'_>, log: &Log) -> Concepts {
    let mut concepts = IndexMap::new();
    let tables = root
        .get("concept")
        .and_then(|i| i.table())
        .map(|t| t.tables())
        .unwrap_or_default();
    let ids: Vec<String> = tables.iter().map(|(id, _)| id.value.clone()).collect();
    for (id, mut tab) in tables {
        let title = tab.need("title", "write its title").and_then(|i| i.text());
        let tier = tab
            .need("tier", "write the tier that teaches it")
            .and_then(|i| i.count());
        let after = tab.get("after").map(|i| i.texts()).unwrap_or_default();
        for name in after.iter().filter(|n| !ids.contains(&n.value)) {
            let what = format!("there is no concept `{}`", name.value);
            log.unknown(
                &name.spot,
                what,
                &name.value,
                ids.iter().map(String::as_str),
            );
        }
        let page = tab.get("page").and_then(|i| i.text()).map(|t| t.value);
        tab.done();
        if let (Some(title), Some(tier)) = (title, tier) {
            let after = after.into_iter().map(|a| a.value).collect();
            let value = Concept {
                title: title.value,
                tier: tier.value,
                after,
                page,
            };
            concepts.insert(
                id.value,
                At {
                    value,
                    spot: id.spot,
                },
            );
        }
    }
    concepts
}

pub(super) fn judge(concepts: &Concepts, steps: &[At<Step>], folder: &Path, log: &Log) {
    for (
        id,
        At {
            value: concept,
            spot,
        },
    ) in concepts
    {
        let Some(step) = steps.iter().find(|s| s.value.tier == concept.tier) else {
            let what = format!(
                "`{id}` is taught in tier {}, which no project is",
                concept.tier
            );
            log.say(spot, what, "name the tier of one of the projects");
            continue;
        };
        for below in &concept.after {
            if let Some(later) = concepts.get(below).filter(|c| c.value.tier > concept.tier) {
                let what = format!(
                    "`{id}` is taught in tier {} and stands on `{below}`, taught in tier {}",
                    concept.tier, later.value.tier
                );
                log.say(
                    spot,
                    what,
                    "teach what comes first in the same tier or an earlier one",
                );
            }
        }
        if foundations(id, concepts).contains(id.as_str()) {
            log.say(
                spot,
                format!("`{id}` stands on itself"),
                "break the circle in `after`",
            );
        }
        match &concept.page {
            None if step.value.exists => {
                log.say(
                    spot,
                    format!("`{id}` has no page of theory"),
                    "write `page = \"concepts/….md\"`",
                );
            }
            Some(page) if step.value.exists && !folder.join(page).is_file() => {
                log.say(
                    spot,
                    format!("the page {page} is not there"),
                    "write it: one screen of theory",
                );
            }
            _ => {}
        }
    }
    first(
        concepts,
        &NORMALIZATION,
        &HIDES_TABLES,
        "normalization",
        log,
    );
    first(concepts, &AUTHENTICATION, &ROLES, "authentication", log);
    tools(concepts, log);
}

/// Everything a concept stands on, directly or not.
fn foundations<'c>(id: &str, concepts: &'c Concepts) -> BTreeSet<&'c str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = vec![id];
    while let Some(at) = open.pop() {
        for below in concepts.get(at).map_or(&[][..], |c| &c.value.after) {
            if found.insert(below.as_str()) {
                open.push(below);
            }
        }
    }
    found
}

/// Concepts of the second kind must stand on one of the first.
fn first(concepts: &Concepts, earlier: &[&str], later: &[&str], name: &str, log: &Log) {
    for (id, concept) in concepts
        .iter()
        .filter(|(id, _)| later.contains(&id.as_str()))
    {
        let below = foundations(id, concepts);
        if !earlier.iter().any(|e| below.contains(e)) {
            let what = format!("`{id}` does not stand on {name}");
            let cure = format!("teach it after one of: {}", earlier.join(", "));
            log.say(&concept.spot, what, cure);
        }
    }
}

fn tools(concepts: &Concepts, log: &Log) {
    for (name, ids) in TOOLS {
        for (id, concept) in concepts.iter().filter(|(id, _)| ids.contains(&id.as_str())) {
            if concept.value.tier > TOOLS_BY {
                let what = format!("`{id}` is taught in tier {}", concept.value.tier);
                let cure = format!("teach {name} work by tier {TOOLS_BY}");
                log.say(&concept.spot, what, cure);
            }
        }
    }
}
