//! `[[misconception]]`: each has its words, and names checks that there are.

use crate::{
    model::CheckIndex,
    pack::read::{
        log::Log,
        tab::{At, Tab},
    },
};

/// The checks that misconceptions name.
pub(super) fn read(root: &mut Tab<'_>, log: &Log) -> Vec<At<String>> {
    let all = root.get("misconception").map(|item| item.one_or_many());
    let mut named = Vec::new();
    for mut tab in all.unwrap_or_default() {
        for (key, cure) in [
            (
                "id",
                "write a short name for it: `id = \"signed-is-fresh\"`",
            ),
            (
                "title",
                "write the belief as somebody would say it who holds it",
            ),
            ("instead", "write what is so instead"),
            ("ask", "write what to ask somebody who may hold it"),
        ] {
            let text = tab.need(key, cure).and_then(|item| item.text());
            if let Some(text) = text.filter(|text| text.value.trim().is_empty()) {
                log.say(&text.spot, format!("`{key}` is empty"), cure);
            }
        }
        let cure =
            "write the checks whose failure speaks of it: `checks = [\"schema.query-per-row\"]`";
        if let Some(item) = tab.need("checks", cure) {
            let checks = item.texts();
            if checks.is_empty() {
                log.say(&item.spot(), "`checks` is empty", cure);
            }
            named.extend(checks);
        }
        tab.done();
    }
    named
}

pub(super) fn judge(named: &[At<String>], checks: Option<&CheckIndex>, log: &Log) {
    let Some(checks) = checks else { return };
    for check in named {
        if checks.get(&check.value).is_none() {
            let what = format!("there is no check `{}`", check.value);
            let known = checks.iter().map(|c| c.id.as_str());
            log.unknown(&check.spot, what, &check.value, known);
        }
    }
}
