//! Bodies that are no JSON, or hardly any.

use super::{Bend, Case, Edit, Must};

/// What an honest body becomes. What a lenient parser may read as what was meant is only odd (RFC 8259 §9).
pub fn malformed() -> Vec<Case> {
    let case = |(class, must, bend): (&'static str, Must, Bend)| Case {
        name: format!("the body {class}"),
        at: String::new(),
        class,
        must,
        edit: Edit::Whole(bend),
    };
    let all: [(&'static str, Must, Bend); 15] = [
        ("is empty", Must::Refuse, |_| Vec::new()),
        ("ends in the middle", Must::Refuse, |t| {
            t.as_bytes()[..t.len() / 2].into()
        }),
        ("lacks its last brace", Must::Refuse, |t| {
            t.as_bytes()[..t.len().saturating_sub(1)].into()
        }),
        ("is a word", Must::Refuse, |_| b"kestrel".into()),
        ("is one brace", Must::Refuse, |_| b"{".into()),
        ("has something behind it", Must::Refuse, |t| {
            format!("{t} kestrel").into()
        }),
        ("is there twice", Must::Refuse, |t| format!("{t}{t}").into()),
        ("is a form", Must::Refuse, |_| b"name=zq7&capacity=7".into()),
        (
            "is compressed without a word about it",
            Must::Refuse,
            |_| GZIP.into(),
        ),
        ("is blank", Must::Refuse, |_| b" \r\n\t ".into()),
        ("has single quotes", Must::Coerce, single),
        ("has a comma too many", Must::Coerce, |t| bent(t, ",}")),
        ("has a comment in it", Must::Coerce, |t| bent(t, "/* */}")),
        ("begins with a byte order mark", Must::Survive, |t| {
            format!("\u{feff}{t}").into()
        }),
        ("says one name twice", Must::Survive, twice),
    ];
    all.into_iter().map(case).collect()
}

/// The word `{}` as gzip writes it (RFC 1952).
const GZIP: &[u8] = &[
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0,
];

/// As JavaScript may write it.
fn single(text: &str) -> Vec<u8> {
    match text.contains('"') {
        true => text.replace('"', "'").into(),
        false => b"{'zq7': 1}".into(),
    }
}

/// The last brace of an object replaced; of an empty one there is nothing to go on after.
fn bent(text: &str, with: &str) -> Vec<u8> {
    let open = text.strip_suffix('}').unwrap_or(text);
    let open = if open == "{" { "{\"zq7\":1" } else { open };
    format!("{open}{with}").into()
}

/// Every name of the outermost object twice, with the same value: whichever counts, it is what was meant.
fn twice(text: &str) -> Vec<u8> {
    let inner = text.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
    match inner.filter(|inner| !inner.is_empty()) {
        Some(inner) => format!("{{{inner},{inner}}}").into(),
        None => b"{\"zq7\":1,\"zq7\":1}".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_must_be_refused_is_no_json() {
        for body in [json!({}), json!({"name": "a", "n": 7, "of": [{"b": 1}]})] {
            for case in malformed() {
                let bytes = case.edit.on(&body).unwrap();
                let read = serde_json::from_slice::<Value>(&bytes);
                assert_eq!(
                    read.is_ok(),
                    case.class == "says one name twice",
                    "{}",
                    case.name
                );
            }
        }
    }
}
