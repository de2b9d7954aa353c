//! `[link.<name>]`.

use indexmap::IndexMap;

use crate::pack::{Bound, Call, End, EndAt, Entity, Link, MadeBy, Operation, Place, Spot};

use super::{
    Reader, calls, facts,
    ground::{Ground, View},
    tab::{At, Item, Tab},
};

pub(super) fn read(
    reader: &Reader<'_>,
    root: &mut Tab<'_>,
    entities: &IndexMap<String, Entity>,
) -> IndexMap<String, Link> {
    let mut links = IndexMap::new();
    for (name, mut tab) in root
        .get("link")
        .and_then(|i| i.table())
        .map(|t| t.tables())
        .unwrap_or_default()
    {
        if entities.contains_key(&name.value) {
            let what = format!("`{}` is an entity and a link at once", name.value);
            reader
                .log
                .say(&name.spot, what, "give one of the two another name");
        }
        if let Some(link) = link(reader, &name, &mut tab, entities) {
            links.insert(name.value, link);
        }
        tab.done();
    }
    links
}

fn link(
    reader: &Reader<'_>,
    name: &At<String>,
    tab: &mut Tab<'_>,
    entities: &IndexMap<String, Entity>,
) -> Option<Link> {
    let set_item = tab.get("set");
    let set = set_item.as_ref().and_then(|i| reader.op_of(i));
    let unset = tab.get("unset").and_then(|i| reader.op_of(&i));
    let made = super::made::made_by(reader, tab);
    if set_item.is_some() == made.is_some() {
        let what = format!("[link.{}] must say how it is made, in one way", name.value);
        let cure = "write `set = \"…\"`, or `made_by = \"…\"` with `at = \"…\"`";
        reader.log.say(&name.spot, what, cure);
    }
    let maker = set.or(made.as_ref().map(|(op, _)| *op));
    let made = made.map(|(_, made)| made);
    let ground = Ground::new(
        reader.contract,
        maker,
        made.as_ref(),
        &calls::Found::default(),
    );
    let ends_item = tab.need("ends", "name what it joins: `ends = { event = \"path:event_id\", performer = \"path:performer_id\" }`");
    let facts = facts::facts(reader, tab.get("facts"), &ground, maker);
    let ends = ends(reader, ends_item, entities, maker, made.as_ref(), &ground);
    if ends.len() < 2 {
        reader.log.say(
            &name.spot,
            format!("[link.{}] joins fewer than two things", name.value),
            "name two ends",
        );
        return None;
    }
    let call = |op: &Operation| Call {
        op: op.id.clone(),
        bind: bind(op, &ends),
    };
    for op in [set, unset].into_iter().flatten() {
        for (param, _) in bind(op, &ends).iter().filter(|(_, b)| **b == Bound::Free) {
            let what = format!(
                "nothing says what `{{{param}}}` in `{}` stands for",
                op.line()
            );
            let cure = format!("write `path:{param}` for one of the ends");
            reader.log.say(&name.spot, what, cure);
        }
    }
    let (set, unset) = (set.map(call), unset.map(call));
    Some(Link {
        name: name.value.clone(),
        set,
        unset,
        made_by: made,
        ends,
        facts,
    })
}

/// Path parameters are keys of ends: said by the ends.
fn bind(op: &Operation, ends: &IndexMap<String, End>) -> IndexMap<String, Bound> {
    let bound = |param: &str| {
        let at =
            |e: &End| matches!(&e.at, EndAt::Place(p) if p.spot == Spot::Path(param.to_owned()));
        let end = ends.iter().find(|(_, e)| at(e));
        end.map_or(Bound::Free, |(name, _)| Bound::Up(vec![name.clone()]))
    };
    op.path
        .params()
        .into_iter()
        .map(|p| (p.to_owned(), bound(p)))
        .collect()
}

fn ends(
    reader: &Reader<'_>,
    item: Option<Item<'_>>,
    entities: &IndexMap<String, Entity>,
    maker: Option<&Operation>,
    made: Option<&MadeBy>,
    ground: &Ground,
) -> IndexMap<String, End> {
    let mut ends = IndexMap::new();
    for (name, item) in item
        .and_then(|i| i.table())
        .map(|t| t.all())
        .unwrap_or_default()
    {
        let (entity, at) = if item.is_table() {
            let Some(mut tab) = item.table() else {
                continue;
            };
            let entity = tab
                .get("entity")
                .and_then(|i| i.text())
                .unwrap_or_else(|| name.clone());
            let at = tab
                .need("at", "say where its key stands, or `caller`")
                .and_then(|i| i.text());
            tab.done();
            (entity, at)
        } else {
            (name.clone(), item.text())
        };
        let known = reader.entity(&entity, entities).is_some();
        let Some(at) = at else { continue };
        let at = if at.value == "caller" {
            Some(EndAt::Caller)
        } else {
            end_place(reader, &at, maker, made, ground).map(EndAt::Place)
        };
        if let (true, Some(at)) = (known, at) {
            ends.insert(
                name.value,
                End {
                    entity: entity.value,
                    at,
                },
            );
        }
    }
    ends
}

fn end_place(
    reader: &Reader<'_>,
    at: &At<String>,
    maker: Option<&Operation>,
    made: Option<&MadeBy>,
    ground: &Ground,
) -> Option<Place> {
    let place = reader.place(at)?;
    let view: Option<&View> = ground.send.as_ref();
    let known = match &place.spot {
        Spot::Made => made.is_some(),
        Spot::Body(_) => view.is_some_and(|v| v.at(reader.contract, &place).is_some()),
        _ => maker.is_none_or(|op| facts::is_param(op, &place)),
    };
    if known {
        return Some(place);
    }
    let op = maker.map_or("the operation", |op| op.id.as_str());
    let mut options: Vec<String> = maker
        .map(|op| {
            op.path
                .params()
                .iter()
                .map(|p| format!("path:{p}"))
                .collect()
        })
        .unwrap_or_default();
    options.push("caller".into());
    let what = format!("`{op}` takes nothing at `{place}`");
    reader.log.unknown(
        &at.spot,
        what,
        &at.value,
        options.iter().map(String::as_str),
    );
    None
}
