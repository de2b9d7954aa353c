//! Where each fact stands: found by its name in the contract's bodies, or said by the pack.

use indexmap::IndexMap;

use crate::pack::{Fact, Operation, ParamPlace, Place, Spot};

use super::{
    Reader,
    ground::{Ground, View},
    tab::{At, Item},
};

/// `facts = ["name", …]`, or a table: `name = "/place"` or `name = { send = …, reply = … }`.
pub(super) fn facts(
    reader: &Reader<'_>,
    item: Option<Item<'_>>,
    ground: &Ground,
    maker: Option<&Operation>,
) -> IndexMap<String, Fact> {
    let mut facts = IndexMap::new();
    let Some(item) = item else { return facts };
    let mut add = |name: At<String>, fact: Option<Fact>| {
        if facts.contains_key(&name.value) {
            let what = format!("the fact `{}` stands here twice", name.value);
            reader.log.say(&name.spot, what, "remove one of the two");
        } else if let Some(fact) = fact {
            facts.insert(name.value, fact);
        }
    };
    if item.is_table() {
        for (name, item) in item.table().map(|t| t.all()).unwrap_or_default() {
            let fact = said(reader, &name, &item, ground, maker);
            add(name, fact);
        }
    } else {
        for name in item.texts() {
            let fact = by_name(reader, &name.value, ground, maker);
            add(name.clone(), checked(reader, &name, fact, ground));
        }
    }
    facts
}

/// A fact whose places follow from its name.
fn by_name(reader: &Reader<'_>, name: &str, ground: &Ground, maker: Option<&Operation>) -> Fact {
    let contract = reader.contract;
    // Where one schema serves both sides, its flags say who may say what.
    let said_by = |view: &Option<View>, others: &str| {
        let (place, found) = view.as_ref()?.find(contract, name)?;
        let flag = contract.follow(&found.schema)[others] == true || found.schema[others] == true;
        (!flag).then_some((place, found))
    };
    let find = |view: &Option<View>| said_by(view, "writeOnly");
    let place = |view: &Option<View>| find(view).map(|(place, _)| place);
    let sent = said_by(&ground.send, "readOnly");
    let param = maker.and_then(|op| op.params.iter().find(|p| p.name == name));
    let (created, read) = (place(&ground.created), place(&ground.read));
    let schema = sent
        .as_ref()
        .map(|(_, f)| f.schema.clone())
        .or_else(|| param.map(|p| p.schema.value.clone()))
        .or_else(|| find(&ground.read).map(|(_, f)| f.schema))
        .or_else(|| find(&ground.created).map(|(_, f)| f.schema))
        .or_else(|| find(&ground.listed).map(|(_, f)| f.schema));
    let by_param = param.map(|p| Place {
        spot: match p.place {
            ParamPlace::Path => Spot::Path(p.name.clone()),
            ParamPlace::Query => Spot::Query(p.name.clone()),
            ParamPlace::Header => Spot::Header(p.name.clone()),
            ParamPlace::Cookie => Spot::Cookie(p.name.clone()),
        },
        pick: None,
    });
    Fact {
        name: name.to_owned(),
        required: sent
            .as_ref()
            .map_or(param.is_some_and(|p| p.required), |(_, f)| f.required),
        send: sent.map(|(place, _)| place).or(by_param),
        change: said_by(&ground.change, "readOnly").map(|(place, _)| place),
        reply: if ground.read.is_some() {
            read
        } else {
            created.clone()
        },
        created,
        listed: place(&ground.listed),
        schema: schema.unwrap_or_default(),
    }
}

/// A fact whose places the pack says.
fn said(
    reader: &Reader<'_>,
    name: &At<String>,
    item: &Item<'_>,
    ground: &Ground,
    maker: Option<&Operation>,
) -> Option<Fact> {
    let mut fact = by_name(reader, &name.value, ground, maker);
    if item.is_text() {
        let place = reader.place_of(item)?;
        let seen = |view: &Option<View>| {
            view.as_ref()?.at(reader.contract, &place)?;
            Some(place.clone())
        };
        fact.send = seen(&ground.send);
        fact.change = seen(&ground.change);
        fact.created = seen(&ground.created);
        fact.reply = if ground.read.is_some() {
            seen(&ground.read)
        } else {
            fact.created.clone()
        };
        fact.listed = seen(&ground.listed);
        let views = [&ground.send, &ground.read, &ground.created, &ground.listed];
        let found = views
            .iter()
            .find_map(|v| v.as_ref()?.at(reader.contract, &place));
        if let Some(found) = found {
            fact.required = fact.send.is_some() && found.required;
            fact.schema = found.schema;
        } else if maker.is_some_and(|op| is_param(op, &place)) {
            fact.send = Some(place);
        } else {
            let what = format!("nothing stands at `{place}` in the bodies of this entity");
            reader.log.unknown(
                &item.spot(),
                what,
                &name.value,
                names(reader, ground).iter().map(String::as_str),
            );
            return None;
        }
        return Some(fact);
    }
    let mut tab = item.table()?;
    for (key, slot, view) in [
        ("send", &mut fact.send, &ground.send),
        ("change", &mut fact.change, &ground.change),
        ("created", &mut fact.created, &ground.created),
        (
            "reply",
            &mut fact.reply,
            if ground.read.is_some() {
                &ground.read
            } else {
                &ground.created
            },
        ),
        ("listed", &mut fact.listed, &ground.listed),
    ] {
        let Some(item) = tab.get(key) else { continue };
        let Some(place) = reader.place_of(&item) else {
            continue;
        };
        let found = view.as_ref().and_then(|v| v.at(reader.contract, &place));
        let outside = place.pointer().is_none();
        match found {
            Some(found) => {
                if key == "send" || fact.schema.is_null() {
                    fact.schema = found.schema;
                    fact.required = key == "send" && found.required;
                }
                *slot = Some(place);
            }
            None if outside => *slot = Some(place),
            None => {
                let what = format!("`{place}` stands nowhere in the contract's body for `{key}`");
                let known = names(reader, ground);
                reader.log.unknown(
                    &item.spot(),
                    what,
                    &name.value,
                    known.iter().map(String::as_str),
                );
            }
        }
    }
    tab.done();
    checked(reader, name, fact, ground)
}

/// The fact, if it stands anywhere.
fn checked(reader: &Reader<'_>, name: &At<String>, fact: Fact, ground: &Ground) -> Option<Fact> {
    let places = [
        &fact.send,
        &fact.change,
        &fact.created,
        &fact.reply,
        &fact.listed,
    ];
    if places.iter().any(|p| p.is_some()) {
        return Some(fact);
    }
    let what = format!("the fact `{}` stands nowhere in the contract", name.value);
    reader.log.unknown(
        &name.spot,
        what,
        &name.value,
        names(reader, ground).iter().map(String::as_str),
    );
    None
}

fn names(reader: &Reader<'_>, ground: &Ground) -> Vec<String> {
    ground.names(reader.contract)
}

/// Whether the place is a declared parameter of the operation.
pub(super) fn is_param(op: &Operation, place: &Place) -> bool {
    match &place.spot {
        Spot::Path(name) => op.param(ParamPlace::Path, name).is_some(),
        Spot::Query(name) => op.param(ParamPlace::Query, name).is_some(),
        Spot::Header(name) => op.param(ParamPlace::Header, name).is_some(),
        Spot::Cookie(name) => op.param(ParamPlace::Cookie, name).is_some(),
        Spot::Body(_) | Spot::Made => false,
    }
}
