//! `[[depends]]`, `[[independent]]`, `[copy]`, `[storage]`, `[[read]]`, `[limited]`.

use indexmap::IndexMap;

use crate::pack::{
    CopyPolicy, CopyRule, Depends, Entity, Growth, Independent, Limited, Link, ParamPlace, Read,
    Storage, Strictness, Term,
};

use super::{
    Reader,
    tab::{At, Item, Tab},
};

/// All of it.
#[derive(Default)]
pub(super) struct Theory {
    pub(super) depends: Vec<Depends>,
    pub(super) independent: Vec<Independent>,
    pub(super) copies: Vec<CopyRule>,
    pub(super) storage: Storage,
    pub(super) reads: Vec<Read>,
    pub(super) limited: Vec<Limited>,
}

/// The names a term may use.
struct Names<'a> {
    reader: &'a Reader<'a>,
    entities: &'a IndexMap<String, Entity>,
    links: &'a IndexMap<String, Link>,
}

pub(super) fn read(
    reader: &Reader<'_>,
    root: &mut Tab<'_>,
    entities: &IndexMap<String, Entity>,
    links: &IndexMap<String, Link>,
) -> Theory {
    let names = Names {
        reader,
        entities,
        links,
    };
    let mut theory = Theory::default();
    for mut tab in root
        .get("depends")
        .map(|i| i.one_or_many())
        .unwrap_or_default()
    {
        let on = names.terms(tab.need("on", "name what decides: `on = [\"venue.city\"]`"));
        let what =
            names.terms(tab.need("what", "name what is decided: `what = [\"venue.country\"]`"));
        tab.done();
        theory.depends.push(Depends { on, what });
    }
    for mut tab in root
        .get("independent")
        .map(|i| i.one_or_many())
        .unwrap_or_default()
    {
        theory.independent.extend(names.independent(&mut tab));
        tab.done();
    }
    if let Some(tab) = root.get("copy").and_then(|i| i.table()) {
        for (name, mut tab) in tab.tables() {
            theory.copies.extend(names.copy(&name, &mut tab));
            tab.done();
        }
    }
    if let Some(mut tab) = root.get("storage").and_then(|i| i.table()) {
        let words = [
            ("fail", Strictness::Fail),
            ("advice", Strictness::Advice),
            ("ok", Strictness::Ok),
        ];
        let mut strict = |key| tab.get(key).and_then(|i| i.word(&words));
        let base = Storage::default();
        theory.storage = Storage {
            arrays: strict("arrays").unwrap_or(base.arrays),
            json: strict("json").unwrap_or(base.json),
        };
        tab.done();
    }
    for mut tab in root
        .get("read")
        .map(|i| i.one_or_many())
        .unwrap_or_default()
    {
        theory.reads.extend(names.read(&mut tab));
        tab.done();
    }
    for mut tab in root
        .get("limited")
        .map(|i| i.one_or_many())
        .unwrap_or_default()
    {
        let counts = tab
            .need("counts", "name the fact that is summed")
            .and_then(|i| names.term(&i.text()?));
        let of = tab
            .need("of", "name the fact that is the limit")
            .and_then(|i| names.term(&i.text()?));
        tab.done();
        if let (Some(counts), Some(of)) = (counts, of) {
            theory.limited.push(Limited { counts, of });
        }
    }
    theory
}

