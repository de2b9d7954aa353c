//! What an entity belongs to, and that nothing belongs to itself by a long way round.

use indexmap::IndexMap;

use crate::pack::{Entity, Operation, Parent, Spot};

use super::{
    Reader, facts,
    ground::Ground,
    log,
    tab::{At, Item},
};

/// `parent = { venue = "/venue_id" }`, or `parent = { home = { entity = "venue", at = "/home_id" } }`.
pub(super) fn parents(
    reader: &Reader<'_>,
    item: Option<Item<'_>>,
    ground: &Ground,
    maker: Option<&Operation>,
    names: &[&str],
) -> IndexMap<String, Parent> {
    let all = item
        .and_then(|i| i.table())
        .map(|t| t.all())
        .unwrap_or_default();
    let one = |(name, item): (At<String>, Item<'_>)| {
        let parent = parent(reader, &name, &item, ground, maker, names)?;
        Some((name.value, parent))
    };
    all.into_iter().filter_map(one).collect()
}

fn parent(
    reader: &Reader<'_>,
    name: &At<String>,
    item: &Item<'_>,
    ground: &Ground,
    maker: Option<&Operation>,
    names: &[&str],
) -> Option<Parent> {
    let (entity, at, own) = if item.is_table() {
        let mut tab = item.table()?;
        let entity = tab
            .get("entity")
            .and_then(|i| i.text())
            .unwrap_or_else(|| name.clone());
        let at = tab
            .need("at", "say where the create takes the parent's key")
            .and_then(|i| i.text());
        let own = tab.get("own").and_then(|i| i.flag());
        tab.done();
        (entity, at?, own.unwrap_or(false))
    } else {
        (name.clone(), item.text()?, false)
    };
    if !names.contains(&entity.value.as_str()) {
        let what = format!("there is no entity `{}`", entity.value);
        reader
            .log
            .unknown(&entity.spot, what, &entity.value, names.iter().copied());
        return None;
    }
    let place = reader.place(&at)?;
    let found = ground
        .send
        .as_ref()
        .and_then(|v| v.at(reader.contract, &place));
    let known = match &place.spot {
        Spot::Body(_) => found.is_some(),
        Spot::Made => true,
        _ => maker.is_none_or(|op| facts::is_param(op, &place)),
    };
    if !known {
        let op = maker.map_or("the create", |op| op.id.as_str());
        let mut options: Vec<String> = maker
            .map(|op| {
                op.path
                    .params()
                    .iter()
                    .map(|p| format!("path:{p}"))
                    .collect()
            })
            .unwrap_or_default();
        if let Some(view) = &ground.send {
            let names = view.names(reader.contract);
            options.extend(names.into_iter().map(|n| view.base.member(n).to_string()));
        }
        let what = format!("`{op}` takes nothing at `{place}`");
        reader.log.unknown(
            &at.spot,
            what,
            &at.value,
            options.iter().map(String::as_str),
        );
        return None;
    }
    let last = place.pointer().and_then(|p| p.last().map(str::to_owned));
    let last = last.or_else(|| match &place.spot {
        Spot::Path(name) | Spot::Query(name) => Some(name.clone()),
        _ => None,
    });
    let shown = ground.read.as_ref().or(ground.created.as_ref());
    let reply = last
        .and_then(|n| shown?.find(reader.contract, &n))
        .map(|(place, _)| place);
    let required = match &place.spot {
        Spot::Body(_) => found.is_some_and(|f| f.required),
        Spot::Query(name) => maker
            .and_then(|op| op.param(crate::pack::ParamPlace::Query, name))
            .is_some_and(|p| p.required),
        _ => true,
    };
    Some(Parent {
        entity: entity.value,
        at: place,
        reply,
        required,
        own,
    })
}

/// Says which entities need themselves before they can be made.
pub(super) fn circles(
    reader: &Reader<'_>,
    entities: &IndexMap<String, Entity>,
    spots: &IndexMap<String, log::Spot>,
) {
    for name in entities.keys() {
        let mut way = vec![name.as_str()];
        if leads_back(name, name, entities, &mut way) {
            // Each circle is said once: at its first entity in the order of the file.
            let first = way.iter().filter_map(|n| entities.get_index_of(*n)).min();
            if first == entities.get_index_of(name) {
                let what = format!(
                    "`{name}` needs itself before it can be made: {}",
                    way.join(" → ")
                );
                if let Some(spot) = spots.get(name) {
                    reader.log.say(
                        spot,
                        what,
                        "let one of these parents be optional in the contract, or remove it here",
                    );
                }
            }
        }
    }
}

fn leads_back<'e>(
    goal: &str,
    from: &str,
    entities: &'e IndexMap<String, Entity>,
    way: &mut Vec<&'e str>,
) -> bool {
    let Some(entity) = entities.get(from) else {
        return false;
    };
    for parent in entity.parents.values().filter(|p| p.required) {
        way.push(&parent.entity);
        if parent.entity == goal {
            return true;
        }
        let seen = way[..way.len() - 1].contains(&parent.entity.as_str());
        if !seen && leads_back(goal, &parent.entity, entities, way) {
            return true;
        }
        way.pop();
    }
    false
}
