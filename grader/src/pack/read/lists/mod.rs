//! `[list.<operation>]`: what a list promises that the contract cannot say, beside what it says by its parameters.
//!
//! `order = ["starts_at", "-title"]`, `own_cursors = true`,
//! `filters = { city = "city", from = { fact = "starts_at", is = "from" }, name = false }`.

use indexmap::IndexMap;

use crate::pack::{By, Entity, Filter, Keeps, ListRules, On, OpId, Operation, ParamPlace};

use super::{
    Reader,
    tab::{At, Item, Tab},
};

mod found;

const WORDS: [(&str, Keeps); 6] = [
    ("equal", Keeps::Equal),
    ("like", Keeps::Like),
    ("from", Keeps::From),
    ("after", Keeps::After),
    ("before", Keeps::Before),
    ("until", Keeps::Until),
];

pub(super) fn read(
    reader: &Reader<'_>,
    root: &mut Tab<'_>,
    entities: &IndexMap<String, Entity>,
) -> IndexMap<OpId, ListRules> {
    let mut lists = IndexMap::new();
    for entity in entities.values() {
        let op = entity
            .list
            .as_ref()
            .and_then(|c| reader.contract.op(c.op.as_str()));
        if let Some(op) = op.filter(|op| op.listing.is_some()) {
            let rules = || found::rules(reader.contract, op, entity);
            lists.entry(op.id.clone()).or_insert_with(rules);
        }
    }
    let tables = root.get("list").and_then(|i| i.table());
    for (name, mut tab) in tables.map(|t| t.tables()).unwrap_or_default() {
        said(reader, &name, &mut tab, entities, &mut lists);
        tab.done();
    }
    lists
}

fn said(
    reader: &Reader<'_>,
    name: &At<String>,
    tab: &mut Tab<'_>,
    entities: &IndexMap<String, Entity>,
    lists: &mut IndexMap<OpId, ListRules>,
) {
    let (order, filters, own) = (tab.get("order"), tab.get("filters"), tab.get("own_cursors"));
    let Some(op) = reader.op(name) else { return };
    let known = lists.get_mut(&op.id);
    let Some((rules, entity)) = known.and_then(|r| entities.get(&r.entity).map(|e| (r, e))) else {
        let what = format!("`{}` is the list of no entity", op.id);
        let cure = "name the operation that lists an entity of this pack";
        reader.log.say(&name.spot, what, cure);
        return;
    };
    if let Some(order) = order {
        rules.order = order
            .texts()
            .iter()
            .filter_map(|by| self::by(reader, by, entity))
            .collect();
    }
    if let Some(own) = own.and_then(|i| i.flag()) {
        rules.own_cursors = own;
    }
    let all = filters
        .and_then(|i| i.table())
        .map(|t| t.all())
        .unwrap_or_default();
    for (param, item) in all {
        if !takes(reader, op, &param) {
            continue;
        }
        rules.filters.retain(|f| f.param != param.value);
        rules.filters.extend(filter(reader, &param, &item, entity));
    }
}

/// `starts_at`, or `-starts_at` for the greatest first.
fn by(reader: &Reader<'_>, text: &At<String>, entity: &Entity) -> Option<By> {
    let (fact, falling) = match text.value.strip_prefix('-') {
        Some(fact) => (fact, true),
        None => (text.value.as_str(), false),
    };
    let known = entity.facts.contains_key(fact);
    if !known {
        let what = format!("`{fact}` is no fact of {}", entity.name);
        let facts = entity.facts.keys().map(String::as_str);
        reader.log.unknown(&text.spot, what, fact, facts);
    }
    let fact = fact.to_owned();
    known.then_some(By { fact, falling })
}

fn takes(reader: &Reader<'_>, op: &Operation, param: &At<String>) -> bool {
    let known = op.param(ParamPlace::Query, &param.value).is_some();
    if !known {
        let what = format!("`{}` takes no query parameter `{}`", op.id, param.value);
        let all = op.params.iter().filter(|p| p.place == ParamPlace::Query);
        let names = all.map(|p| p.name.as_str());
        reader.log.unknown(&param.spot, what, &param.value, names);
    }
    known
}

/// The name of a fact or a parent, a table that says more, or `false`: it filters by nothing that the pack knows.
fn filter(
    reader: &Reader<'_>,
    param: &At<String>,
    item: &Item<'_>,
    entity: &Entity,
) -> Option<Filter> {
    let (name, keeps) = if item.is_table() {
        let mut tab = item.table()?;
        let cure = "say which fact or parent it looks at";
        let name = tab.need("by", cure).and_then(|i| i.text());
        let keeps = tab.get("is").map_or(Some(Keeps::Equal), |i| i.word(&WORDS));
        tab.done();
        (name?, keeps?)
    } else if item.is_text() {
        (item.text()?, Keeps::Equal)
    } else {
        if item.flag()? {
            let cure = "write the name of a fact or a parent, or `false`";
            reader
                .log
                .say(&item.spot(), "`true` does not say what it looks at", cure);
        }
        return None;
    };
    let on = if entity.facts.contains_key(&name.value) {
        On::Fact(name.value)
    } else if entity.parents.contains_key(&name.value) {
        On::Parent(name.value)
    } else {
        let what = format!(
            "`{}` is neither a fact nor a parent of {}",
            name.value, entity.name
        );
        let names = entity.facts.keys().chain(entity.parents.keys());
        reader
            .log
            .unknown(&name.spot, what, &name.value, names.map(String::as_str));
        return None;
    };
    Some(Filter {
        param: param.value.clone(),
        on,
        keeps,
    })
}
