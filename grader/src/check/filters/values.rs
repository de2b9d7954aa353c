//! Values of a fact that show what a filter does.

use jiff::{Span, Timestamp};
use rand::{Rng, RngExt};
use serde_json::{Value, json};

use super::keeps_edge;
use crate::pack::{Contract, Fact, Keeps, Pack};
use crate::probe::sample;

/// One value to ask for, and the values that things should have to be shown, or to be left out.
pub(super) struct Test {
    pub(super) ask: Value,
    pub(super) about: &'static str,
    pub(super) fits: Vec<Value>,
    pub(super) unfit: Vec<Value>,
}

/// The values that were chosen for one fact.
#[derive(Clone)]
pub(super) enum Values {
    /// Two free texts that share no word, texts that resemble the first, and texts with odd signs in them.
    Texts {
        one: Value,
        other: Value,
        alike: Vec<Value>,
        odd: Vec<(Value, &'static str)>,
    },
    /// Two of a few values.
    Words(Value, Value),
    /// Values in a row, at even distances.
    Row(Box<[Value; 7]>),
}

impl Values {
    /// Values for a filter on this fact; none where the contract leaves no choice, or the fact cannot be put in a row.
    pub(super) fn of(pack: &Pack, fact: &Fact, keeps: Keeps, rng: &mut impl Rng) -> Option<Self> {
        let contract = &pack.contract;
        let accepts = |v: &Value| contract.accepts(&fact.schema, v);
        if keeps.is_bound() {
            let row = row(contract, fact, rng)?;
            return row.iter().all(accepts).then(|| Self::Row(Box::new(row)));
        }
        let one = sample::value(contract, &fact.schema, &fact.name, rng);
        if !one.is_string() || is_closed(contract, fact) {
            let other = sample::change(contract, fact, &one, rng);
            return (other != one).then_some(Self::Words(one, other));
        }
        let first = one.as_str().unwrap_or_default().to_owned();
        // A search for words must not find one by another's word.
        let mut others = (0..20).map(|_| sample::change(contract, fact, &one, rng));
        let other = others.find(|v| v.as_str().is_some_and(|v| !share_a_word(v, &first)))?;
        let alike = [
            first.to_uppercase(),
            format!("{first} x"),
            format!("x{first}"),
        ];
        let alike = alike.into_iter().filter(|t| *t != first).map(|t| json!(t));
        let mut token = || format!("zq7{:06}", rng.random_range(0..1_000_000_u32));
        let odd = [
            (
                format!("São Paulo & Ünï {}", token()),
                "with letters beyond ASCII",
            ),
            (format!("O'Brien \"{}\"", token()), "with quotes"),
            (
                format!("50%20+1/{}?#_", token()),
                "with signs that mean something in a URL",
            ),
        ];
        let odd = odd.into_iter().map(|(text, about)| (json!(text), about));
        Some(Self::Texts {
            one,
            other,
            alike: alike.filter(accepts).collect(),
            odd: odd.filter(|(v, _)| accepts(v)).collect(),
        })
    }

