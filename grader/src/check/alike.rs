//! What two answers have in common once chance is taken out: the texts that were sent, numbers, and whatever differs
//! between answers to the same kind of request.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{Exchange, Outcome};

/// The parts of an answer: its status, the names of its headers, and each text of its body by its place.
pub(crate) type Parts = BTreeMap<String, String>;

/// Takes an answer apart; `said` is what the request held, which an answer may repeat. None where no answer came.
pub(crate) fn parts(exchange: &Exchange, said: &[&Value]) -> Option<Parts> {
    let Outcome::Answered {
        status,
        headers,
        body,
        ..
    } = &exchange.outcome
    else {
        return None;
    };
    let mut all = Parts::from([("the status".to_owned(), status.to_string())]);
    for (name, _) in headers {
        let name = name.to_lowercase();
        all.insert(format!("the header {name}"), "there".to_owned());
    }
    let said: Vec<String> = said
        .iter()
        .filter_map(|v| v.as_str())
        .map(str::to_lowercase)
        .collect();
    match serde_json::from_str(&body.text) {
        Ok(json) => leaves(&json, String::new(), &said, &mut all),
        Err(_) => {
            all.insert("the body".to_owned(), plain(&body.text, &said));
        }
    }
    Some(all)
}

/// The parts in which two pairs of answers differ from each other, and not within a pair: what they have in common is
/// told apart from chance. The first of a pair stands for it.
pub(crate) fn apart(one: [&Parts; 2], other: [&Parts; 2]) -> Vec<String> {
    let names = |pair: [&Parts; 2]| pair.into_iter().flat_map(|p| p.keys().cloned()).collect();
    let mut all: BTreeSet<String> = names(one);
    all.extend::<BTreeSet<String>>(names(other));
    let steady = |pair: [&Parts; 2], name: &String| pair[0].get(name) == pair[1].get(name);
    let differs = |name: &String| {
        steady(one, name) && steady(other, name) && one[0].get(name) != other[0].get(name)
    };
    all.into_iter().filter(differs).collect()
}

/// Every value of a body that holds no others, by its place.
fn leaves(value: &Value, at: String, said: &[String], all: &mut Parts) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                leaves(member, format!("{at}/{name}"), said, all);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (n, item) in items.iter().enumerate() {
                leaves(item, format!("{at}/{n}"), said, all);
            }
        }
        Value::String(text) => {
            all.insert(format!("the body at `{at}`"), plain(text, said));
        }
        other => {
            all.insert(
                format!("the body at `{at}`"),
                plain(&other.to_string(), said),
            );
        }
    }
}

/// A text without what was sent, and without numbers: times, counters and ids are no decision.
fn plain(text: &str, said: &[String]) -> String {
    let mut text = text.to_lowercase();
    for one in said.iter().filter(|s| !s.is_empty()) {
        text = text.replace(one.as_str(), "…");
    }
    let word = |w: &str| {
        let number = w.chars().any(|c| c.is_ascii_digit());
        if number { "#".to_owned() } else { w.to_owned() }
    };
    let words: Vec<String> = text.split_whitespace().map(word).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(value: &Value, said: &[&str]) -> Parts {
        let said: Vec<String> = said.iter().map(|&s| s.to_owned()).collect();
        let mut all = Parts::new();
        leaves(value, String::new(), &said, &mut all);
        all
    }

    #[test]
    fn what_was_sent_and_numbers_are_no_difference() {
        let one = body(
            &json!({"detail": "Ada@a.test is wrong, 4 tries left", "id": "a1"}),
            &["ada@a.test"],
        );
        let two = body(
            &json!({"detail": "bob@a.test is wrong, 3 tries left", "id": "b2"}),
            &["bob@a.test"],
        );
        assert_eq!(one, two);
    }

    #[test]
    fn what_differs_by_chance_is_told_apart_from_what_decides() {
        let answer =
            |why: &str, chance: &str| body(&json!({"why": why, "trace": chance, "n": null}), &[]);
        let known = [
            &answer("wrong password", "ab"),
            &answer("wrong password", "cd"),
        ];
        let unknown = [&answer("no account", "ef"), &answer("no account", "gh")];
        assert_eq!(apart(known, unknown), ["the body at `/why`"]);
        let alike = [
            &answer("wrong password", "ef"),
            &answer("wrong password", "gh"),
        ];
        assert!(apart(known, alike).is_empty());
    }

    #[test]
    fn a_part_that_one_kind_lacks_is_a_difference() {
        let with = body(&json!({"a": 1, "hint": "reset it"}), &[]);
        let without = body(&json!({"a": 1}), &[]);
        assert_eq!(
            apart([&with, &with], [&without, &without]),
            ["the body at `/hint`"]
        );
    }
}
