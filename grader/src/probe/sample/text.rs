//! Texts: realistic by the property's name, valid by its format and bounds, unmistakable by a token.

use rand::{Rng, RngExt};
use serde_json::{Map, Value};

use super::shape::bound;
use crate::pack::Contract;

/// A text for a property.
pub(super) fn text(
    contract: &Contract,
    schema: &Map<String, Value>,
    name: &str,
    rng: &mut impl Rng,
) -> String {
    let format = schema
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if schema.contains_key("pattern")
        && let Some(text) = patterned(contract, schema, format, name, rng)
    {
        return text;
    }
    let (low, high) = lengths(schema);
    match formatted(format, name, rng) {
        // A format nobody knows says nothing; a known one may still be too long.
        Some(text) if text.chars().count() <= high => text,
        Some(_) => short(format, high, rng),
        None => plain(name, low, high, rng),
    }
}

/// A realistic text with a token, within these lengths.
fn plain(name: &str, low: usize, high: usize, rng: &mut impl Rng) -> String {
    let token = token(rng);
    let mut text = format!("{} {token}", pick(words(name), rng));
    if text.chars().count() > high {
        text = if token.len() <= high {
            token
        } else {
            letters(high, rng)
        };
    }
    while text.chars().count() < low {
        let missing = low - text.chars().count();
        text.push_str(&letters(missing.min(12), rng));
    }
    text
}

/// A text of a format where little room is left.
fn short(format: &str, high: usize, rng: &mut impl Rng) -> String {
    let name = letters(high.saturating_sub("@a.test".len()).clamp(1, 10), rng);
    match format {
        "email" | "idn-email" => format!("{name}@a.test"),
        "uri" | "url" | "iri" => {
            format!(
                "http://a.test/{}",
                letters(high.saturating_sub("http://a.test/".len()), rng)
            )
        }
        "hostname" | "idn-hostname" => {
            format!("{}.test", letters(high.saturating_sub(5).clamp(1, 10), rng))
        }
        _ => letters(high, rng),
    }
}

/// A text that keeps to a pattern: one with a token where the pattern has room for it, else any that matches.
fn patterned(
    contract: &Contract,
    schema: &Map<String, Value>,
    format: &str,
    name: &str,
    rng: &mut impl Rng,
) -> Option<String> {
    let (low, high) = lengths(schema);
    let whole = Value::Object(schema.clone());
    let fits = |text: &String| contract.accepts(&whole, &Value::String(text.clone()));
    let mut tries = vec![plain(name, low, high, rng), plain("", low, high, rng)];
    tries.extend(formatted(format, name, rng));
    for joint in ["", "-", "_", "."] {
        tries.push(format!(
            "{}{joint}{}",
            pick(words(name), rng).replace(' ', joint).to_lowercase(),
            token(rng)
        ));
        tries.push(format!(
            "{}{joint}{}",
            pick(words(name), rng).replace(' ', joint),
            token(rng)
        ));
    }
    let token = token(rng);
    // What rules for passwords ask for: a capital, a digit, a sign.
    tries.extend([
        format!("A{token}!"),
        format!("Aa-{token}-9"),
        token.to_uppercase(),
        format!("/{token}"),
        format!("#{token}"),
        token,
    ]);
    let pattern = schema
        .get("pattern")
        .and_then(Value::as_str)
        .unwrap_or_default();
    tries
        .into_iter()
        .find(|t| fits(t))
        .or_else(|| matching(pattern, rng, fits))
}

fn lengths(schema: &Map<String, Value>) -> (usize, usize) {
    (
        bound(schema, "minLength").unwrap_or(0),
        bound(schema, "maxLength").unwrap_or(usize::MAX),
    )
}

/// The unmistakable word: `zq7`, two letters, five digits.
pub(super) fn token(rng: &mut impl Rng) -> String {
    format!("zq7{}{:05}", letters(2, rng), rng.random_range(0..100_000))
}

fn letters(count: usize, rng: &mut impl Rng) -> String {
    (0..count)
        .map(|_| char::from(rng.random_range(b'a'..=b'z')))
        .collect()
}

