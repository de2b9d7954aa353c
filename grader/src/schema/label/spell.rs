//! How a fact may be written in a cell.

use serde_json::Value;

/// How a column writes its fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Spelling {
    /// As it was sent; case, blanks around it, zeros behind it and the offset of an instant do not count.
    Plain,
    /// A number in hundredths: cents for euros.
    Hundredths,
    /// A number of hundredths in whole ones: euros for cents.
    Whole,
    /// An instant as seconds since 1970.
    Seconds,
    /// An instant as milliseconds since 1970.
    Millis,
    /// An instant as its day.
    Day,
}

impl Spelling {
    /// All, the plainest first.
    pub(super) const ALL: [Self; 6] = [
        Self::Plain,
        Self::Hundredths,
        Self::Whole,
        Self::Seconds,
        Self::Millis,
        Self::Day,
    ];

    /// The one form in which this spelling of a value is compared; none where the value has no such spelling.
    pub(super) fn of(self, value: &Value) -> Option<String> {
        match value {
            Value::Bool(flag) => (self == Self::Plain).then(|| format!("b{flag}")),
            Value::Number(n) => {
                let n = number(&n.to_string())?;
                match self {
                    Self::Plain => Some(show(n)),
                    Self::Hundredths => Some(show(n.checked_mul(100)?)),
                    Self::Whole => Some(show(n / 100)),
                    _ => None,
                }
            }
            Value::String(text) => match (self, instant(text)) {
                (Self::Plain, Some(at)) => Some(format!("i{at}")),
                (Self::Seconds, Some(at)) => Some(show(i128::from(at) * SCALE)),
                (Self::Millis, Some(at)) => Some(show(i128::from(at) * 1000 * SCALE)),
                (Self::Day, Some(_)) => Some(format!("t{}", text.get(..10)?)),
                (Self::Plain, None) => Some(format!("t{}", text.trim().to_lowercase())),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The forms in which a cell is compared.
pub(super) fn forms(cell: &str) -> Vec<String> {
    let plain = cell.trim().to_lowercase();
    let mut forms = Vec::new();
    if let Some(n) = number(&plain) {
        forms.push(show(n));
    }
    match plain.as_str() {
        "t" | "true" => forms.push("btrue".to_owned()),
        "f" | "false" => forms.push("bfalse".to_owned()),
        _ => {}
    }
    if let Some(at) = instant(cell.trim()) {
        forms.push(format!("i{at}"));
    }
    forms.push(format!("t{plain}"));
    forms
}

/// Whether a form is one that hardly stands anywhere by chance.
pub(super) fn is_telling(form: &str) -> bool {
    match form.split_at(1) {
        ("n", n) => n.trim_start_matches('-').len() > 2,
        ("t", text) => text.len() > 4 && text.bytes().any(|b| b.is_ascii_digit()),
        ("i", _) => true,
        _ => false,
    }
}

/// Numbers are kept to six decimals.
const SCALE: i128 = 1_000_000;

fn number(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 24 || part.len() > 30 || !all(whole) || !all(part) {
        return None;
    }
    let part: String = part.chars().chain("000000".chars()).take(6).collect();
    let whole: i128 = whole.parse().ok()?;
    Some(sign * (whole * SCALE + part.parse::<i128>().ok()?))
}

fn show(n: i128) -> String {
    let (whole, part) = (n / SCALE, (n % SCALE).abs());
    if part == 0 {
        format!("n{whole}")
    } else {
        format!("n{whole}.{}", format!("{part:06}").trim_end_matches('0'))
    }
}

/// Seconds since 1970 of an instant as JSON or as Postgres writes it; without an offset it is taken as UTC.
fn instant(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let dated = bytes.len() >= 19 && bytes[4] == b'-' && bytes[7] == b'-' && bytes[13] == b':';
    if !dated || !matches!(bytes[10], b'T' | b' ' | b't') {
        return None;
    }
    let mut spelled = text.replacen([' ', 't'], "T", 1);
    let tail = &spelled[19..];
    let zoned = tail.ends_with(['Z', 'z']) || tail.contains(['+', '-']);
    if !zoned {
        spelled.push('Z');
    } else if matches!(spelled.as_bytes().get(spelled.len() - 3), Some(b'+' | b'-')) {
        // Postgres writes whole hours without minutes.
        spelled.push_str(":00");
    }
    let at: jiff::Timestamp = spelled.parse().ok()?;
    Some(at.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reads(spelling: Spelling, value: Value, cell: &str) -> bool {
        spelling
            .of(&value)
            .is_some_and(|form| forms(cell).contains(&form))
    }

    #[test]
    fn a_fact_is_known_however_it_is_kept() {
        use Spelling::{Day, Hundredths, Millis, Plain, Seconds, Whole};
        for (spelling, value, cell) in [
            (Plain, json!("Hall zq7ab01234"), "  hall ZQ7AB01234 "),
            (Plain, json!(4817.23), "4817.230"),
            (Plain, json!(4817), "4817"),
            (Plain, json!(true), "t"),
            (Hundredths, json!(4817.23), "481723"),
            (Whole, json!(481_723), "4817.23"),
            (
                Plain,
                json!("2027-03-01T20:00:07+01:00"),
                "2027-03-01 19:00:07+00",
            ),
            (Plain, json!("2027-03-01T19:00:07Z"), "2027-03-01 19:00:07"),
            (Seconds, json!("2027-03-01T19:00:07Z"), "1803927607"),
            (Millis, json!("2027-03-01T19:00:07Z"), "1803927607000"),
            (Day, json!("2027-03-01T19:00:07Z"), "2027-03-01"),
        ] {
            assert!(
                reads(spelling, value.clone(), cell),
                "{spelling:?} {value} {cell}"
            );
        }
        assert!(!reads(Plain, json!(4817.23), "4817.24"));
        assert!(!reads(Hundredths, json!(4817), "4817"));
        assert!(!reads(Plain, json!("zq7ab01234"), "zq7ab012345"));
    }

    #[test]
    fn small_numbers_and_words_tell_nothing() {
        for form in forms("7")
            .into_iter()
            .chain(forms("draft"))
            .chain(forms("t"))
        {
            assert!(!is_telling(&form), "{form}");
        }
        assert!(is_telling("n4817.23") && is_telling("thall zq7ab01234"));
    }
}
