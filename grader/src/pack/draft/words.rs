//! Names as contracts spell them: `ticket-types`, `ticketTypeId`, `ticket_type`.

use crate::pack::{Operation, Segment};

/// Endings of a member's name that make it a reference: `venueId`, `part_no`.
const KEYS: [&str; 8] = ["id", "slug", "key", "uuid", "no", "nr", "number", "code"];

/// `ticket-types` → `ticket_type`.
pub(super) fn singular(text: &str) -> String {
    let text = snake(text);
    for (end, one) in [
        ("ies", "y"),
        ("sses", "ss"),
        ("xes", "x"),
        ("ches", "ch"),
        ("shes", "sh"),
    ] {
        if let Some(stem) = text.strip_suffix(end) {
            return format!("{stem}{one}");
        }
    }
    match text.strip_suffix('s') {
        Some(stem) if !stem.is_empty() && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => text,
    }
}

/// A name that can stand bare in TOML.
pub(super) fn snake(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        out.push(if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        });
    }
    out
}

/// Whether a member's name is that of a key of this entity: `venue_id`, `venueId`, `venueNo`.
pub(super) fn refers(member: &str, entity: &str) -> bool {
    let plain = |s: &str| s.replace(['_', '-'], "").to_lowercase();
    let (member, entity) = (plain(member), plain(entity));
    let ending = member.strip_prefix(&entity);
    ending.is_some_and(|end| KEYS.contains(&end))
}

/// The words of an operation's path and name: `/me/password`, `changePassword` → me, password, change, password.
pub(super) fn words(op: &Operation) -> Vec<String> {
    let path = op.path.segments.iter().filter_map(|s| match s {
        Segment::Text(text) => Some(snake(text)),
        _ => None,
    });
    let id = (!op.id.as_str().contains(' ')).then(|| snake(op.id.as_str()));
    let all: Vec<String> = path.chain(id).collect();
    all.iter()
        .flat_map(|name| name.split('_'))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether one of these stands among an operation's words, in the singular or the plural, or two of its words
/// together make it: `logIn` for `login`.
pub(super) fn speaks_of(op: &Operation, names: &[&str]) -> bool {
    let words = words(op);
    let one = words.iter().map(|w| singular(w));
    let two = words.windows(2).map(<[String]>::concat);
    words
        .iter()
        .cloned()
        .chain(one)
        .chain(two)
        .any(|w| names.contains(&w.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_collections_become_names_of_things() {
        for (many, one) in [
            ("ticket-types", "ticket_type"),
            ("cities", "city"),
            ("boxes", "box"),
            ("orderLines", "order_line"),
            ("addresses", "address"),
            ("status", "status"),
            ("basis", "basis"),
            ("sheep", "sheep"),
        ] {
            assert_eq!(singular(many), one);
        }
    }

    #[test]
    fn references_are_known_by_their_ends() {
        for name in ["venue_id", "venueId", "VenueNo", "venue-slug"] {
            assert!(refers(name, "venue"), "{name}");
        }
        for name in ["venue", "venues_id", "venue_name", "id"] {
            assert!(!refers(name, "venue"), "{name}");
        }
    }
}
