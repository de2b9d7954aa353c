//! One finding a cause, however many requests show it.
//!
//! What goes wrong in one way wherever it was tried is one mistake in the place that all requests pass. What goes wrong
//! in one way in every field of a thing is one mistake in what reads that thing. All else is the field's own.

use std::collections::{BTreeMap, BTreeSet};

use super::{Came, Tried, Words};
use crate::check::Cx;
use crate::check::forms::line;
use crate::model::{Draft, Manner};
use crate::pack::OpId;
use crate::probe::plant::answer;

/// How many requests one finding shows.
const SHOWN: usize = 4;

/// What has one cause.
pub(super) struct Group {
    /// What it is about; none where it shows everywhere.
    about: Option<String>,
    /// The request that shows it, the smallest first.
    pub(super) shown: Tried,
    others: Vec<Tried>,
    ops: BTreeSet<String>,
}

/// The cases for which `wrong` holds, by cause: those everywhere, then those of a thing, then those of a field.
pub(super) fn fold(tried: &[Tried], wrong: impl Fn(&Tried) -> bool) -> Vec<Group> {
    let all: Vec<&Tried> = tried.iter().filter(|t| wrong(t)).collect();
    let common = |t: &Tried| {
        let like = |o: &&Tried| o.case.class == t.case.class;
        let method = |o: &&Tried| o.exchange.sent.method == t.exchange.sent.method;
        let named = |o: &&Tried| o.case.at == t.case.at;
        let all = || tried.iter().filter(like);
        is_one_cause(all(), &wrong, 2)
            || is_one_cause(all().filter(method), &wrong, 2)
            // Of two fields of one name each may have its own rule.
            || !t.case.at.is_empty() && is_one_cause(all().filter(named), &wrong, 3)
    };
    let (everywhere, left): (Vec<_>, Vec<_>) = all.into_iter().partition(|t| common(t));
    let whole = |t: &Tried| {
        let like = |o: &&Tried| o.about() == t.about() && o.case.class == t.case.class;
        let mut like = tried.iter().filter(like);
        let fields: BTreeSet<_> = like.clone().map(|o| &o.case.at).collect();
        fields.len() > 1 && like.all(&wrong)
    };
    // Fields of one thing that go wrong in the same ways at the same operations are read by the same lines.
    let ways = |t: &Tried| -> BTreeSet<(&'static str, &OpId)> {
        let own = left
            .iter()
            .filter(|o| (o.about(), &o.case.at) == (t.about(), &t.case.at));
        own.map(|o| (o.case.class, &o.op)).collect()
    };
    let alike = |t: &Tried| {
        let own = ways(t);
        own.len() > 1
            && left
                .iter()
                .any(|o| o.about() == t.about() && o.case.at != t.case.at && ways(o) == own)
    };
    let about = |t: &Tried| match t.case.at.as_str() {
        "" => t.about(),
        _ if whole(t) || alike(t) => t.about(),
        at => format!("{}.{at}", t.about()),
    };
    let mut groups = by_manner(&everywhere, |_| None);
    groups.extend(by_manner(&left, |t| Some(about(t))));
    groups
}

/// Whether so much goes wrong in one way that it must be one mistake: at several things and nowhere right, or at so many
/// of them that it is no chance. Fields with rules of their own may stand aside. `least`: at so many things.
fn is_one_cause<'t>(
    like: impl Iterator<Item = &'t Tried>,
    wrong: impl Fn(&Tried) -> bool,
    least: usize,
) -> bool {
    let (mut things, mut fields, mut tried) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut right = false;
    for one in like {
        tried.insert((one.about(), &one.case.at));
        if wrong(one) {
            things.insert(one.about());
            fields.insert((one.about(), &one.case.at));
        } else {
            right = true;
        }
    }
    match things.len() {
        0 | 1 => false,
        few if few < least => false,
        2 => !right,
        3 => fields.len() * 2 > tried.len(),
        _ => fields.len() * 3 > tried.len(),
    }
}

/// Groups by what they are about and how it shows.
fn by_manner(all: &[&Tried], about: impl Fn(&Tried) -> Option<String>) -> Vec<Group> {
    let mut sorted: BTreeMap<(Option<String>, Manner), Vec<&Tried>> = BTreeMap::new();
    for tried in all {
        let key = (about(tried), broke(tried));
        sorted.entry(key).or_default().push(tried);
    }
    let group = |((about, _), mut all): ((Option<String>, Manner), Vec<&Tried>)| {
        let ops = all.iter().map(|t| t.op.to_string()).collect();
        all.sort_by_key(|t| t.size());
        let mut all = all.into_iter().cloned();
        Some(Group {
            about,
            shown: all.next()?,
            others: all.collect(),
            ops,
        })
    };
    sorted.into_iter().filter_map(group).collect()
}

fn broke(tried: &Tried) -> Manner {
    match tried.came {
        Came::Broke(manner) => manner,
        _ => Manner::Wrong,
    }
}

