//! What the parameters in an entity's paths stand for: its key, a parent's, a fact.

use std::collections::VecDeque;

use indexmap::IndexMap;

use crate::pack::{Bound, Call, Entity, Operation, Spot};

use super::{
    Reader, log,
    tab::{At, Item},
};

/// Fills the bindings of an entity's calls. `said` is its `bind` table: parameter → `key`, a fact, or a way up
/// (`"event"`, `"ticket_type.event"`).
pub(super) fn entity(
    reader: &Reader<'_>,
    name: &str,
    said: Option<Item<'_>>,
    entities: &mut IndexMap<String, Entity>,
    spots: &IndexMap<String, log::Spot>,
) {
    let said = said
        .and_then(|i| i.table())
        .map(|t| t.all())
        .unwrap_or_default();
    let Some(mut entity) = entities.get(name).cloned() else {
        return;
    };
    let said: IndexMap<String, Bound> = said
        .into_iter()
        .filter_map(|(param, item)| {
            Some((
                param.value,
                parse(reader, &item.text()?, &entity, entities)?,
            ))
        })
        .collect();
    let frame = entity.clone();
    let item_calls = [&mut entity.read, &mut entity.delete].into_iter().flatten();
    let update = entity.update.as_mut().map(|u| &mut u.call);
    let all = item_calls.chain(update).map(|c| (c, true));
    let rest = [&mut entity.create, &mut entity.list]
        .into_iter()
        .flatten()
        .map(|c| (c, false));
    for (call, is_item) in all.chain(rest) {
        let Some(op) = reader.contract.op(call.op.as_str()) else {
            continue;
        };
        bind(call, op, is_item, &frame, entities, &said);
        free(reader, call, op, &frame, spots);
    }
    entities.insert(name.to_owned(), entity);
}

fn bind(
    call: &mut Call,
    op: &Operation,
    is_item: bool,
    entity: &Entity,
    entities: &IndexMap<String, Entity>,
    said: &IndexMap<String, Bound>,
) {
    let params = op.path.params();
    for param in &params {
        let last = is_item && op.path.last_param() == Some(*param);
        let bound = said
            .get(*param)
            .cloned()
            .or_else(|| by_parent(param, entity))
            .or_else(|| last.then_some(Bound::Key))
            .or_else(|| {
                entity
                    .facts
                    .values()
                    .find(|f| {
                        f.send
                            .as_ref()
                            .is_some_and(|p| p.spot == Spot::Path((*param).to_owned()))
                    })
                    .map(|f| Bound::Fact(f.name.clone()))
            })
            .or_else(|| ancestor(param, entity, entities))
            .unwrap_or(if is_item && params.len() == 1 {
                Bound::Key
            } else {
                Bound::Free
            });
        call.bind.insert((*param).to_owned(), bound);
    }
}

/// A parent whose key the create takes in a path parameter of this name.
fn by_parent(param: &str, entity: &Entity) -> Option<Bound> {
    let at = |p: &crate::pack::Parent| matches!(&p.at.spot, Spot::Path(name) if name == param);
    let (name, _) = entity.parents.iter().find(|(_, p)| at(p))?;
    Some(Bound::Up(vec![name.clone()]))
}

/// The nearest ancestor that the parameter's name speaks of (`venue_id`, `venueId`, `venue`).
fn ancestor(param: &str, entity: &Entity, entities: &IndexMap<String, Entity>) -> Option<Bound> {
    let plain = |s: &str| s.replace(['_', '-'], "").to_lowercase();
    let param = plain(param);
    let mut open: VecDeque<Vec<String>> = entity.parents.keys().map(|p| vec![p.clone()]).collect();
    while let Some(way) = open.pop_front() {
        let end = way.iter().try_fold(entity, |at, step| {
            entities.get(&at.parents.get(step)?.entity)
        })?;
        let name = plain(&end.name);
        if param
            .strip_prefix(&name)
            .is_some_and(|rest| ["", "id", "slug", "key", "name"].contains(&rest))
        {
            return Some(Bound::Up(way));
        }
        if way.len() < 8 {
            open.extend(
                end.parents
                    .keys()
                    .map(|p| [way.clone(), vec![p.clone()]].concat()),
            );
        }
    }
    None
}

/// A parameter nobody can fill is a problem: no request could be made.
fn free(
    reader: &Reader<'_>,
    call: &Call,
    op: &Operation,
    entity: &Entity,
    spots: &IndexMap<String, log::Spot>,
) {
    for (param, _) in call.bind.iter().filter(|(_, b)| **b == Bound::Free) {
        let what = format!(
            "nothing says what `{{{param}}}` in `{}` stands for",
            op.line()
        );
        let cure = format!(
            "write `bind = {{ {param} = \"key\" }}`, or name a parent or a fact instead of `key`"
        );
        if let Some(spot) = spots.get(&entity.name) {
            reader.log.say(spot, what, cure);
        }
    }
}

fn parse(
    reader: &Reader<'_>,
    text: &At<String>,
    entity: &Entity,
    entities: &IndexMap<String, Entity>,
) -> Option<Bound> {
    if text.value == "key" {
        return Some(Bound::Key);
    }
    if entity.facts.contains_key(&text.value) {
        return Some(Bound::Fact(text.value.clone()));
    }
    let way: Vec<String> = text.value.split('.').map(str::to_owned).collect();
    let end = way.iter().try_fold(entity, |at, step| {
        entities.get(&at.parents.get(step)?.entity)
    });
    if end.is_some() {
        return Some(Bound::Up(way));
    }
    let what = format!(
        "`{}` is neither `key`, a fact nor a parent of this entity",
        text.value
    );
    let known = entity
        .facts
        .keys()
        .chain(entity.parents.keys())
        .map(String::as_str);
    reader
        .log
        .unknown(&text.spot, what, &text.value, known.chain(["key"]));
    None
}
