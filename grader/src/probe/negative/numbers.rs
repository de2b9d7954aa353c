//! Numbers that JSON can write and few columns hold.

use serde_json::Value;

use super::{Case, Edit, Field, Must};
use crate::pack::Contract;

/// Odd numbers for a field that takes numbers: as large or as small as can be, and other spellings of the number that
/// stands there, which mean the same to JSON. What the contract has something against must be
/// refused.
pub fn numbers(contract: &Contract, field: &Field) -> Vec<Case> {
    let takes = |value: &Value| contract.accepts(&field.schema, value);
    let kinds = contract.says(&field.schema, "type");
    let names = |kind: &str| match kinds {
        Some(Value::Array(all)) => all.iter().any(|k| k == kind),
        Some(one) => one == kind,
        None => false,
    };
    let whole = names("integer");
    if contract.is_closed(&field.schema) || !(whole || names("number")) {
        return Vec::new();
    }
    let case = |(class, text): (&'static str, String)| {
        // What serde reads of it decides: a number beyond all doubles is no number to anybody.
        let read = serde_json::from_str::<Value>(&text).ok();
        let must = match read.is_some_and(|value| takes(&value)) {
            true => Must::Survive,
            false => Must::Refuse,
        };
        Case {
            name: format!("`{}` is {class}", field.name),
            at: field.name.clone(),
            class,
            must,
            edit: Edit::Raw(field.at.clone(), text.into_bytes()),
        }
    };
    let mut all: Vec<(&'static str, String)> = [
        ("beyond 32 bits", "2147483648"),
        ("beyond 32 bits without a sign", "4294967296"),
        ("beyond what a double holds exactly", "9007199254740993"),
        ("beyond 64 bits", "9223372036854775808"),
        ("beyond 64 bits without a sign", "18446744073709551616"),
        ("below 64 bits", "-9223372036854775809"),
        ("beyond all doubles", "1e999"),
        ("below all doubles", "-1e999"),
        ("a number with an exponent", "1e300"),
        ("next to nothing", "1e-300"),
        ("minus zero", "-0"),
        ("the word NaN", "NaN"),
        ("the word Infinity", "Infinity"),
        ("the word -Infinity", "-Infinity"),
    ]
    .into_iter()
    .map(|(class, text)| (class, text.to_owned()))
    .collect();
    all.push(("a number of 400 digits", "7".repeat(400)));
    if let Some(same) = field.value.as_ref().and_then(Value::as_i64) {
        all.push(("the same with a zero behind the point", format!("{same}.0")));
        all.push(("the same with an exponent", format!("{same}e0")));
    }
    all.into_iter().map(case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_numbers() {
        for word in ["NaN", "Infinity", "-Infinity", "1e999"] {
            assert!(serde_json::from_str::<Value>(word).is_err(), "{word}");
        }
    }
}
