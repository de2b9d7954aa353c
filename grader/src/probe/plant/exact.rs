//! Values as they stand in a reply, to the last digit.

use serde_json::{Value, json};

use crate::model::{Exchange, Outcome};

/// A reply's body as JSON, in which whole numbers beyond 64 bits are texts: as numbers they would lose digits, and
/// a key with other digits is another key.
pub(super) fn json(exchange: &Exchange) -> Option<Value> {
    match &exchange.outcome {
        Outcome::Answered { body, .. } => serde_json::from_str(&quoted(&body.text)).ok(),
        _ => None,
    }
}

/// The same JSON text with every whole number beyond 64 bits in quotes.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut inside) = (text, false);
    while let Some(c) = rest.chars().next() {
        let number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        let length = if inside {
            // An escape is two signs, of which the second may be a quote.
            let escaped = rest.chars().nth(1).map_or(0, char::len_utf8);
            c.len_utf8() + if c == '\\' { escaped } else { 0 }
        } else if c == '-' || c.is_ascii_digit() {
            rest.find(|c| !number(c)).unwrap_or(rest.len())
        } else {
            c.len_utf8()
        };
        let (piece, after) = rest.split_at(length);
        if piece == "\"" {
            inside = !inside;
        }
        if !inside && is_beyond(piece) {
            out.extend(["\"", piece, "\""]);
        } else {
            out.push_str(piece);
        }
        rest = after;
    }
    out
}

fn is_beyond(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    digits.len() > 18
        && digits.bytes().all(|b| b.is_ascii_digit())
        && number.parse::<i64>().is_err()
        && number.parse::<u64>().is_err()
}

/// A value as it stands in a path or a query.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The value as a key: a text that can stand in a path, or a whole number. Null, flags, fractions, lists and
/// objects identify nothing; `7.0` is the number 7.
pub(super) fn as_key(value: &Value) -> Option<Value> {
    match value {
        // A path swallows these: the request would ask for something else.
        Value::String(text) if matches!(text.as_str(), "" | "." | "..") => None,
        Value::Number(number) if number.is_f64() => {
            let float = number.as_f64()?;
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
            let whole = (float.fract() == 0.0 && float.abs() < 9.0e15).then_some(float as i64);
            whole.map(|whole| json!(whole))
        }
        Value::String(_) | Value::Number(_) => Some(value.clone()),
        _ => None,
    }
}

/// Whether two values are the same key, compared as text; a UUID in any case (RFC 9562 §4).
pub(super) fn same_key(a: &Value, b: &Value) -> bool {
    let (Some(a), Some(b)) = (as_key(a), as_key(b)) else {
        return false;
    };
    let (a, b) = (text(&a), text(&b));
    a == b || a.eq_ignore_ascii_case(&b) && uuid::Uuid::parse_str(&a).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_beyond_64_bits_are_quoted() {
        let text = r#"{"a":123456789012345678901234,"b":"x\"99999999999999999999","c":18446744073709551615,"d":1.25e3,"e":[-99999999999999999999]}"#;
        let value: Value = serde_json::from_str(&quoted(text)).unwrap();
        assert_eq!(value["a"], "123456789012345678901234");
        assert_eq!(value["b"], "x\"99999999999999999999");
        assert_eq!(value["c"], json!(18_446_744_073_709_551_615_u64));
        assert_eq!(value["d"], json!(1250.0));
        assert_eq!(value["e"][0], "-99999999999999999999");
    }

    #[test]
    fn what_identifies_nothing_is_no_key() {
        for none in [
            json!(null),
            json!(true),
            json!(1.5),
            json!(""),
            json!([1]),
            json!(".."),
        ] {
            assert_eq!(as_key(&none), None, "{none}");
        }
        assert_eq!(as_key(&json!(7.0)), Some(json!(7)));
        assert!(same_key(&json!(7), &json!("7")));
        assert!(!same_key(&json!("a"), &json!("A")));
        assert!(!same_key(&json!(null), &json!(null)));
    }
}
