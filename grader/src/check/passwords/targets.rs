//! What a stored value may mean: the bytes that stand in it, by whatever letters.

use std::collections::BTreeSet;

use serde_json::Value;

use super::recipe::Salt;
use super::spelling::{unbase64, unhex};

/// The shortest digest that is looked for, bytes: shorter ones could be met by chance.
const LEAST: usize = 16;
/// The lengths of digests, bytes.
const DIGESTS: [usize; 6] = [16, 20, 28, 32, 48, 64];

/// Whether a text, or a part of it between signs, has the length of a digest in hex or base64: most texts have not.
pub(crate) fn may_be_digest(text: &str) -> bool {
    let plain = !text.contains(['@', ' ', '"']);
    let digest = |part: &String| readings(part).iter().any(|b| DIGESTS.contains(&b.len()));
    plain && pieces(text).iter().any(digest)
}

/// All byte strings of a stored value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Targets(BTreeSet<Vec<u8>>);

impl Targets {
    /// What stands in a cell, and the salts that may stand beside it.
    pub(crate) fn of(cell: &str) -> (Self, Vec<Salt>) {
        let (mut targets, mut salts, mut halves) = (BTreeSet::new(), Vec::new(), Vec::new());
        let salt = |bytes: &[u8]| Salt {
            name: "a salt beside it".to_owned(),
            bytes: bytes.to_vec(),
        };
        for text in pieces(cell) {
            salts.push(salt(text.as_bytes()));
            for bytes in readings(&text) {
                // A digest and its salt may be one string of bytes.
                for length in DIGESTS.into_iter().filter(|n| *n < bytes.len()) {
                    let (head, rest) = bytes.split_at(length);
                    let (first, tail) = bytes.split_at(bytes.len() - length);
                    targets.extend([head.to_vec(), tail.to_vec()]);
                    halves.extend([salt(rest), salt(first)]);
                }
                salts.push(salt(&bytes));
                targets.insert(bytes);
            }
        }
        salts.extend(halves);
        targets.retain(|bytes| bytes.len() >= LEAST);
        (Self(targets), salts)
    }

    /// Whether this digest stands there.
    pub(crate) fn hold(&self, digest: &[u8]) -> bool {
        self.0.contains(digest)
    }

    /// Each of them.
    pub(crate) fn each(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }
}

/// The texts of a cell: itself, the texts of a JSON document, and what stands between signs.
pub(crate) fn pieces(cell: &str) -> Vec<String> {
    let mut all = texts(cell);
    for text in all.clone() {
        let parts = text.split([':', '$', '.', '|', ',', ';', '#', '*', ' ']);
        all.extend(parts.map(str::to_owned));
    }
    let mut seen = BTreeSet::new();
    all.retain(|text| !text.is_empty() && seen.insert(text.clone()));
    all
}

/// The cell as a text: its bytes where they are one, each text of a document.
pub(crate) fn texts(cell: &str) -> Vec<String> {
    let mut all = vec![cell.to_owned()];
    if let Some(bytes) = cell.strip_prefix("\\x").and_then(unhex) {
        all.extend(String::from_utf8(bytes));
    }
    if cell.starts_with(['{', '[', '"'])
        && let Ok(json) = serde_json::from_str(cell)
    {
        collect(&json, &mut all);
    }
    all
}

fn collect(json: &Value, all: &mut Vec<String>) {
    match json {
        Value::String(text) => all.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, all)),
        Value::Object(members) => members.values().for_each(|item| collect(item, all)),
        _ => {}
    }
}

/// The bytes that a text may stand for.
pub(crate) fn readings(text: &str) -> Vec<Vec<u8>> {
    let bare = text.strip_prefix("\\x").or_else(|| text.strip_prefix("0x"));
    let hex = unhex(bare.unwrap_or(text));
    let mut all: Vec<_> = hex.into_iter().chain(unbase64(text)).collect();
    all.retain(|bytes| !bytes.is_empty());
    all
}
