//! Whether a value that came back is the one that was sent, whatever its spelling.
//!
//! Another spelling counts as the same only where the contract makes it one: whatever a learner would call a
//! difference stays one.

use serde_json::{Number, Value};

use super::schema::Said;
use crate::pack::Contract;

/// Equal as facts: the same instant in another offset, the same number in another spelling, the same UUID or
/// mail domain in another case, the same set in another order. `sent_as` is the schema of what was sent, `shown_as` the reply's
/// in this place, if it has one.
pub fn same(
    contract: &Contract,
    sent_as: &Value,
    shown_as: Option<&Value>,
    sent: &Value,
    got: &Value,
) -> bool {
    let said = |schema| Said::new(contract, schema);
    alike(Some(said(sent_as)), shown_as.map(said), sent, got)
}

/// The same for lists that are sets whatever their schema says.
pub(super) fn same_set(
    sent_as: Option<Said<'_>>,
    shown_as: Option<Said<'_>>,
    sent: &[Value],
    got: &[Value],
) -> bool {
    let (inner, outer) = (sent_as.and_then(Said::item), shown_as.and_then(Said::item));
    let mut left: Vec<&Value> = got.iter().collect();
    let found = |value: &Value| {
        let at = left
            .iter()
            .position(|got| alike(inner, outer, value, got))?;
        Some(left.swap_remove(at))
    };
    sent.len() == got.len() && sent.iter().map(found).all(|f| f.is_some())
}

pub(super) fn alike(
    sent_as: Option<Said<'_>>,
    shown_as: Option<Said<'_>>,
    sent: &Value,
    got: &Value,
) -> bool {
    match (sent, got) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (Value::Number(a), Value::String(b)) => {
            shown_as.is_some_and(|s| s.is("string") && !s.is("number") && !s.is("integer"))
                && same_decimal(&a.to_string(), b)
        }
        (Value::String(a), Value::String(b)) => {
            let format = sent_as.and_then(Said::format);
            a == b || same_text(format, shown_as.and_then(Said::format), a, b)
        }
        (Value::Array(a), Value::Array(b)) if sent_as.is_some_and(Said::is_set) => {
            same_set(sent_as, shown_as, a, b)
        }
        (Value::Array(a), Value::Array(b)) => {
            let (inner, outer) = (sent_as.and_then(Said::item), shown_as.and_then(Said::item));
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(inner, outer, a, b))
        }
        (Value::Object(a), Value::Object(b)) => a.iter().all(|(name, a)| {
            let inner = sent_as.and_then(|s| s.member(name));
            let outer = shown_as.and_then(|s| s.member(name));
            match b.get(name) {
                Some(b) => alike(inner, outer, a, b),
                None => a.is_null(),
            }
        }),
        _ => sent == got,
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a.as_f64() == b.as_f64(),
        _ => false,
    }
}

/// The number as a whole one, if it is one. Compared as floats, two large whole numbers may be one.
fn whole(number: &Number) -> Option<i128> {
    let exact = number.as_i64().map(i128::from);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole, and far below 2^127"
    )]
    let float = || {
        let float = number.as_f64()?;
        (float.fract() == 0.0 && float.abs() < 1e30).then_some(float as i128)
    };
    exact
        .or_else(|| number.as_u64().map(i128::from))
        .or_else(float)
}

