//! Which exchange may have ended a process, and what it stands on.

use std::collections::BTreeSet;

use serde_json::Value;

use super::again::is_id;
use crate::model::{Exchange, Outcome, Sent};
use crate::probe::plant::said_yes;

/// How many that were not answered, and how many that were, are suspected.
const UNANSWERED: usize = 4;
const ANSWERED: usize = 12;

/// Where those stand that may have ended the process, the likeliest first: the first that were not answered any more,
/// and then the last that were, for a service may also end after its answer.
pub(crate) fn suspects(all: &[Exchange]) -> Vec<usize> {
    let alive = all.iter().rposition(|e| e.status().is_some());
    let next = alive.map_or(0, |n| n + 1);
    let unanswered = (next..all.len()).take(UNANSWERED);
    let answered = (0..next).rev().take(ANSWERED);
    unanswered.chain(answered).collect()
}

/// Where those stand that must be asked first, in order: what this one names was made or told by them.
pub(crate) fn needed(all: &[Exchange], of: &[usize]) -> Vec<usize> {
    let mut found = BTreeSet::new();
    let mut todo = of.to_vec();
    while let Some(at) = todo.pop() {
        let Some(exchange) = all.get(at) else {
            continue;
        };
        let before = &all[..at];
        let parent = exchange
            .parent
            .and_then(|p| before.iter().position(|e| e.number == p));
        let values = carried(&exchange.sent);
        let tells = |value: &String| before.iter().position(|e| said_yes(e) && tells(e, value));
        let path = &exchange.sent.path;
        let made = before.iter().rposition(|e| said_yes(e) && makes(e, path));
        for n in values.iter().filter_map(tells).chain(parent).chain(made) {
            if !of.contains(&n) && found.insert(n) {
                todo.push(n);
            }
        }
    }
    found.into_iter().collect()
}

/// Whether what stands at this path, or above it, was made by this exchange: a small number says little by itself.
fn makes(exchange: &Exchange, path: &str) -> bool {
    if exchange.sent.method != "POST" {
        return false;
    }
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    let is_at = |place: &str| {
        let rest = path.strip_prefix(place);
        rest.is_some_and(|r| r.is_empty() || r.starts_with('/'))
    };
    match exchange.header("location") {
        Some(location) => is_at(location.trim_start_matches(exchange.sent.base.as_str())),
        None => {
            let below = path.strip_prefix(exchange.sent.path.as_str());
            let key = below.and_then(|b| b.strip_prefix('/')?.split('/').next());
            key.is_some_and(|key| !key.is_empty() && tells(exchange, key))
        }
    }
}

/// The values that a request carries and that nothing else is likely to carry by chance.
fn carried(sent: &Sent) -> BTreeSet<String> {
    let mut all: Vec<String> = sent
        .path
        .split(['/', '?', '&', '='])
        .map(str::to_owned)
        .collect();
    for (name, value) in &sent.headers {
        if name.eq_ignore_ascii_case("content-type") {
            continue;
        }
        all.push(value.clone());
        all.extend(value.split([' ', ';', '=', ',']).map(str::to_owned));
    }
    if let Some(Ok(body)) = sent
        .body
        .as_ref()
        .map(|b| serde_json::from_str::<Value>(&b.text))
    {
        gather(&body, "", &mut all);
    }
    all.into_iter().filter(|v| is_of_one(v)).collect()
}

fn gather(value: &Value, name: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(n, v)| gather(v, n, all)),
        Value::Array(items) => items.iter().for_each(|v| gather(v, name, all)),
        Value::String(text) => all.push(text.clone()),
        Value::Number(number) if is_id(name) => all.push(number.to_string()),
        _ => {}
    }
}

/// Whether a text looks as if it named one thing: an id, a login, a credential.
fn is_of_one(text: &str) -> bool {
    let long = text.len() >= 20 && !text.contains(' ');
    long || text.contains('@') || text.bytes().any(|b| b.is_ascii_digit())
}

/// Whether a value stands in an answer, or in what was accepted from us.
fn tells(exchange: &Exchange, value: &str) -> bool {
    let Outcome::Answered { headers, body, .. } = &exchange.outcome else {
        return false;
    };
    let cookie = |(name, v): &(String, String)| {
        let set = name.eq_ignore_ascii_case("set-cookie") || name.eq_ignore_ascii_case("etag");
        set && mentions(v, value)
    };
    let given = exchange.sent.method != "GET"
        && exchange
            .sent
            .body
            .as_ref()
            .is_some_and(|b| mentions(&b.text, value));
    given || mentions(&body.text, value) || headers.iter().any(cookie)
}

/// Whether a text holds a value as a whole word.
fn mentions(text: &str, value: &str) -> bool {
    let bytes = text.as_bytes();
    let part = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    text.match_indices(value).any(|(at, found)| {
        let before = at.checked_sub(1).and_then(|n| bytes.get(n));
        !part(before) && !part(bytes.get(at + found.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Body;

    fn body(text: &str) -> Body {
        Body {
            text: text.to_owned(),
            bytes: text.len() as u64,
            cut: false,
        }
    }

    fn asked(number: u64, line: &str, sends: &str, answers: Option<&str>) -> Exchange {
        let (method, path) = line.split_once(' ').unwrap();
        Exchange {
            number,
            check: String::new(),
            parent: None,
            sent: Sent {
                method: method.into(),
                base: String::new(),
                path: path.into(),
                headers: Vec::new(),
                body: (!sends.is_empty()).then(|| body(sends)),
            },
            outcome: match answers {
                Some(text) => Outcome::Answered {
                    status: 200,
                    headers: Vec::new(),
                    body: body(text),
                },
                None => Outcome::Refused { why: "gone".into() },
            },
            millis: 1,
        }
    }

    #[test]
    fn the_first_without_an_answer_is_suspected_first_and_then_the_last_with_one() {
        let answers = [Some("{}"), None, Some("{}"), None, None];
        let all: Vec<_> = (1..).zip(answers).collect();
        let all: Vec<_> = all
            .into_iter()
            .map(|(n, a)| asked(n, "GET /", "", a))
            .collect();
        assert_eq!(suspects(&all), [3, 4, 2, 1, 0]);
        assert!(suspects(&[]).is_empty());
    }

    #[test]
    fn what_a_request_names_was_made_before_it() {
        let join = r#"{"email": "ada@example.org", "password": "zq7-secret"}"#;
        let all = [
            asked(1, "POST /accounts", join, Some(r#"{"id": 5}"#)),
            asked(2, "GET /venues", "", Some("[]")),
            asked(3, "POST /login", join, Some(r#"{"token": "t0ken"}"#)),
            asked(
                4,
                "POST /venues",
                r#"{"name": "Rome"}"#,
                Some(r#"{"id": 17}"#),
            ),
            asked(5, "GET /venues/170", "", Some("{}")),
            asked(6, "GET /venues/17?key=t0ken", "", None),
        ];
        assert_eq!(needed(&all, &[5]), [0, 2, 3]);
        assert_eq!(needed(&all, &[2, 5]), [0, 3]);
        assert!(needed(&all, &[1]).is_empty());
    }

    #[test]
    fn a_small_number_is_that_of_what_was_made_there() {
        let all = [
            asked(1, "POST /accounts", "{}", Some(r#"{"id": 2}"#)),
            asked(2, "POST /venues", "{}", Some(r#"{"id": 2}"#)),
            asked(3, "DELETE /venues/2/doors?x=1", "", None),
        ];
        assert_eq!(needed(&all, &[2]), [0, 1]);
    }
}
