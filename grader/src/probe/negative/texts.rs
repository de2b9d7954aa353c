//! Texts that JSON or UTF-8 can hold and a database cannot, and bytes that are no text at all.

use super::{Case, Edit, Field, Must};
use crate::pack::Contract;

/// Odd texts for a field that takes texts, made from the one that stands there.
pub fn texts(contract: &Contract, field: &Field) -> Vec<Case> {
    let Some(ordinary) = field.value.as_ref().and_then(|v| v.as_str()) else {
        return Vec::new();
    };
    if contract.is_closed(&field.schema) {
        return Vec::new();
    }
    // Short enough for all bounds, and the token of the honest text away: what is kept is not mistaken for another.
    let short: String = ordinary.chars().take(12).collect();
    let plain = serde_json::Value::from(short).to_string();
    let plain = plain.trim_matches('"').to_owned();
    let with = |inside: &[u8]| [b"\"", plain.as_bytes(), inside, b"\""].concat();
    let case = |(class, inside): (&'static str, &[u8])| Case {
        name: format!("`{}` holds {class}", field.name),
        at: field.name.clone(),
        class,
        // A policy may clean them or put U+FFFD in their place.
        must: Must::Survive,
        edit: Edit::Raw(field.at.clone(), with(inside)),
    };
    [
        ("U+0000", &br"\u0000"[..]),
        ("half a surrogate pair", br"\ud800"),
        ("the other half of a surrogate pair", br"\udc00"),
        ("a surrogate pair in the wrong order", br"\udc00\ud800"),
        ("control characters", br"\u0001\u001f\u007f"),
        ("U+FFFF", br"\uffff"),
        ("a change of direction", br"\u202e\u2066"),
        ("twelve marks on one letter", MARKS),
        ("a byte that is no UTF-8", b"\xff"),
        ("half a character of UTF-8", b"\xc3"),
        ("a character that is written too long", b"\xc0\xaf"),
        ("a surrogate in UTF-8", b"\xed\xa0\x80"),
        ("a letter in Latin-1", b"\xe9t\xe9"),
        ("a bare line break", b"\n"),
    ]
    .into_iter()
    .map(case)
    .collect()
}

/// Combining acute accents, twelve of them: more fall out of short bounds.
const MARKS: &[u8] =
    "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}"
        .as_bytes();
