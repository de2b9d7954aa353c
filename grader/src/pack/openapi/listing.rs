//! Which operations give lists, where the things are, and how the next ones are had.

use serde_json::Value;

use crate::pack::{
    Contract, Listing, Method, Operation, Paging, Param, ParamPlace, Place, Pointer,
};

use super::shape;

const CURSORS: [&str; 8] = [
    "cursor",
    "after",
    "page_token",
    "pageToken",
    "starting_after",
    "next",
    "next_cursor",
    "continue",
];
const NEXTS: [&str; 8] = [
    "next_cursor",
    "nextCursor",
    "next_page_token",
    "nextPageToken",
    "next",
    "cursor",
    "next_token",
    "after",
];
const OFFSETS: [&str; 4] = ["offset", "skip", "start", "from_index"];
const PAGES: [&str; 4] = ["page", "page_number", "pageNumber", "p"];
const LIMITS: [&str; 8] = [
    "limit",
    "per_page",
    "perPage",
    "page_size",
    "pageSize",
    "size",
    "first",
    "count",
];

/// The list an operation gives, if its successful reply looks like one: an array, or an object of which one member
/// is an array and the others are about paging.
pub(super) fn listing(contract: &Contract, op: &Operation) -> Option<Listing> {
    let schema = &op.ok()?.schema.as_ref()?.value;
    if op.method != Method::Get {
        return None;
    }
    let items = items(contract, schema)?;
    let (paging, limit, max) = paging(contract, op);
    Some(Listing {
        items: Place::body(items),
        paging,
        limit,
        max,
    })
}

fn items(contract: &Contract, schema: &Value) -> Option<Pointer> {
    if shape::is(contract, schema, "array") {
        return Some(Pointer::default().each());
    }
    let members = shape::members(contract, schema);
    let mut arrays = members
        .iter()
        .filter(|(_, m)| shape::is(contract, &m.schema, "array"));
    let (name, _) = arrays.next()?;
    let alone = arrays.next().is_none();
    let others = members
        .keys()
        .filter(|k| *k != name)
        .all(|k| about_paging(k));
    (alone && others).then(|| Pointer::default().member(name).each())
}

/// Whether a property's name speaks of pages: one of its words does (`next_cursor`, `hasMore`), not a part of
/// one (`country` is no count).
fn about_paging(name: &str) -> bool {
    const WORDS: [&str; 18] = [
        "next", "prev", "previous", "first", "last", "cursor", "total", "count", "page", "pages",
        "offset", "limit", "more", "meta", "link", "links", "size", "per",
    ];
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c.is_uppercase() || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.iter().any(|w| WORDS.contains(&w.as_str()))
}

/// How the next part of the list is had, the parameter for a page's size and its maximum.
pub(in crate::pack) fn paging(
    contract: &Contract,
    op: &Operation,
) -> (Paging, Option<String>, Option<u64>) {
    let query = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| op.param(ParamPlace::Query, name))
            .map(|p| p as &Param)
    };
    let limit = query(&LIMITS);
    let max = limit.and_then(|p| contract.follow(&p.schema.value)["maximum"].as_u64());
    let next = op
        .ok()
        .and_then(|r| r.schema.as_ref())
        .and_then(|s| next(contract, &s.value));
    let paging = match (query(&CURSORS), next, query(&OFFSETS), query(&PAGES)) {
        (Some(param), Some(next), ..) => Paging::Cursor {
            param: param.name.clone(),
            next: Place::body(next),
        },
        (_, _, Some(param), _) => Paging::Offset {
            param: param.name.clone(),
        },
        (_, _, _, Some(param)) => {
            let first = contract.follow(&param.schema.value)["minimum"].as_u64();
            Paging::Page {
                param: param.name.clone(),
                first: u64::from(first != Some(0)),
            }
        }
        _ => Paging::None,
    };
    (paging, limit.map(|p| p.name.clone()), max)
}

/// Where the reply carries the cursor of the next page: at the top, or one level down (`/meta/next_cursor`).
fn next(contract: &Contract, schema: &Value) -> Option<Pointer> {
    let members = shape::members(contract, schema);
    let root = Pointer::default();
    if let Some(name) = NEXTS.iter().find(|n| members.contains_key(**n)) {
        return Some(root.member(*name));
    }
    members.iter().find_map(|(outer, m)| {
        let inner = shape::members(contract, &m.schema);
        let name = NEXTS.iter().find(|n| inner.contains_key(**n))?;
        Some(root.member(outer).member(*name))
    })
}

#[cfg(test)]
mod tests {
    use super::about_paging;

    #[test]
    fn a_word_tells_and_a_part_of_one_does_not() {
        for name in [
            "next_cursor",
            "nextCursor",
            "hasMore",
            "total",
            "per_page",
            "totalCount",
        ] {
            assert!(about_paging(name), "{name}");
        }
        for name in ["country", "discount", "homepage", "statement", "blimity"] {
            assert!(!about_paging(name), "{name}");
        }
    }
}
