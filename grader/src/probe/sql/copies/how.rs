//! How a value is made another one, so that a copy of a row is a row of its own.

use std::collections::BTreeSet;

/// What the n-th copy of a row has in a column. Equal values become equal values, whichever table they stand in: so
/// copies refer to copies, also where no foreign key says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// The same.
    Same,
    /// A whole number far away.
    Far,
    /// A number beside it.
    Beside,
    /// A text with something after it.
    After,
    /// A text with something before it.
    Before,
    /// Another UUID.
    Uuid,
    /// Another UUID, kept as text.
    UuidText,
    /// An instant some seconds later.
    Later,
    /// Another day.
    Day,
}

/// Between the numbers of two copies of a row: no table that is planted has so many rows.
const FAR: u32 = 100_000;

impl How {
    /// The first choice for a column of this type that has these values. `words` are texts of a closed list, which
    /// the service may not know another of.
    pub(super) fn of(base_type: &str, values: &[String], words: &BTreeSet<String>) -> Self {
        let name = base_type.split('(').next().unwrap_or_default().trim();
        match name {
            "integer" | "bigint" | "numeric" => Self::Far,
            "smallint" => Self::Beside,
            "uuid" => Self::Uuid,
            "date" => Self::Day,
            _ if name.starts_with("timestamp") => Self::Later,
            "text" | "character varying" | "character" | "citext" => text(values, words),
            _ => Self::Same,
        }
    }

    /// What to try when the database refuses this.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Far => Self::Beside,
            Self::After => Self::Before,
            _ => Self::Same,
        }
    }

    /// The expression for a column of the row `s` in the copy `k.n`.
    pub(super) fn expression(self, column: &str) -> String {
        let c = format!("s.{column}");
        match self {
            Self::Same => c,
            Self::Far => format!("{c} + k.n::bigint * {FAR}"),
            Self::Beside | Self::Day => format!("{c} + k.n"),
            Self::After => format!("{c}::text || '~' || k.n"),
            Self::Before => format!("k.n || 'x' || {c}::text"),
            Self::Uuid => format!("md5({c}::text || '~' || k.n)::uuid"),
            Self::UuidText => format!("(md5(lower({c}::text) || '~' || k.n)::uuid)::text"),
            Self::Later => format!("{c} + k.n * interval '1 second'"),
        }
    }
}

/// A text that is a number, a date or a document must stay one: whoever reads it takes it apart.
fn text(values: &[String], words: &BTreeSet<String>) -> How {
    let uuid = |v: &String| uuid::Uuid::try_parse(v).is_ok();
    let word = |v: &String| words.contains(&v.to_lowercase());
    let formed = |v: &String| {
        let number = v.trim().parse::<f64>().is_ok();
        let date =
            v.len() >= 10 && v.is_char_boundary(10) && v[..10].parse::<jiff::civil::Date>().is_ok();
        number || date || v.starts_with(['{', '[']) || matches!(v.as_str(), "true" | "false")
    };
    if values.is_empty() {
        How::After
    } else if values.iter().all(uuid) {
        How::UuidText
    } else if values.iter().all(word) || values.iter().any(formed) {
        How::Same
    } else {
        How::After
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_somebody_takes_apart_stay_as_they_are() {
        let words = BTreeSet::from(["draft".to_owned(), "published".to_owned()]);
        let of = |values: &[&str]| {
            let values: Vec<_> = values.iter().map(|v| (*v).to_owned()).collect();
            How::of("character varying(40)", &values, &words)
        };
        assert_eq!(of(&["Draft", "published"]), How::Same);
        assert_eq!(of(&["draft", "Ünï"]), How::After);
        assert_eq!(of(&["4550"]), How::Same);
        assert_eq!(of(&["2031-05-07T12:00:00Z"]), How::Same);
        assert_eq!(of(&["0190a6b4-7d2c-7c1e-9a52-3f1c8f2f6f10"]), How::UuidText);
        assert_eq!(How::of("boolean", &[], &words), How::Same);
        assert_eq!(How::of("timestamp with time zone", &[], &words), How::Later);
    }
}
