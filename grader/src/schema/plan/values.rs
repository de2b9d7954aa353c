//! Values to plant: valid by the contract, unmistakable where it leaves room, and never the same by accident.

use std::collections::{HashMap, HashSet};

use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::pack::{Contract, Fact, Pack, Term};
use crate::probe::sample;
use crate::schema::domain::{Domain, Origin};

/// How often a value is drawn until it is one that nothing else has.
const DRAWS: usize = 40;
/// Spans of whole numbers up to this are listed and used in turn.
const FEW: i64 = 64;

/// Gives values, by kind and fact.
pub(super) struct Bank<'p> {
    pack: &'p Pack,
    domain: &'p Domain,
    rng: ChaCha8Rng,
    used: HashSet<String>,
    given: HashMap<(usize, usize), Vec<Value>>,
}

impl<'p> Bank<'p> {
    pub(super) fn new(pack: &'p Pack, domain: &'p Domain, rng: ChaCha8Rng) -> Self {
        Self {
            pack,
            domain,
            rng,
            used: HashSet::new(),
            given: HashMap::new(),
        }
    }

    /// The first value of a fact: the one that twins share.
    pub(super) fn base(&mut self, kind: usize, fact: usize) -> Option<Value> {
        let (kind, fact) = self.source(kind, fact);
        match self.given.get(&(kind, fact)).and_then(|all| all.first()) {
            Some(value) => Some(value.clone()),
            None => self.fresh(kind, fact, &[]),
        }
    }

    /// A value that no fact had before; where the contract allows only a few, one that is none of `not`.
    pub(super) fn fresh(&mut self, kind: usize, fact: usize, not: &[Value]) -> Option<Value> {
        let (kind, fact) = self.source(kind, fact);
        let said = self.said(kind, fact)?;
        let contract = &self.pack.contract;
        let is = |term: &Term| {
            let kind = &self.domain.kinds[kind];
            term.of == kind.name && term.fact.as_ref() == Some(&said.name)
        };
        let limit = self.pack.limited.iter().any(|l| is(&l.of));
        let amount = self.pack.limited.iter().any(|l| is(&l.counts));
        let given = self.given.entry((kind, fact)).or_default();
        let value = match closed(contract, &said.schema) {
            Some(all) => {
                // Those that were given least often come first, so that all of them come; small amounts before large
                // ones where their sum has a limit.
                let times = |v: &Value| given.iter().filter(|g| *g == v).count();
                let size = |v: &Value| v.as_i64().filter(|_| amount);
                let free = all.iter().filter(|v| !not.contains(v));
                free.min_by_key(|v| (times(v), size(v)))?.clone()
            }
            None => {
                let one =
                    |rng: &mut ChaCha8Rng| sample::value(contract, &said.schema, &said.name, rng);
                // Of several draws the largest for a limit, the smallest for what it limits.
                let draw = |rng: &mut ChaCha8Rng| {
                    let more = if limit || amount { 6 } else { 0 };
                    let first = one(rng);
                    (0..more).fold(first, |best, _| {
                        let next = one(rng);
                        let (a, b) = (next.as_f64(), best.as_f64());
                        let better = if limit { a > b } else { a < b };
                        if better { next } else { best }
                    })
                };
                let mut value = draw(&mut self.rng);
                for _ in 0..DRAWS {
                    let news = spellings(&value).iter().all(|s| !self.used.contains(s));
                    if news && !not.contains(&value) {
                        break;
                    }
                    value = draw(&mut self.rng);
                }
                value
            }
        };
        if not.contains(&value) {
            return None;
        }
        self.used.extend(spellings(&value));
        given.push(value.clone());
        Some(value)
    }

    /// A snapshot takes the values of what it is taken from.
    fn source(&self, kind: usize, fact: usize) -> (usize, usize) {
        match &self.domain.kinds[kind].facts[fact].origin {
            Origin::Snapshot { path, fact } => (self.domain.end(kind, path), *fact),
            _ => (kind, fact),
        }
    }

    fn said(&self, kind: usize, fact: usize) -> Option<&'p Fact> {
        let kind = &self.domain.kinds[kind];
        let name = &kind.facts[fact].name;
        let entity = self.pack.entity(&kind.name).map(|e| &e.facts);
        let link = self.pack.links.get(&kind.name).map(|l| &l.facts);
        entity.or(link)?.get(name)
    }
}

/// All values that a schema allows, where they are few.
fn closed(contract: &Contract, schema: &Value) -> Option<Vec<Value>> {
    let whole = schema;
    let schema = contract.follow(schema);
    let is = |name: &str| match schema.get("type") {
        Some(Value::Array(all)) => all.iter().any(|t| t == name),
        Some(one) => one == name,
        None => false,
    };
    let bound = |word: &str, strict: &str, inward: i64| {
        let plain = schema.get(word).and_then(Value::as_i64);
        let strict = schema.get(strict).and_then(Value::as_i64);
        plain.or(strict.map(|s| s.saturating_add(inward)))
    };
    let all: Vec<Value> = if let Some(all) = schema.get("enum").and_then(Value::as_array) {
        all.iter().filter(|v| !v.is_null()).cloned().collect()
    } else if is("boolean") {
        vec![json!(true), json!(false)]
    } else if is("integer") {
        let low = bound("minimum", "exclusiveMinimum", 1)?;
        let high = bound("maximum", "exclusiveMaximum", -1)?;
        if high.saturating_sub(low) > FEW {
            return None;
        }
        // The greater ones are the less usual.
        (low..=high).rev().map(Value::from).collect()
    } else {
        return None;
    };
    let fits = |v: &Value| contract.accepts(whole, v);
    Some(all.into_iter().filter(fits).collect())
}

/// How a value may be found again: as it is, and a number in the next units.
fn spellings(value: &Value) -> Vec<String> {
    match value {
        Value::Number(number) => {
            let plain = number.as_f64().unwrap_or_default();
            [plain, plain * 100.0, plain / 100.0]
                .iter()
                .map(|n| format!("{n:.4}"))
                .collect()
        }
        Value::String(text) => vec![text.trim().to_lowercase()],
        other => vec![other.to_string()],
    }
}