impl Names<'_> {
    fn terms(&self, item: Option<Item<'_>>) -> Vec<Term> {
        let texts = match item {
            Some(item) if item.is_text() => item.text().into_iter().collect(),
            Some(item) => item.texts(),
            None => Vec::new(),
        };
        texts.iter().filter_map(|t| self.term(t)).collect()
    }

    /// `venue.city`, or `venue` for its key.
    fn term(&self, text: &At<String>) -> Option<Term> {
        let (of, fact) = match text.value.split_once('.') {
            Some((of, fact)) => (of, Some(fact)),
            None => (text.value.as_str(), None),
        };
        let known: Vec<&str> = match (self.entities.get(of), self.links.get(of)) {
            (Some(e), _) => e
                .facts
                .keys()
                .chain(e.parents.keys())
                .map(String::as_str)
                .collect(),
            (_, Some(l)) => l
                .facts
                .keys()
                .chain(l.ends.keys())
                .map(String::as_str)
                .collect(),
            _ => {
                self.unknown(text, of);
                return None;
            }
        };
        if let Some(fact) = fact
            && !known.contains(&fact)
        {
            let what = format!("`{of}` has no fact `{fact}`");
            self.reader.log.unknown(&text.spot, what, fact, known);
            return None;
        }
        Some(Term {
            of: of.to_owned(),
            fact: fact.map(str::to_owned),
        })
    }

    fn unknown(&self, text: &At<String>, name: &str) {
        let what = format!("there is no entity or link `{name}`");
        let known = self
            .entities
            .keys()
            .chain(self.links.keys())
            .map(String::as_str);
        self.reader.log.unknown(&text.spot, what, name, known);
    }

    fn known(&self, text: &At<String>) -> bool {
        let known = self.entities.contains_key(&text.value) || self.links.contains_key(&text.value);
        if !known {
            self.unknown(text, &text.value);
        }
        known
    }

    fn independent(&self, tab: &mut Tab<'_>) -> Option<Independent> {
        let of = tab.need("of", "name the entity").and_then(|i| i.text());
        let sets = tab
            .need("sets", "name two or more links, children or facts")
            .map(|i| i.texts());
        let (of, sets) = (of?, sets?);
        let entity = self.reader.entity(&of, self.entities)?;
        for set in &sets {
            let fact = entity.facts.contains_key(&set.value);
            let child = self
                .entities
                .get(&set.value)
                .is_some_and(|e| e.parents.values().any(|p| p.entity == of.value));
            let link = self
                .links
                .get(&set.value)
                .is_some_and(|l| l.ends.values().any(|e| e.entity == of.value));
            if !(fact || child || link) && self.known(set) {
                let what = format!("`{}` is no set of `{}`", set.value, of.value);
                self.reader.log.say(
                    &set.spot,
                    what,
                    "name links that end there, entities that belong to it, or its facts",
                );
            }
        }
        let sets: Vec<String> = sets.into_iter().map(|s| s.value).collect();
        if sets.len() < 2 {
            self.reader.log.say(
                &of.spot,
                "one set alone is independent of nothing",
                "name two or more in `sets`",
            );
        }
        Some(Independent { of: of.value, sets })
    }

    fn copy(&self, name: &At<String>, tab: &mut Tab<'_>) -> Option<CopyRule> {
        let copy = self.term(name);
        let of = tab.need(
            "of",
            "name the original: `of = \"ticket_type.price_cents\"`",
        );
        let of = of.and_then(|i| self.term(&i.text()?));
        let words = [
            ("live", CopyPolicy::Live),
            ("snapshot", CopyPolicy::Snapshot),
            ("either", CopyPolicy::Either),
        ];
        let policy = tab
            .need("policy", "write `live`, `snapshot` or `either`")
            .and_then(|i| i.word(&words));
        let at = tab
            .get("at")
            .and_then(|i| self.reader.op_of(&i))
            .map(|op| op.id.clone());
        Some(CopyRule {
            copy: copy?,
            of: of?,
            policy: policy?,
            at,
        })
    }

    fn read(&self, tab: &mut Tab<'_>) -> Option<Read> {
        let op = tab
            .need("op", "name the operation")
            .and_then(|i| self.reader.op_of(&i));
        let grows = tab.get("grows").map(|i| i.texts()).unwrap_or_default();
        let grows = grows
            .into_iter()
            .filter(|g| self.known(g))
            .map(|g| g.value)
            .collect();
        let bound = tab.get("bound").and_then(|i| {
            i.word(&[
                ("constant", Growth::Constant),
                ("linear-in-result", Growth::LinearInResult),
                ("linear-in-table", Growth::LinearInTable),
            ])
        });
        let mut with = IndexMap::new();
        for (name, item) in tab
            .get("with")
            .and_then(|i| i.table())
            .map(|t| t.all())
            .unwrap_or_default()
        {
            if let Some(op) = op.filter(|op| op.param(ParamPlace::Query, &name.value).is_none()) {
                let what = format!("`{}` has no filter `{}`", op.id, name.value);
                let known = op.params.iter().filter(|p| p.place == ParamPlace::Query);
                self.reader.log.unknown(
                    &name.spot,
                    what,
                    &name.value,
                    known.map(|p| p.name.as_str()),
                );
            }
            if let Some(text) = item.text() {
                with.insert(name.value, text.value);
            }
        }
        Some(Read {
            op: op?.id.clone(),
            grows,
            bound: bound.unwrap_or_default(),
            with,
        })
    }
}
