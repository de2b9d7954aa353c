//! Whether things stand in the order that they should stand in.

use std::cmp::Ordering;

use indexmap::IndexMap;
use rand::seq::SliceRandom;
use serde_json::{Value, json};

use super::Cx;
use crate::model::Fault;
use crate::pack::{By, Contract, Fact};
use crate::probe::plant::{Planted, Planting, Signs, Walk};
use crate::probe::sample;

/// How many things are put in order.
const THINGS: usize = 7;

/// Instants that stand in another order when they are read as text.
const INSTANTS: [&str; THINGS] = [
    "2031-05-07T12:00:00Z",
    "2031-05-07T13:30:00+02:00",
    "2031-05-07T11:00:00-03:00",
    "2031-05-06T23:59:59Z",
    "2031-05-07T00:30:00+01:00",
    "2031-05-08T00:00:00Z",
    "2031-05-07T12:00:01Z",
];

/// Numbers that stand in another order when they are read as text.
const NUMBERS: [i64; THINGS] = [9, 10, 100, 25, 8, 1000, 101];

/// Makes things that differ in these facts, in no order.
pub(crate) async fn lineup(
    cx: &mut Cx,
    entity: &str,
    facts: &[&str],
) -> Result<Planting<Vec<(Planted, Signs)>>, Fault> {
    let pack = cx.pack();
    let mut each = vec![IndexMap::new(); THINGS];
    for name in facts {
        let fact = pack.entity(entity).and_then(|e| e.facts.get(*name));
        let Some(fact) = fact.filter(|f| f.send.is_some()) else {
            continue;
        };
        let mut values = values(&pack.contract, fact, cx);
        values.shuffle(cx.planter().rng());
        for (facts, value) in each.iter_mut().zip(values) {
            facts.insert((*name).to_owned(), value);
        }
    }
    let made = cx.planter().crowd_as(entity, each).await?;
    Ok(made.map(|things| {
        let signed = |thing: Planted| cx.planter().signs(&thing).map(|signs| (thing, signs));
        things.into_iter().filter_map(signed).collect()
    }))
}

/// Values of a fact that are hard to put in order, as far as the contract allows them.
fn values(contract: &Contract, fact: &Fact, cx: &mut Cx) -> Vec<Value> {
    let hard = INSTANTS
        .map(|i| json!(i))
        .into_iter()
        .chain(NUMBERS.map(|n| json!(n)));
    let hard: Vec<Value> = hard.filter(|v| contract.accepts(&fact.schema, v)).collect();
    // A free text takes an instant too, and is none.
    let instants = hard.iter().all(|v| v.is_number()) || is_instant(contract, fact);
    if hard.len() == THINGS && instants {
        return hard;
    }
    let rng = cx.planter().rng();
    (0..THINGS)
        .map(|_| sample::value(contract, &fact.schema, &fact.name, rng))
        .collect()
}

fn is_instant(contract: &Contract, fact: &Fact) -> bool {
    contract
        .follow(&fact.schema)
        .get("format")
        .is_some_and(|f| f == "date-time")
}

/// Two of the things that the walk shows in another order than this one: their places in it.
pub(crate) fn out_of_order(
    walk: &Walk,
    things: &[(Planted, Signs)],
    order: &[By],
) -> Option<(usize, usize)> {
    let place = |signs: &Signs| walk.items.iter().position(|item| signs.are_on(item));
    let mut shown: Vec<(usize, &Planted)> = things
        .iter()
        .filter_map(|(thing, signs)| Some((place(signs)?, thing)))
        .collect();
    shown.sort_by_key(|(at, _)| *at);
    let pairs = shown.iter().enumerate();
    pairs.into_iter().find_map(|(n, (at, thing))| {
        let wrong =
            |(_, later): &&(usize, &Planted)| rank(thing, later, order) == Some(Ordering::Greater);
        let (later, _) = shown[n + 1..].iter().find(wrong)?;
        Some((*at, *later))
    })
}

/// Which of two things comes first; none where nobody can say.
fn rank(a: &Planted, b: &Planted, order: &[By]) -> Option<Ordering> {
    for by in order {
        let (a, b) = (a.facts.get(&by.fact)?, b.facts.get(&by.fact)?);
        let ordering = compare(a, b)?;
        if ordering != Ordering::Equal {
            return Some(if by.falling {
                ordering.reverse()
            } else {
                ordering
            });
        }
    }
    None
}

/// Numbers by value, instants by time, texts where every collation agrees: at the first letter or digit in which
/// they differ, if both are of one kind.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) if a == b => Some(Ordering::Equal),
        (Value::String(a), Value::String(b)) => {
            let instant = |text: &str| text.parse::<jiff::Timestamp>().ok();
            if let (Some(a), Some(b)) = (instant(a), instant(b)) {
                return Some(a.cmp(&b));
            }
            let (a, b) = a.chars().zip(b.chars()).find(|(a, b)| a != b)?;
            let kinds: [fn(&char) -> bool; 3] = [
                char::is_ascii_lowercase,
                char::is_ascii_uppercase,
                char::is_ascii_digit,
            ];
            kinds.iter().any(|is| is(&a) && is(&b)).then(|| a.cmp(&b))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_only_where_every_collation_agrees() {
        let of = |a: &str, b: &str| compare(&json!(a), &json!(b));
        assert_eq!(of("berlin x", "bonn a"), Some(Ordering::Less));
        assert_eq!(of("b", "A"), None);
        assert_eq!(of("a b", "ab"), None);
        assert_eq!(of("a", "ab"), None);
        assert_eq!(of("zq7ab3", "zq7ab1"), Some(Ordering::Greater));
    }

    #[test]
    fn instants_are_compared_by_time_and_numbers_by_value() {
        let of = |a: Value, b: Value| compare(&a, &b);
        let later = of(
            json!("2031-05-07T12:00:00Z"),
            json!("2031-05-07T13:30:00+02:00"),
        );
        assert_eq!(later, Some(Ordering::Greater));
        assert_eq!(of(json!(9), json!(10)), Some(Ordering::Less));
        assert_eq!(of(json!(true), json!(false)), None);
    }
}