/// `12.5` and `12.50`, both written out.
fn same_decimal(a: &str, b: &str) -> bool {
    match (plain(a), plain(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// Sign, digits before the point, digits after it without zeros at the end.
fn plain(text: &str) -> Option<(bool, &str, &str)> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (before, after) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (all(before) && all(after)).then(|| (negative, before, after.trim_end_matches('0')))
}

fn same_text(sent_as: Option<&str>, shown_as: Option<&str>, a: &str, b: &str) -> bool {
    match sent_as {
        Some("date-time") => instant(a).is_some_and(|a| instant(b) == Some(a)),
        // A date is a day. As an instant it is the same day only where the contract shows it as one.
        Some("date") if shown_as == Some("date-time") => {
            let midnight = format!("{a}T00:00:00Z");
            instant(&midnight).is_some_and(|a| instant(b) == Some(a))
        }
        Some("uuid") => a.eq_ignore_ascii_case(b),
        // The domain has no case; the part before it may have (RFC 5321 §2.4).
        Some("email") => match (a.rsplit_once('@'), b.rsplit_once('@')) {
            (Some((a, at)), Some((b, there))) => a == b && at.eq_ignore_ascii_case(there),
            _ => false,
        },
        Some("uri") => !a.contains(['?', '#']) && b.strip_suffix('/') == Some(a),
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
    use crate::pack::{Pack, PackSource};
    use serde_json::json;

    /// A contract without operations: schemas stand in the tests.
    fn contract() -> Contract {
        let source = PackSource::Embedded {
            name: "t".to_owned(),
            files: &[
                ("t/project.toml", b"[project]\nid = \"t\"\ntitle = \"t\"\ntier = 1\nstages = [\"boot\"]\n[service]\nready = \"GET /\"\n"),
                ("t/openapi.yaml", b"openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {/: {get: {responses: {'200': {description: up}}}}}\n"),
            ],
        };
        Pack::load(&source, None).unwrap().contract
    }

    fn by(schema: Value, sent: Value, got: Value) -> bool {
        same(&contract(), &schema, None, &sent, &got)
    }

    fn text(format: &str, sent: &str, got: &str) -> bool {
        let schema = json!({"anyOf": [{"type": "string", "format": format}, {"type": "null"}]});
        by(schema, json!(sent), json!(got))
    }

    #[test]
    fn an_instant_is_the_same_in_every_offset() {
        let same = |a, b| text("date-time", a, b);
        assert!(same("2027-03-01T20:00:00+01:00", "2027-03-01T19:00:00Z"));
        assert!(same(
            "2027-03-01T19:00:00Z",
            "2027-03-01T19:00:00.000+00:00"
        ));
        assert!(!same("2027-03-01T20:00:00+01:00", "2027-03-01T20:00:00Z"));
        assert!(!same("2027-03-01T19:00:00Z", "tomorrow"));
    }

    #[test]
    fn a_date_is_a_day_and_no_instant_unless_the_contract_shows_one() {
        assert!(!text("date", "2027-03-01", "2027-03-01T00:00:00Z"));
        assert!(!text("date", "2027-03-01", "2027-03-02"));
        let shown = |got: &str| {
            let (day, instant) = (json!({"format": "date"}), json!({"format": "date-time"}));
            let sent = json!("2027-03-01");
            same(&contract(), &day, Some(&instant), &sent, &json!(got))
        };
        assert!(shown("2027-03-01T00:00:00+00:00"));
        assert!(!shown("2027-02-28T23:00:00Z"));
    }

    #[test]
    fn a_number_is_no_text_and_spelling_does_not_count() {
        let free = |a, b| by(json!({}), a, b);
        assert!(free(json!(5), json!(5.0)));
        assert!(!free(json!(5), json!("5")));
        for (a, b) in [
            (
                json!(9_007_199_254_740_993_i64),
                json!(9_007_199_254_740_992_i64),
            ),
            (
                json!(9_007_199_254_740_993_i64),
                json!(9_007_199_254_740_992.0),
            ),
            (json!(u64::MAX), json!(u64::MAX - 1)),
            (json!(12.35), json!(12.349_999)),
        ] {
            assert!(!free(a, b));
        }
        assert!(free(json!({"a": 1, "n": null}), json!({"a": 1.0, "b": 2})));
    }

    #[test]
    fn decimal_text_is_the_number_where_the_reply_says_text() {
        let shown = |as_: Value, got: &str| {
            let sent = json!({"type": "number"});
            same(&contract(), &sent, Some(&as_), &json!(12.5), &json!(got))
        };
        let string = json!({"type": ["string", "null"]});
        assert!(shown(string.clone(), "12.50"));
        assert!(!shown(string.clone(), "12.51"));
        assert!(!shown(string, "12,5"));
        assert!(!shown(json!({"type": "number"}), "12.5"));
    }

    #[test]
    fn case_counts_but_in_a_domain_and_a_uuid() {
        assert!(text("email", "Mara@Example.test", "Mara@example.test"));
        assert!(!text("email", "Mara@example.test", "mara@example.test"));
        assert!(text("uuid", "5CF3a1", "5cf3A1"));
        assert!(!text("hostname", "A.test", "a.test"));
    }

    #[test]
    fn a_slash_may_be_added_to_a_uri_and_to_nothing_else() {
        assert!(text("uri", "https://h.test", "https://h.test/"));
        assert!(!text("uri", "https://h.test/", "https://h.test"));
        assert!(!text("uri", "https://h.test/?a=b", "https://h.test/?a=b/"));
        assert!(!text("uri-reference", "/a", "/a/"));
    }

    #[test]
    fn order_counts_unless_the_list_is_a_set() {
        let (a, b) = (json!(["x", "y"]), json!(["y", "x"]));
        assert!(!by(json!({"type": "array"}), a.clone(), b.clone()));
        let set = json!({"type": "array", "uniqueItems": true});
        assert!(by(set.clone(), a.clone(), b));
        assert!(!by(set.clone(), a.clone(), json!(["y", "y"])));
        assert!(!by(set, a, json!(["y", "x", "z"])));
    }
}