    /// What to ask for, and with which one to combine other filters: what is asked, a value that fits, one that does
    /// not.
    pub(super) fn tests(&self, keeps: Keeps) -> (Vec<Test>, Option<(Value, Value, Value)>) {
        match self {
            Self::Texts {
                one,
                other,
                alike,
                odd,
            } => {
                let mut unfit = vec![other.clone()];
                // Only where the pack says "equal" does a resemblance not count.
                if keeps == Keeps::Equal {
                    unfit.extend(alike.iter().cloned());
                }
                let test = |ask: &Value, about, unfit| Test {
                    ask: ask.clone(),
                    about,
                    fits: vec![ask.clone()],
                    unfit,
                };
                let mut tests = vec![test(one, "", unfit)];
                let strange = odd
                    .iter()
                    .map(|(v, about)| test(v, about, vec![other.clone()]));
                tests.extend(strange);
                (tests, Some((one.clone(), one.clone(), other.clone())))
            }
            Self::Words(one, other) => {
                let test = Test {
                    ask: one.clone(),
                    about: "",
                    fits: vec![one.clone()],
                    unfit: vec![other.clone()],
                };
                (vec![test], Some((one.clone(), one.clone(), other.clone())))
            }
            Self::Row(row) => bound(row, keeps),
        }
    }
}

/// Tests of one end of a range, at the middle of the row; combined with other filters it is asked for further out, so
/// that the middle fits both ends of a range.
fn bound(row: &[Value; 7], keeps: Keeps) -> (Vec<Test>, Option<(Value, Value, Value)>) {
    let [lowest, low, under, middle, over, high, highest] = row.clone();
    let up = matches!(keeps, Keeps::From | Keeps::After);
    let (mut fits, mut unfit) = if up {
        (vec![over], vec![under])
    } else {
        (vec![under], vec![over])
    };
    if keeps_edge(keeps) {
        fits.push(middle.clone());
    } else {
        unfit.push(middle.clone());
    }
    let mut tests = vec![Test {
        ask: middle.clone(),
        about: "",
        fits: fits.clone(),
        unfit: unfit.clone(),
    }];
    if let Some(ask) = elsewhere(&middle) {
        let about = "with an offset other than Z";
        tests.push(Test {
            ask,
            about,
            fits,
            unfit,
        });
    }
    let choice = if up {
        (low, middle, lowest)
    } else {
        (high, middle, highest)
    };
    (tests, Some(choice))
}

/// The same instant as a clock two hours ahead shows it.
fn elsewhere(value: &Value) -> Option<Value> {
    let instant: Timestamp = value.as_str()?.parse().ok()?;
    let shifted = instant.checked_add(Span::new().hours(2)).ok()?;
    let text = shifted.to_string();
    Some(json!(format!("{}+02:00", text.strip_suffix('Z')?)))
}

/// Seven values of a fact in a row: instants a second apart, days, or whole numbers.
fn row(contract: &Contract, fact: &Fact, rng: &mut impl Rng) -> Option<[Value; 7]> {
    let format = contract
        .follow(&fact.schema)
        .get("format")
        .and_then(Value::as_str);
    match format {
        Some("date-time") => {
            // Within what an ordinary column holds, in a second that nobody else plants.
            let start = 2_000_000_000 + rng.random_range(0..100_000_000_i64);
            let instant = |n: i64| Timestamp::from_second(start + n).map(|t| json!(t.to_string()));
            collect((0..7).map(|n| instant(n).ok()))
        }
        Some("date") => {
            let start = jiff::civil::date(2031, 1, 1);
            let first = rng.random_range(0..5000_i64);
            let day = |n: i64| start.checked_add(Span::new().days(first + n)).ok();
            collect((0..7).map(|n| Some(json!(day(n)?.to_string()))))
        }
        _ => {
            let like = sample::value(contract, &fact.schema, &fact.name, rng);
            let middle = like.as_i64()?;
            collect((-3..4).map(|n| Some(json!(middle.checked_add(n)?))))
        }
    }
}

fn collect(values: impl Iterator<Item = Option<Value>>) -> Option<[Value; 7]> {
    let values: Option<Vec<Value>> = values.collect();
    values?.try_into().ok()
}

fn is_closed(contract: &Contract, fact: &Fact) -> bool {
    let schema = contract.follow(&fact.schema);
    schema.get("enum").is_some() || schema.get("const").is_some()
}

fn share_a_word(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| !c.is_alphanumeric());
        parts
            .filter(|w| !w.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    let others = words(b);
    words(a).iter().any(|word| others.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_the_same_elsewhere() {
        let there = elsewhere(&json!("2031-05-07T23:30:00Z")).unwrap();
        assert_eq!(there, "2031-05-08T01:30:00+02:00");
        assert_eq!(elsewhere(&json!("no instant")), None);
        assert_eq!(elsewhere(&json!(7)), None);
    }

    #[test]
    fn an_end_of_a_range_keeps_its_edge_or_leaves_it_out() {
        let row: [Value; 7] = std::array::from_fn(|n| json!(n));
        let test = |keeps| {
            let (mut tests, _) = bound(&row, keeps);
            let test = tests.remove(0);
            (test.fits, test.unfit)
        };
        let all = |v: &[i64]| v.iter().map(|n| json!(n)).collect::<Vec<_>>();
        assert_eq!(test(Keeps::From), (all(&[4, 3]), all(&[2])));
        assert_eq!(test(Keeps::After), (all(&[4]), all(&[2, 3])));
        assert_eq!(test(Keeps::Before), (all(&[2]), all(&[4, 3])));
        assert_eq!(test(Keeps::Until), (all(&[2, 3]), all(&[4])));
    }

    #[test]
    fn words_are_whole_words_in_any_case() {
        assert!(share_a_word("New York zq7a", "york!"));
        assert!(!share_a_word("Yorkshire", "york"));
    }
}
