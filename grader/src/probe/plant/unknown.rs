//! Keys that nothing is known by.

use rand::RngExt;
use serde_json::{Value, json};

use super::{Planted, Planter};

impl Planter {
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
                // The same version and time: a service may refuse others before it looks.
                let mut bytes = uuid::Uuid::parse_str(text).ok()?.into_bytes();
                self.rng.fill(&mut bytes[9..]);
                json!(uuid::Uuid::from_bytes(bytes).to_string())
            }
            Value::String(text) => json!(self.scrambled(text)?),
            _ => return None,
        })
    }

    /// The same text with every letter and digit drawn anew: same length, same shape, surely another. None for
    /// texts so short that another one may well be somebody's.
    fn scrambled(&mut self, text: &str) -> Option<String> {
        if text.chars().filter(char::is_ascii_alphanumeric).count() < 8 {
            return None;
        }
        let draw = |rng: &mut rand_chacha::ChaCha8Rng, c: char| match c {
            'a'..='z' => char::from(rng.random_range(b'a'..=b'z')),
            'A'..='Z' => char::from(rng.random_range(b'A'..=b'Z')),
            '0'..='9' => char::from(rng.random_range(b'0'..=b'9')),
            other => other,
        };
        let mut other = || text.chars().map(|c| draw(&mut self.rng, c)).collect();
        Some(other()).filter(|drawn: &String| drawn != text)
    }
}
