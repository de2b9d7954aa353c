//! Whether a value that came back is the one that was sent, whatever its spelling.

use serde_json::Value;

/// Equal as facts: the same instant in another offset, the same number in another spelling, the same UUID
/// in another case. `format` is the JSON Schema format of the fact, if it has one.
pub fn same(format: Option<&str>, sent: &Value, got: &Value) -> bool {
    match (sent, got) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (Value::String(a), Value::String(b)) => a == b || same_text(format, a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(format, a, b))
        }
        (Value::Object(a), Value::Object(b)) => a
            .iter()
            .all(|(name, a)| b.get(name).is_some_and(|b| same(None, a, b))),
        _ => sent == got,
    }
}

fn same_number(a: &serde_json::Number, b: &serde_json::Number) -> bool {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a == b,
        // Beyond 53 bits two different integers are one double; integers were compared above.
        _ => a.as_f64() == b.as_f64(),
    }
}

fn same_text(format: Option<&str>, a: &str, b: &str) -> bool {
    match format {
        Some("date-time") => instant(a).is_some_and(|a| instant(b) == Some(a)),
        Some("uuid") => a.eq_ignore_ascii_case(b),
        _ => false,
    }
}

/// Nanoseconds since 1970 of an RFC 3339 date-time.
fn instant(text: &str) -> Option<i128> {
    let parsed: jiff::Timestamp = text.parse().ok()?;
    Some(parsed.as_nanosecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_instant_is_the_same_in_every_offset() {
        let same = |a: &str, b: &str| same(Some("date-time"), &json!(a), &json!(b));
        assert!(same("2027-03-01T20:00:00+01:00", "2027-03-01T19:00:00Z"));
        assert!(same(
            "2027-03-01T19:00:00Z",
            "2027-03-01T19:00:00.000+00:00"
        ));
        assert!(!same("2027-03-01T20:00:00+01:00", "2027-03-01T20:00:00Z"));
        assert!(!same("2027-03-01T19:00:00Z", "tomorrow"));
    }

    #[test]
    fn a_number_is_no_text_and_spelling_does_not_count() {
        assert!(same(None, &json!(5), &json!(5.0)));
        assert!(!same(None, &json!(5), &json!("5")));
        assert!(!same(
            None,
            &json!(9_007_199_254_740_993_i64),
            &json!(9_007_199_254_740_992_i64)
        ));
        assert!(same(None, &json!({"a": 1}), &json!({"a": 1.0, "b": 2})));
    }
}