impl Group {
    /// As a finding.
    pub(super) fn draft(self, cx: &Cx, words: &Words) -> Draft {
        let pack = cx.pack();
        let written = |op: &String| {
            pack.contract
                .op(op)
                .map_or_else(|| op.clone(), |o| o.line())
        };
        let ops: Vec<String> = self.ops.iter().map(written).collect();
        let mut ways: Vec<String> = Vec::new();
        for tried in std::iter::once(&self.shown).chain(&self.others) {
            if !ways.contains(&tried.case.name) {
                ways.push(tried.case.name.clone());
            }
        }
        let place = match ops.as_slice() {
            [one] => format!(" at {one}"),
            _ => String::new(),
        };
        let name = &self.shown.case.name;
        let first = line(&format!("{name}: it {}{place}", words.does), "");
        let mut evidence = vec![cx.seen(self.shown.case.name.clone(), &self.shown.exchange)];
        let mut seen = vec![self.shown.case.class];
        for other in &self.others {
            if evidence.len() < SHOWN && !seen.contains(&other.case.class) {
                seen.push(other.case.class);
                evidence.push(cx.seen(other.case.name.clone(), &other.exchange));
            }
        }
        let more = match ways.len() {
            1 => String::new(),
            2..=6 => format!("; the same where {}", ways[1..].join(", ")),
            n => format!(
                "; the same where {}, and in {} more ways",
                ways[1..4].join(", "),
                n - 4
            ),
        };
        let subject = self.about.map_or_else(
            || words.everywhere.to_owned(),
            |about| format!("{about}: {}", words.everywhere),
        );
        Draft {
            subject,
            touches: ops,
            saw: first,
            expected: words.expected.to_owned(),
            actual: format!("{}{more}", answer(&self.shown.exchange)),
            note: words.note.map(str::to_owned),
            manner: broke(&self.shown),
            evidence,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::{Body, Exchange, Outcome, Sent};
    use crate::probe::negative::{Case, Edit, Must};

    fn tried(about: &str, method: &str, at: &str, class: &'static str, status: u16) -> Tried {
        let text = String::new();
        let bytes = 0;
        let cut = false;
        let exchange = Exchange {
            number: 1,
            check: "errors.example".into(),
            parent: None,
            sent: Sent {
                method: method.into(),
                base: String::new(),
                path: "/".into(),
                headers: vec![],
                body: None,
            },
            outcome: Outcome::Answered {
                status,
                headers: vec![],
                body: Body { text, bytes, cut },
            },
            millis: 1,
        };
        Tried {
            op: OpId::from(format!("{method} {about}").as_str()),
            about: Some(about.into()),
            body: Value::Null,
            request: None,
            case: Case {
                name: format!("`{at}` is {class}"),
                at: at.into(),
                class,
                must: Must::Refuse,
                edit: Edit::Elsewhere,
            },
            came: Came::of(&exchange),
            exchange,
        }
    }

    fn told(all: &[Tried]) -> Vec<Option<String>> {
        let broke = |t: &Tried| matches!(t.came, Came::Broke(_));
        fold(all, broke).into_iter().map(|g| g.about).collect()
    }

    #[test]
    fn what_goes_wrong_everywhere_is_one_cause() {
        let all = [
            tried("venue", "POST", "name", "null", 500),
            tried("venue", "POST", "city", "null", 500),
            tried("event", "POST", "title", "null", 500),
            tried("event", "POST", "title", "missing", 422),
        ];
        assert_eq!(told(&all), [None]);
        // The same where only changes go wrong.
        let mut changes: Vec<_> = all
            .iter()
            .map(|t| tried(&t.about(), "PATCH", &t.case.at, t.case.class, 500))
            .collect();
        changes.push(tried("venue", "POST", "name", "null", 422));
        assert_eq!(told(&changes), [None, Some("event.title".into())]);
    }

    #[test]
    fn ten_mistakes_in_ten_places_are_ten_findings() {
        let things = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let classes = ["null", "missing", "too large", "a text", "a list"];
        let mut all = Vec::new();
        for (n, thing) in things.iter().enumerate() {
            for (m, class) in classes.iter().enumerate() {
                for field in ["name", "size"] {
                    let wrong = m == n % classes.len() && field == "size";
                    all.push(tried(
                        thing,
                        "POST",
                        field,
                        class,
                        if wrong { 500 } else { 422 },
                    ));
                }
            }
        }
        let told = told(&all);
        let wanted: Vec<_> = things.iter().map(|t| Some(format!("{t}.size"))).collect();
        assert_eq!(told, wanted);
    }

    #[test]
    fn fields_that_are_read_by_the_same_lines_are_told_together() {
        let mut all = Vec::new();
        for field in ["from", "to"] {
            for class in ["a word", "empty"] {
                all.push(tried("event", "GET", field, class, 500));
                all.push(tried("event", "GET", "city", class, 200));
            }
        }
        assert_eq!(told(&all), [Some("event".into())]);
    }
}