/// A text that matches a pattern (ECMA-262 as far as the regex crate reads it), if one is found that fits.
fn matching(pattern: &str, rng: &mut impl Rng, fits: impl Fn(&String) -> bool) -> Option<String> {
    // JSON Schema patterns are not anchored; generating exactly the pattern is one valid choice. `\d` and `\w`
    // are ASCII there.
    let ascii = pattern.trim_start_matches('^').trim_end_matches('$');
    let ascii = ascii.replace(r"\d", "[0-9]").replace(r"\w", "[A-Za-z0-9_]");
    let generator = rand_regex::Regex::compile(&ascii, 12).ok()?;
    (0..200)
        .map(|_| rng.sample::<String, _>(&generator))
        .find(fits)
}

/// A text of a known format; none for formats that mean nothing to us.
fn formatted(format: &str, name: &str, rng: &mut impl Rng) -> Option<String> {
    let token = token(rng);
    Some(match format {
        "date-time" => instant(rng),
        "date" => {
            format!(
                "2027-{:02}-{:02}",
                rng.random_range(1..=12),
                rng.random_range(1..=28)
            )
        }
        "time" => format!(
            "{:02}:{:02}:{:02}Z",
            rng.random_range(0..24),
            rng.random_range(0..60),
            rng.random_range(0..60)
        ),
        "duration" => format!("PT{}M", rng.random_range(1..1000)),
        "email" | "idn-email" => format!(
            "{}.{token}@example.test",
            pick(&["mara", "joris", "lea"], rng)
        ),
        "uuid" => uuid::Builder::from_random_bytes(rng.random())
            .into_uuid()
            .to_string(),
        "uri" | "url" | "iri" => format!(
            "https://example.test/{}/{token}",
            name.to_ascii_lowercase()
                .replace(|c: char| !c.is_ascii_alphanumeric(), "-")
        ),
        "uri-reference" | "iri-reference" => format!("/{token}"),
        "hostname" | "idn-hostname" => format!("{token}.example.test"),
        "ipv4" => format!("192.0.2.{}", rng.random_range(1..255)),
        "ipv6" => format!("2001:db8::{:x}", rng.random_range(1..65_535)),
        "byte" => "enE3".to_owned() + &letters(8, rng),
        "password" => format!("{}-{token}-{}", letters(6, rng), letters(6, rng)),
        _ => return None,
    })
}

/// An instant in the near future, in an offset other than UTC: a service that drops the offset then shows it.
fn instant(rng: &mut impl Rng) -> String {
    let offset = pick(&["+01:00", "+02:00", "-05:00", "+05:30", "-08:00"], rng);
    format!(
        "2027-{:02}-{:02}T{:02}:{:02}:{:02}{offset}",
        rng.random_range(1..=12),
        rng.random_range(1..=28),
        rng.random_range(0..24),
        rng.random_range(0..60),
        rng.random_range(1..60),
    )
}

fn pick<'a>(words: &[&'a str], rng: &mut impl Rng) -> &'a str {
    words
        .get(rng.random_range(0..words.len().max(1)))
        .copied()
        .unwrap_or_default()
}

/// Words that a reader expects under this name.
fn words(name: &str) -> &'static [&'static str] {
    let name = name.to_ascii_lowercase();
    let has = |part: &str| name.contains(part);
    if has("city") || has("town") {
        &["Utrecht", "Porto", "Ghent", "Turku", "Graz"]
    } else if has("country") {
        &["Netherlands", "Portugal", "Belgium", "Finland", "Austria"]
    } else if has("first") || has("last") || has("user") || has("author") {
        &["Mara", "Joris", "Lea", "Tomas", "Ines"]
    } else if has("title") || has("subject") {
        &[
            "Evening of Strings",
            "Winter Lights",
            "Open Stage",
            "The Long Night",
        ]
    } else if has("description") || has("body") || has("text") || has("comment") || has("bio") {
        &[
            "Doors open at seven and the bar stays open.",
            "Bring a friend and a warm coat.",
        ]
    } else if has("street") || has("address") {
        &["Harbour Street 12", "Mill Lane 4", "Station Square 31"]
    } else if has("phone") {
        &["+31 20 555 0182", "+32 9 555 0144"]
    } else if has("tag") || has("slug") || has("label") {
        &["jazz", "indoor", "family"]
    } else if has("name") {
        &["Harbour Hall", "Old Mill", "Lantern Room", "North Pier"]
    } else {
        &["amber", "cobalt", "linden", "marble"]
    }
}
