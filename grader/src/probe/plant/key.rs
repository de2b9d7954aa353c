//! By what a planted thing is known, and keys that nothing is known by.

use rand::RngExt;
use serde_json::{Value, json};

use super::{Planted, Planter};
use crate::model::Exchange;
use crate::pack::Entity;

impl Planter {
    /// The key of a thing just made: from the reply's body, else from the natural key that was sent, else
    /// from the `Location` header (RFC 9110 §10.2.2).
    pub(super) fn key_of(
        &self,
        entity: &Entity,
        sent: &indexmap::IndexMap<String, Value>,
        created: &Exchange,
    ) -> Option<Value> {
        let in_reply = || {
            let body = created.json()?;
            let value = (*entity.key_place()?.get(&body).first()?).clone();
            matches!(value, Value::String(_) | Value::Number(_)).then_some(value)
        };
        let natural = || sent.get(&entity.natural_key()?.name).cloned();
        in_reply()
            .or_else(natural)
            .or_else(|| self.key_in_location(entity, created))
    }

    /// What the read operation's key parameter stands for in `Location`, absolute or relative.
    fn key_in_location(&self, entity: &Entity, created: &Exchange) -> Option<Value> {
        let location = created.header("location")?;
        let path = location.split_once("://").map_or(location, |(_, rest)| {
            rest.find('/').map_or("", |at| &rest[at..])
        });
        let path = path.split(['?', '#']).next()?.trim_end_matches('/');
        entity.read.as_ref()?;
        let last = path.rsplit('/').next().filter(|l| !l.is_empty())?;
        Some(Value::String(decoded(last)))
    }

    /// A key of the same kind by which nothing is known: a number far above, another UUID, another text.
    pub fn unknown_key(&mut self, like: &Planted) -> Option<Value> {
        let key = like.key.as_ref()?;
        Some(match key {
            // Far above all that one run can make, and within 32 bits, which the smallest id column holds.
            Value::Number(n) if n.is_i64() => {
                json!(2_000_000_000_i64 + self.rng.random_range(0..100_000_000_i64))
            }
            Value::String(text) if text.chars().all(|c| c.is_ascii_digit()) => {
                json!((2_000_000_000_i64 + self.rng.random_range(0..100_000_000_i64)).to_string())
            }
            Value::String(text) if uuid::Uuid::parse_str(text).is_ok() => {
                // The same version: a service may refuse others before it looks.
                let mut bytes: [u8; 16] = self.rng.random();
                let like = uuid::Uuid::parse_str(text)
                    .map(uuid::Uuid::into_bytes)
                    .unwrap_or(bytes);
                bytes[..7].copy_from_slice(&like[..7]);
                bytes[8] = bytes[8] & 0x3f | like[8] & 0xc0;
                bytes[6] = like[6] & 0xf0 | bytes[7] & 0x0f;
                json!(uuid::Uuid::from_bytes(bytes).to_string())
            }
            // A short text drawn anew may well be somebody's.
            Value::String(text) if text.chars().filter(char::is_ascii_alphanumeric).count() < 8 => {
                return None;
            }
            Value::String(text) => json!(self.scrambled(text)),
            _ => return None,
        })
    }

    /// The same text with every letter and digit drawn anew: same length, same shape, surely another.
    fn scrambled(&mut self, text: &str) -> String {
        let draw = |rng: &mut rand_chacha::ChaCha8Rng, c: char| match c {
            'a'..='z' => char::from(rng.random_range(b'a'..=b'z')),
            'A'..='Z' => char::from(rng.random_range(b'A'..=b'Z')),
            '0'..='9' => char::from(rng.random_range(b'0'..=b'9')),
            other => other,
        };
        text.chars().map(|c| draw(&mut self.rng, c)).collect()
    }
}

/// Percent-decoding (RFC 3986 §2.1); bytes that are no UTF-8 stand as U+FFFD.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text
            .get(at + 1..at + 3)
            .filter(|_| bytes[at] == b'%')
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match hex {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn percent_codes_are_read_and_stray_signs_kept() {
        assert_eq!(super::decoded("a%20b%2Fc%C3%BC"), "a b/cü");
        assert_eq!(super::decoded("100%"), "100%");
        assert_eq!(super::decoded("%zz"), "%zz");
    }
}
