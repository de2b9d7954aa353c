//! The key of a new thing in `Location` (RFC 9110 §10.2.2).

use reqwest::Url;

use crate::pack::{PathTemplate, Segment};

/// What the last parameter of `path` stands for in a `Location`: a whole URL, a path, or a path seen from the
/// request's. None when it points to something else than what `path` reads.
pub(super) fn key(path: &PathTemplate, asked: &str, location: &str) -> Option<String> {
    let url = Url::parse(asked).ok()?.join(location).ok()?;
    let mut segments: Vec<&str> = url.path_segments()?.collect();
    if segments.last() == Some(&"") {
        segments.pop();
    }
    // A proxy may put a path of its own before the contract's: only the end is compared.
    let before = segments.len().checked_sub(path.segments.len())?;
    let pieces = path.segments.iter().zip(&segments[before..]);
    let mut last = None;
    for (segment, there) in pieces {
        last = match segment {
            Segment::Text(text) if text == there => None,
            Segment::Text(_) => return None,
            Segment::Param(_) => Some(*there),
            Segment::Mixed(parts) => Some(between(parts, there)?),
        };
    }
    last.filter(|key| !key.is_empty()).map(decoded)
}

/// The hole of a piece with text about it: `42` in `42.json`. None where it has several holes.
fn between<'t>(parts: &[String], there: &'t str) -> Option<&'t str> {
    match parts {
        [before, _, after] => there
            .strip_prefix(before.as_str())?
            .strip_suffix(after.as_str()),
        _ => None,
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
    use super::*;

    const ASKED: &str = "http://127.0.0.1:80/api/v1/boxes";

    fn box_key(location: &str) -> Option<String> {
        key(
            &PathTemplate::parse("/api/v1", "/boxes/{id}"),
            ASKED,
            location,
        )
    }

    #[test]
    fn whole_urls_paths_and_relative_ones_are_read() {
        for location in [
            "http://elsewhere.test/proxy/api/v1/boxes/a%20b",
            "/api/v1/boxes/a%20b/",
            "/api/v1/boxes/a%20b?x=1#y",
            "boxes/a%20b",
            "/boxes/a%20b",
        ] {
            assert_eq!(box_key(location).as_deref(), Some("a b"), "{location}");
        }
    }

    #[test]
    fn what_points_elsewhere_is_no_key() {
        for location in [
            "/api/v1/crates/7",
            "/api/v1/boxes/",
            "7",
            "/7",
            "/",
            "http://[",
        ] {
            assert_eq!(box_key(location), None, "{location}");
        }
        let file = PathTemplate::parse("", "/boxes/{id}.json");
        assert_eq!(key(&file, ASKED, "/boxes/7.json").as_deref(), Some("7"));
        assert_eq!(key(&file, ASKED, "/boxes/7.xml"), None);
        let inner = PathTemplate::parse("", "/boxes/{id}/view");
        assert_eq!(key(&inner, ASKED, "/boxes/7/view"), None);
    }

    #[test]
    fn percent_codes_are_read_and_stray_signs_kept() {
        assert_eq!(decoded("a%20b%2Fc%C3%BC"), "a b/cü");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz"), "%zz");
    }
}
