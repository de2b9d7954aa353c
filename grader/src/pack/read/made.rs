//! Things that come about as a part of another, and how they are found again.

use indexmap::IndexMap;

use crate::pack::{Entity, Find, MadeBy, Operation, Place, Spot, openapi::shape};

use super::{
    Reader, facts, log,
    tab::{Item, Tab},
};

/// `made_by` and `at`: where in another's request the thing stands, and where in the reply.
pub(super) fn made_by<'a>(
    reader: &Reader<'a>,
    tab: &mut Tab<'_>,
) -> Option<(&'a Operation, MadeBy)> {
    let item = tab.get("made_by");
    let at = tab.get("at");
    let reply_at = tab.get("reply_at").and_then(|i| reader.place_of(&i));
    let item = item?;
    let op = reader.op_of(&item)?;
    let Some(at) = at else {
        reader.log.say(
            &item.spot(),
            "`made_by` does not say where in the body the thing stands",
            "write `at = \"/customer\"`, or `at = \"/items/*\"` for each of a list",
        );
        return None;
    };
    let text = at.text()?;
    let place = reader.place(&text)?;
    let in_schema = |schema: Option<&serde_json::Value>, place: &Place| {
        shape::at(reader.contract, schema?, place.pointer()?)
    };
    let body = op.body.as_ref().map(|b| &b.schema.value);
    if in_schema(body, &place).is_none() {
        let what = format!("nothing stands at `{place}` in the body of `{}`", op.id);
        let known = body
            .map(|b| shape::members(reader.contract, b))
            .unwrap_or_default();
        let known: Vec<String> = known.keys().map(|k| format!("/{k}")).collect();
        reader.log.unknown(
            &text.spot,
            what,
            &text.value,
            known.iter().map(String::as_str),
        );
        return None;
    }
    let reply = op.ok().and_then(|r| r.schema.as_ref()).map(|s| &s.value);
    let reply_at = reply_at.or_else(|| in_schema(reply, &place).map(|_| place.clone()));
    Some((
        op,
        MadeBy {
            op: op.id.clone(),
            at: place,
            reply_at,
        },
    ))
}

/// A part of a whole can name it as its parent (`@`) only if the whole is made by the same operation.
pub(super) fn made_of_makers(
    reader: &Reader<'_>,
    entities: &IndexMap<String, Entity>,
    spots: &IndexMap<String, log::Spot>,
) {
    for entity in entities.values() {
        for (name, parent) in &entity.parents {
            if parent.at.spot != Spot::Made {
                continue;
            }
            let whole = entities.get(&parent.entity).and_then(Entity::maker);
            if entity.made_by.is_none() || whole != entity.maker() {
                let what = format!("`@` does not make a `{name}` here");
                let cure = "`@` is the thing that the same operation makes; name the place of the parent's key otherwise";
                if let Some(spot) = spots.get(&entity.name) {
                    reader.log.say(spot, what, cure);
                }
            }
        }
    }
}

pub(super) fn find(reader: &Reader<'_>, item: &Item<'_>) -> Option<(String, Find)> {
    let mut tab = item.table()?;
    let op = tab
        .need("op", "name the operation")
        .and_then(|i| reader.op_of(&i));
    let key = tab
        .need("key", "say where the reply shows the key")
        .and_then(|i| reader.place_of(&i));
    let by = tab.need(
        "by",
        "say which facts it takes, and where: `by = { email = \"query:email\" }`",
    );
    let mut places = IndexMap::new();
    for (fact, item) in by
        .and_then(|i| i.table())
        .map(|t| t.all())
        .unwrap_or_default()
    {
        let Some(place) = reader.place_of(&item) else {
            continue;
        };
        if op.is_some_and(|op| place.pointer().is_none() && !facts::is_param(op, &place)) {
            let id = op.map_or("", |op| op.id.as_str());
            let params = op.map(|op| {
                op.params
                    .iter()
                    .map(|p| p.name.as_str())
                    .collect::<Vec<_>>()
            });
            let what = format!("`{id}` has no parameter `{place}`");
            reader
                .log
                .unknown(&item.spot(), what, &fact.value, params.unwrap_or_default());
        }
        places.insert(fact.value, place);
    }
    tab.done();
    let op = op?;
    Some((
        op.id.0.clone(),
        Find {
            op: op.id.clone(),
            by: places,
            key: key?,
        },
    ))
}
