//! `[limits]`.

use super::log::Log;
use super::tab::Tab;
use crate::pack::Bounds;

pub(super) fn limits(root: &mut Tab<'_>, log: &Log) -> Bounds {
    let mut bounds = Bounds::default();
    let Some(mut tab) = root.get("limits").and_then(|i| i.table()) else {
        return bounds;
    };
    for name in Bounds::NAMES {
        let Some(item) = tab.get(name) else { continue };
        let value = match item.is_text() {
            true => item.text().map(|t| t.value),
            false => item.number().map(|n| n.value.to_string()),
        };
        if let Some(Err(cure)) = value.map(|value| bounds.set(name, &value)) {
            log.say(&item.spot(), format!("`{name}` is no such limit"), cure);
        }
    }
    tab.done();
    bounds
}
