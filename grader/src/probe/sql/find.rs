//! Looking for a planted value in cells, in Rust.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::probe::catalog::Table;

/// Hits kept of one token.
const MAX_HITS: usize = 1000;

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Token {
    /// This text anywhere in a cell, whatever its case; also in bytes and in escaped JSON.
    Text(String),
    /// A number of this value anywhere in a cell, however many zeros it is written with. Other scales (cents for
    /// euros) are other numbers.
    Number(String),
}

impl Token {
    /// A value as something to look for: a text with our own letters in it, or a number too odd to occur by chance.
    /// None for others; a time has too many spellings.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) if text.contains("zq7") => Some(Self::Text(text.clone())),
            Value::Number(n) if n.as_f64().is_some_and(|n| n.abs() >= 10_000.0) => {
                Some(Self::Number(n.to_string()))
            }
            _ => None,
        }
    }
}

/// A cell that holds a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What was found.
    pub token: Token,
    /// `schema.table`.
    pub table: String,
    /// The cell's column.
    pub column: String,
    /// The names of the row's columns.
    pub columns: Vec<String>,
    /// The whole row, values as text.
    pub row: Vec<Option<String>>,
}

/// A search over many rows.
pub(super) struct Search<'a> {
    tokens: Vec<(&'a Token, String)>,
    counts: BTreeMap<&'a Token, usize>,
    hits: Vec<Hit>,
}

impl<'a> Search<'a> {
    pub(super) fn new(tokens: &'a [Token]) -> Self {
        let ready = |token: &'a Token| match token {
            Token::Text(text) => (token, text.to_lowercase()),
            Token::Number(number) => (token, normal(number)),
        };
        Self {
            tokens: tokens.iter().map(ready).collect(),
            counts: BTreeMap::new(),
            hits: Vec::new(),
        }
    }

    /// Looks at one row; false when every token has been found often enough.
    pub(super) fn look(
        &mut self,
        table: &Table,
        columns: &[String],
        row: Vec<Option<String>>,
    ) -> bool {
        let mut found = Vec::new();
        for (column, cell) in columns.iter().zip(&row) {
            let Some(cell) = cell else { continue };
            let readings = readings(cell);
            for (token, wanted) in &self.tokens {
                let count = self.counts.entry(token).or_default();
                if *count < MAX_HITS && readings.iter().any(|r| holds(r, token, wanted)) {
                    *count += 1;
                    found.push(((*token).clone(), column.clone()));
                }
            }
        }
        self.hits
            .extend(found.into_iter().map(|(token, column)| Hit {
                token,
                table: table.to_string(),
                column,
                columns: columns.to_vec(),
                row: row.clone(),
            }));
        self.tokens
            .iter()
            .any(|(token, _)| self.counts.get(token).is_none_or(|n| *n < MAX_HITS))
    }

    pub(super) fn hits(self) -> Vec<Hit> {
        self.hits
    }
}

/// What a cell may be read as: its text in lower case; the text in its bytes if it prints as bytes; its JSON with
/// escapes resolved if it has any.
fn readings(cell: &str) -> Vec<String> {
    let mut readings = vec![cell.to_lowercase()];
    if let Some(bytes) = cell.strip_prefix("\\x").and_then(unhex) {
        readings.push(String::from_utf8_lossy(&bytes).to_lowercase());
    }
    if cell.contains("\\u")
        && let Ok(json) = serde_json::from_str::<serde_json::Value>(cell)
    {
        readings.push(json.to_string().to_lowercase());
    }
    readings
}

fn holds(reading: &str, token: &Token, wanted: &str) -> bool {
    match token {
        Token::Text(_) => !wanted.is_empty() && reading.contains(wanted),
        Token::Number(_) => numbers(reading).any(|n| normal(n) == wanted),
    }
}

/// Every number written in a text. Digits within a word are a part of its name, and a sign counts only where it
/// cannot be a hyphen within a word or a date.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let is = |i: usize, what: fn(&u8) -> bool| bytes.get(i).is_some_and(what);
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii();
    let mut at = 0;
    let next = move || {
        let start = at + bytes.get(at..)?.iter().position(u8::is_ascii_digit)?;
        let mut end = start;
        while is(end, u8::is_ascii_digit)
            || (is(end, |b| *b == b'.') && is(end + 1, u8::is_ascii_digit))
        {
            end += 1;
        }
        at = end;
        let before = |back: usize| start.checked_sub(back).and_then(|i| bytes.get(i));
        if before(1).is_some_and(word) || is(end, word) {
            return Some(None);
        }
        let signed = before(1) == Some(&b'-') && !before(2).is_some_and(word);
        Some(text.get(start - usize::from(signed)..end))
    };
    std::iter::from_fn(next).flatten()
}

/// One spelling for one value: no leading zeros, no zeros after the last digit of a fraction, no plus sign.
fn normal(number: &str) -> String {
    let number = number.trim().trim_start_matches('+');
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (
        whole.trim_start_matches('0'),
        fraction.trim_end_matches('0'),
    );
    let whole = if whole.is_empty() { "0" } else { whole };
    match (fraction.is_empty(), whole) {
        (true, "0") => "0".to_owned(),
        (true, _) => format!("{sign}{whole}"),
        (false, _) => format!("{sign}{whole}.{fraction}"),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: &u8| {
        char::from(*b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cell: &str, token: &Token) -> bool {
        let wanted = match token {
            Token::Text(text) => text.to_lowercase(),
            Token::Number(number) => normal(number),
        };
        readings(cell).iter().any(|r| holds(r, token, &wanted))
    }

    #[test]
    fn a_text_is_found_however_it_is_kept() {
        let token = Token::Text("Zq7ab12é".into());
        for cell in [
            "xx ZQ7AB12É",
            r#"{"a":"zq7ab12\u00e9"}"#,
            "\\x7a713761623132c3a9",
            "{a,zq7ab12é}",
        ] {
            assert!(found(cell, &token), "{cell}");
        }
        assert!(!found("zq7ab1", &token));
        assert!(!found("anything", &Token::Text(String::new())));
    }

    #[test]
    fn a_number_is_found_by_value() {
        let token = Token::Number("4817.230".into());
        for cell in [
            "4817.23",
            "04817.2300",
            "{1,4817.23}",
            r#"{"price":4817.23}"#,
            "(4817.23,x)",
        ] {
            assert!(found(cell, &token), "{cell}");
        }
        for cell in [
            "4817", "14817.23", "4817.231", "-4817.23", "4817.2", "a4817.23", "4817.23f", "",
        ] {
            assert!(!found(cell, &token), "{cell}");
        }
        assert!(found("-5", &Token::Number("-5.0".into())));
        assert!(found("2026-05-07", &Token::Number("7".into())));
        assert!(found("0.00", &Token::Number("-0".into())));
    }
}
