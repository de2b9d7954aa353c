//! Texts: realistic by the property's name, valid by its format and bounds, unmistakable by a token.

use rand::{Rng, RngExt};
use serde_json::{Map, Value};

/// A text for a property.
pub(super) fn text(schema: &Map<String, Value>, name: &str, rng: &mut impl Rng) -> String {
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
        && let Some(text) = matching(pattern, schema, rng)
    {
        return text;
    }
    let format = schema
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if let Some(text) = formatted(format, name, rng) {
        return text;
    }
    let longest = bound(schema, "maxLength").unwrap_or(usize::MAX);
    let shortest = bound(schema, "minLength").unwrap_or(0);
    let token = token(rng);
    let mut text = format!("{} {token}", pick(words(name), rng));
    if text.chars().count() > longest {
        text = if token.len() <= longest {
            token
        } else {
            letters(longest.clamp(1, 8), rng)
        };
    }
    while text.chars().count() < shortest {
        let missing = shortest - text.chars().count();
        text.push_str(&letters(missing.min(12), rng));
    }
    text
}

/// The unmistakable word: `zq7`, two letters, five digits.
fn token(rng: &mut impl Rng) -> String {
    format!("zq7{}{:05}", letters(2, rng), rng.random_range(0..100_000))
}

fn letters(count: usize, rng: &mut impl Rng) -> String {
    (0..count)
        .map(|_| char::from(rng.random_range(b'a'..=b'z')))
        .collect()
}

fn bound(schema: &Map<String, Value>, word: &str) -> Option<usize> {
    schema
        .get(word)
        .and_then(Value::as_u64)
        .and_then(|n| usize::try_from(n).ok())
}

/// A text that matches a pattern (ECMA-262 as far as the regex crate reads it) and keeps to the lengths.
fn matching(pattern: &str, schema: &Map<String, Value>, rng: &mut impl Rng) -> Option<String> {
    // JSON Schema patterns are not anchored; generating exactly the pattern is one valid choice. `\d` and `\w`
    // are ASCII there.
    let ascii = pattern.trim_start_matches('^').trim_end_matches('$');
    let ascii = ascii.replace(r"\d", "[0-9]").replace(r"\w", "[A-Za-z0-9_]");
    let generator = rand_regex::Regex::compile(&ascii, 12).ok()?;
    let check = regex::Regex::new(pattern).ok()?;
    let (low, high) = (
        bound(schema, "minLength").unwrap_or(0),
        bound(schema, "maxLength").unwrap_or(usize::MAX),
    );
    (0..200).find_map(|_| {
        let text: String = rng.sample(&generator);
        let length = text.chars().count();
        (check.is_match(&text) && (low..=high).contains(&length)).then_some(text)
    })
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
