//! Every `$ref` must lead somewhere inside the document, and never round in a circle.

use serde_json::Value;

use super::super::read::log::Log;
use super::yaml::{Document, escape};

/// Says which references are broken.
pub(super) fn check(doc: &Document, log: &Log) {
    walk(&doc.value, "", doc, log);
}

fn walk(value: &Value, pointer: &str, doc: &Document, log: &Log) {
    match value {
        Value::Array(all) => {
            for (i, v) in all.iter().enumerate() {
                walk(v, &format!("{pointer}/{i}"), doc, log);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let under = format!("{pointer}/{}", escape(name));
                match (name.as_str(), member) {
                    ("$ref", Value::String(target)) => one(target, &under, doc, log),
                    // Values, not schemas: a `$ref` in them is data.
                    ("example" | "examples" | "default" | "enum" | "const", _) => {}
                    _ => walk(member, &under, doc, log),
                }
            }
        }
        _ => {}
    }
}

fn one(target: &str, at: &str, doc: &Document, log: &Log) {
    let spot = doc.spot(at);
    let Some(pointer) = target.strip_prefix('#') else {
        log.say(
            &spot,
            format!("`{target}` leads out of this file"),
            "put what it names under `components` here; a contract is one file",
        );
        return;
    };
    let pointer = decode(pointer);
    if doc.value.pointer(&pointer).is_none() {
        let (folder, name) = target.rsplit_once('/').unwrap_or(("", target));
        let siblings = doc
            .value
            .pointer(folder.trim_start_matches('#'))
            .and_then(Value::as_object);
        let known = siblings
            .into_iter()
            .flat_map(|s| s.keys().map(String::as_str));
        log.unknown(
            &spot,
            format!("`$ref: {target}` leads nowhere"),
            name,
            known,
        );
    } else if is_circle(&pointer, &doc.value) {
        log.say(
            &spot,
            format!("`$ref: {target}` leads round in a circle"),
            "let one schema of the circle say what it is, instead of naming another",
        );
    }
}

/// Whether following references from here never reaches anything but another reference.
fn is_circle(pointer: &str, document: &Value) -> bool {
    let mut seen = vec![pointer.to_owned()];
    let mut at = pointer.to_owned();
    while let Some(next) = document
        .pointer(&at)
        .and_then(|v| v.get("$ref"))
        .and_then(Value::as_str)
    {
        at = decode(next.trim_start_matches('#'));
        if seen.contains(&at) {
            return true;
        }
        seen.push(at.clone());
    }
    false
}

/// A fragment's percent-encoding undone.
pub(in crate::pack) fn decode(fragment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = fragment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|h| std::str::from_utf8(h).ok());
        match hex
            .filter(|_| first == b'%')
            .and_then(|h| u8::from_str_radix(h, 16).ok())
        {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
