//! What no address and no query should hold.

use serde_json::Value;

use super::{Case, Edit, Must};
use crate::pack::{Contract, Listing, Operation, Paging, Param, ParamPlace};

/// A text for a place in an address: as it is written there, percent-encoded where it has to be.
pub type Written = (Case, String);

/// Texts for the place of an id, made from one that is there. They name nothing: a reply of success is wrong, unless
/// usual frameworks read the id in it.
pub fn ids(name: &str, key: &str) -> Vec<Written> {
    let number = key.bytes().all(|b| b.is_ascii_digit());
    let mut all: Vec<(&'static str, Must, String)> = [
        ("a word", "zq7kestrel"),
        ("zero", "0"),
        ("a negative number", "-1"),
        ("a fraction", "1.5"),
        ("a number beyond 32 bits", "2147483648"),
        ("a number beyond 64 bits", "9223372036854775808"),
        ("a number of 20 digits", "99999999999999999999"),
        ("the word NaN", "NaN"),
        ("the word null", "null"),
        ("the word undefined", "undefined"),
        ("half a UUID", "0190a6b4-7d2c-7c1e-9a52"),
        (
            "a UUID that nothing has",
            "ffffffff-ffff-4fff-bfff-fffffffffff0",
        ),
        ("an object", "%7B%22zq7%22%3A1%7D"),
        ("a blank", "%20"),
        ("an emoji", "%F0%9F%8E%B7"),
        ("digits of another script", "%D9%A7%D9%A8"),
        ("U+0000", "zq7%00"),
        ("a byte that is no UTF-8", "zq7%FF"),
        ("a percent sign alone", "zq7%"),
        ("a percent sign before no digits", "zq7%ZZ"),
        ("an encoded slash", "zq7%2Fzq7"),
        ("two encoded dots", "zq7%2E%2E"),
    ]
    .map(|(class, text)| (class, Must::Refuse, text.to_owned()))
    .into();
    all.push(("a text of 2000 letters", Must::Refuse, "z".repeat(2000)));
    all.push((
        "an id with a word behind it",
        Must::Refuse,
        format!("{key}zq7"),
    ));
    if number {
        all.push((
            "an id with a fraction behind it",
            Must::Refuse,
            format!("{key}.5"),
        ));
        all.push((
            "an id with a blank before it",
            Must::Coerce,
            format!("%20{key}"),
        ));
        all.push((
            "an id with a line break behind it",
            Must::Coerce,
            format!("{key}%0A"),
        ));
        all.push((
            "an id with zeros before it",
            Must::Coerce,
            format!("00{key}"),
        ));
    }
    let case = |(class, must, text): (&'static str, Must, String)| {
        let case = Case {
            name: format!("`{name}` is {class}"),
            at: name.to_owned(),
            class,
            must,
            edit: Edit::Elsewhere,
        };
        (case, text)
    };
    all.into_iter().map(case).collect()
}

/// Texts for the parameters of an operation's query. What the contract has something against must be refused where the
/// operation has a status for that; the size of pages and where they go on are the business of others.
pub fn queries(contract: &Contract, op: &Operation) -> Vec<Written> {
    let says_no = [400, 422].iter().any(|s| op.declares(*s).is_some());
    let paging = op.listing.as_ref().map(paging).unwrap_or_default();
    let mut all = Vec::new();
    for param in op.params.iter().filter(|p| p.place == ParamPlace::Query) {
        for (class, text) in texts(contract, param) {
            let plain = !text.contains('%');
            let judged = plain && says_no && !paging.contains(&param.name.as_str());
            let must = match judged && !allows(contract, param, &text) {
                // An empty text is as good as none to many.
                true if text.is_empty() => Must::Coerce,
                true => Must::Refuse,
                false => Must::Survive,
            };
            let case = Case {
                name: format!("`{}` is {class}", param.name),
                at: param.name.clone(),
                class,
                must,
                edit: Edit::Elsewhere,
            };
            all.push((case, format!("{}={text}", param.name)));
        }
        let twice = Case {
            name: format!("`{}` is there twice", param.name),
            at: param.name.clone(),
            class: "there twice",
            must: Must::Survive,
            edit: Edit::Elsewhere,
        };
        all.push((twice, format!("{0}=1&{0}=2", param.name)));
    }
    all
}

fn paging(listing: &Listing) -> Vec<&str> {
    let mut names: Vec<&str> = listing.limit.iter().map(String::as_str).collect();
    match &listing.paging {
        Paging::Offset { param } | Paging::Page { param, .. } | Paging::Cursor { param, .. } => {
            names.push(param);
        }
        Paging::None => {}
    }
    names
}

/// Whether the contract takes this text: as a text, or as the number that is written in it.
fn allows(contract: &Contract, param: &Param, text: &str) -> bool {
    let schema = &param.schema.value;
    let number = serde_json::from_str::<Value>(text)
        .ok()
        .filter(|v| !v.is_string());
    let all = [Some(Value::from(text)), number];
    all.iter()
        .flatten()
        .any(|value| contract.accepts(schema, value))
}

/// Odd texts for any parameter, and those that its schema has something against.
fn texts(contract: &Contract, param: &Param) -> Vec<(&'static str, String)> {
    let schema = &param.schema.value;
    let says = |word: &str| contract.says(schema, word);
    let mut all: Vec<(&'static str, String)> = [
        ("empty", ""),
        ("a word", "zq7kestrel"),
        ("a number beyond 64 bits", "9223372036854775808"),
        ("a number of 20 digits", "-99999999999999999999"),
        ("a number with an exponent", "1e300"),
        ("the word NaN", "NaN"),
        ("U+0000", "zq7%00"),
        ("a byte that is no UTF-8", "zq7%FF"),
        ("a percent sign before no digits", "zq7%ZZ"),
        ("a list that is empty, in base64", "W10="),
        ("a list of a word, in base64", "WyJ6cTciXQ=="),
        ("a list of an object, in base64", "W3t9LHt9XQ=="),
        ("an object, in base64", "e30="),
        ("a number, in base64", "MQ=="),
        ("null, in base64", "bnVsbA=="),
        (
            "a number beyond 64 bits, in base64",
            "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5XQ==",
        ),
        ("half a piece of base64", "WyJ6"),
    ]
    .map(|(class, text)| (class, text.to_owned()))
    .into();
    if says("format") == Some(&Value::from("date-time")) {
        all.push(("a day that is none", "2027-02-30T10:00:00Z".to_owned()));
        all.push(("a day without a time", "2027-03-01".to_owned()));
        all.push(("the year zero", "0000-01-01T00:00:00Z".to_owned()));
        all.push((
            "the end of the year 9999",
            "9999-12-31T23:59:59-12:00".to_owned(),
        ));
        all.push(("a year of five digits", "99999-01-01T00:00:00Z".to_owned()));
    }
    if let Some(most) = contract.longest(schema).filter(|most| *most < 2000) {
        all.push(("a text that is too long", "z".repeat(most + 1)));
    }
    all
}
