//! What a reply shows of a planted thing, fact by fact.

use serde_json::Value;

use super::{Planted, Planter, same};
use crate::pack::{Fact, Place};

/// A fact that was sent, and what a reply shows in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The fact's name.
    pub fact: String,
    /// What was sent.
    pub sent: Value,
    /// What the reply shows; none when it shows nothing there.
    pub got: Option<Value>,
    /// Whether both are the same fact, whatever the spelling.
    pub same: bool,
}

impl Planter {
    /// What a reply's body shows of the facts that were sent for `of`. `listed`: the body is one item of a
    /// list. Facts that the contract shows nowhere in such a reply are left out.
    pub fn shown(&self, of: &Planted, body: &Value, listed: bool) -> Vec<Shown> {
        let Some(entity) = self.entity(of) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for fact in entity.sent() {
            let place = if listed { &fact.listed } else { &fact.reply };
            if let (Some(place), Some(sent)) = (place, of.facts.get(&fact.name)) {
                all.push(self.one_shown(fact, place, sent, body));
            }
        }
        all
    }

    fn one_shown(&self, fact: &Fact, place: &Place, sent: &Value, body: &Value) -> Shown {
        let got = place.get(body).first().map(|v| (*v).clone());
        let schema = self.pack.contract.follow(&fact.schema);
        let format = schema.get("format").and_then(Value::as_str);
        let same = got.as_ref().is_some_and(|got| same(format, sent, got));
        Shown {
            fact: fact.name.clone(),
            sent: sent.clone(),
            got,
            same,
        }
    }

    /// The facts of `of` whose values stand for this one thing alone: texts and numbers that nothing else
    /// carries. A status or a flag says nothing about whose it is.
    pub fn marks(&self, of: &Planted) -> Vec<(String, Value)> {
        let Some(entity) = self.entity(of) else {
            return Vec::new();
        };
        let telling = |fact: &&Fact| {
            let schema = self.pack.contract.follow(&fact.schema);
            let closed = schema.get("enum").is_some() || schema.get("const").is_some();
            !closed
                && of
                    .facts
                    .get(&fact.name)
                    .is_some_and(|v| v.is_string() || v.is_number())
        };
        let pair = |f: &Fact| Some((f.name.clone(), of.facts.get(&f.name)?.clone()));
        entity.sent().filter(telling).filter_map(pair).collect()
    }
}
