//! A secret as it may be written down: looked for in every spelling, it is found wherever it can be read.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

/// A way to write a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spelling {
    /// In words: `in base64`.
    pub(crate) how: &'static str,
    /// The text that is then found; a longer text may stand around it.
    pub(crate) text: String,
}

/// Every spelling of a secret, the plainest first. A search that ignores case finds it with its case changed too, and
/// one that reads bytes finds it among bytes.
pub(crate) fn spellings(secret: &str) -> Vec<Spelling> {
    let mut all = vec![
        ("as it was sent", secret.to_owned()),
        ("URL-encoded", percent(secret)),
        ("backwards", secret.chars().rev().collect()),
        ("with its letters moved by 13", rot13(secret)),
        ("in hex", hex(secret.as_bytes())),
        ("in base64 twice", in_base64(in_base64(secret, 0), 0)),
    ];
    for shift in 0..3 {
        let text = in_base64(secret, shift);
        let url = text.replace('+', "-").replace('/', "_");
        all.extend([("in base64", text), ("in base64url", url)]);
    }
    let mut found: Vec<Spelling> = Vec::new();
    for (how, text) in all {
        // A short piece could stand anywhere by chance.
        let new = !found.iter().any(|s| s.text == text);
        if new && text.len() >= 8 {
            found.push(Spelling { how, text });
        }
    }
    found
}

/// What else gives a token: the bytes that its letters stand for, and what is left without a prefix that says what it
/// is for. A signed token has no such parts, and of one that is a selector and a secret only the secret is.
pub(crate) fn token_spellings(token: &str) -> Vec<Spelling> {
    let mut all = Vec::new();
    let rest = token.split_once(['|', ':', '_', '~']).map(|(_, rest)| rest);
    for text in [Some(token), rest].into_iter().flatten() {
        if text.len() < LONG || text.contains('.') {
            continue;
        }
        if text != token {
            all.push(("without its prefix", text.to_owned()));
        }
        let bytes = unhex(text).or_else(|| unbase64(text));
        all.extend(bytes.map(|bytes| ("as the bytes that it stands for", hex(&bytes))));
    }
    let spelling = |(how, text)| Spelling { how, text };
    all.into_iter().map(spelling).collect()
}

/// A token that is shorter is looked for as a whole, characters.
const LONG: usize = 32;

/// What stands in base64 where the secret begins `shift` bytes after a multiple of three: all letters that depend on
/// the secret alone.
fn in_base64(secret: impl AsRef<[u8]>, shift: usize) -> String {
    let mut bytes = vec![0; shift];
    bytes.extend_from_slice(secret.as_ref());
    let text = BASE64_STANDARD_NO_PAD.encode(&bytes);
    let (first, end) = ((shift * 8).div_ceil(6), bytes.len() * 8 / 6);
    text.get(first..end).unwrap_or_default().to_owned()
}

fn percent(text: &str) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._~".contains(b);
    let letter = |b: u8| match plain(&b) {
        true => char::from(b).to_string(),
        false => format!("%{b:02X}"),
    };
    text.bytes().map(letter).collect()
}

fn rot13(text: &str) -> String {
    let moved = |c: char, a: u8| char::from(a + (u32::from(c) as u8 - a + 13) % 26);
    let letter = |c: char| match c {
        'a'..='z' => moved(c, b'a'),
        'A'..='Z' => moved(c, b'A'),
        other => other,
    };
    text.chars().map(letter).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

/// The bytes of a text in base64 of either alphabet, with or without padding.
pub(crate) fn unbase64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let standard = BASE64_STANDARD_NO_PAD.decode(text);
    standard
        .or_else(|_| BASE64_URL_SAFE_NO_PAD.decode(text))
        .ok()
}

/// What a report may show of a secret that was found: its first four characters, and of a short one less than half.
pub(crate) fn begins(secret: &str) -> String {
    let all = secret.chars().count();
    let head: String = secret.chars().take((all / 2).min(4)).collect();
    format!("`{head}…`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(cell: &str, secret: &str) -> Option<&'static str> {
        let mut all = spellings(secret).into_iter();
        all.find(|s| cell.contains(&s.text)).map(|s| s.how)
    }

    #[test]
    fn a_secret_is_found_in_whatever_it_is_written() {
        let secret = "Zq-1a2b/?ü-Kestrel";
        assert_eq!(
            finds(&format!("x{secret}y"), secret),
            Some("as it was sent")
        );
        assert_eq!(finds(&hex(secret.as_bytes()), secret), Some("in hex"));
        for around in ["", "a", "ab", "abc"] {
            let text = format!("{around}{secret}\", more");
            let cell = BASE64_STANDARD_NO_PAD.encode(&text);
            assert!(finds(&cell, secret).is_some(), "{around}");
            let cell = BASE64_URL_SAFE_NO_PAD.encode(&text);
            assert!(finds(&cell, secret).is_some(), "{around}");
        }
        assert_eq!(
            finds("Zq-1a2b%2F%3F%C3%BC-Kestrel", secret),
            Some("URL-encoded")
        );
        assert_eq!(finds("Zq-1a2b", secret), None);
    }

    #[test]
    fn of_a_secret_that_was_found_little_is_shown() {
        assert_eq!(begins("Zq-1a2b3c4d-Kestrel-7"), "`Zq-1…`");
        assert_eq!(begins("abc"), "`a…`");
        assert_eq!(unhex("0a1F"), Some(vec![10, 31]));
        assert_eq!(unhex("0a1"), None);
        assert_eq!(unbase64("-_8="), unbase64("+/8"));
    }
}
