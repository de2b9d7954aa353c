//! `[auth.op]`: what authentication does, as operations and places.

use indexmap::IndexMap;

use crate::pack::{
    AuthOp, CodeBy, Operation, ParamPlace, Pick, Place, Pointer, Spot, Verb, openapi::shape,
};

use super::{
    Reader, project,
    tab::{At, Item, Tab},
};

pub(super) fn ops(reader: &Reader<'_>, tab: &mut Tab<'_>) -> IndexMap<Verb, AuthOp> {
    let mut ops = IndexMap::new();
    let Some(table) = tab.get("op").and_then(|i| i.table()) else {
        return ops;
    };
    let spot = table.spot();
    for (name, mut tab) in table.tables() {
        let Some((_, verb)) = Verb::WORDS.iter().find(|(word, _)| *word == name.value) else {
            let what = format!("`{}` is nothing authentication does", name.value);
            reader.log.unknown(
                &name.spot,
                what,
                &name.value,
                Verb::WORDS.iter().map(|(w, _)| *w),
            );
            continue;
        };
        if let Some(op) = op(reader, *verb, &name, &mut tab) {
            ops.insert(*verb, op);
        }
        tab.done();
    }
    for (word, verb) in [("login", Verb::Login), ("whoami", Verb::Whoami)] {
        if !ops.is_empty() && !ops.contains_key(&verb) {
            reader.log.say(
                &spot,
                format!("[auth.op] has no `{word}`"),
                "login and whoami are the least a check can work with",
            );
        }
    }
    ops
}

fn op(reader: &Reader<'_>, verb: Verb, name: &At<String>, tab: &mut Tab<'_>) -> Option<AuthOp> {
    let named = tab.need("op", "name the operation").and_then(|i| i.text());
    let operation = named.as_ref().and_then(|n| reader.op(n));
    let places = |item: Option<Item<'_>>| {
        let all = item
            .and_then(|i| i.table())
            .map(|t| t.all())
            .unwrap_or_default();
        let one =
            |(key, item): (At<String>, Item<'_>)| Some((key, reader.place_of(&item)?, item.spot()));
        all.into_iter().filter_map(one).collect::<Vec<_>>()
    };
    let (send, take, says) = (
        places(tab.get("send")),
        places(tab.get("take")),
        places(tab.get("says")),
    );
    let with = tab.get("as").and_then(|i| i.text()).map(|t| t.value);
    let clash = tab
        .get("clash")
        .map(|i| project::statuses(&i))
        .unwrap_or_default();
    let code_by = tab
        .get("code_by")
        .and_then(|i| i.word(&[("mail", CodeBy::Mail), ("log", CodeBy::Log)]));
    let find = tab.get("find").and_then(|i| i.text()).and_then(|text| {
        Pick::parse(&text.value)
            .map_err(|bad| reader.log.say(&text.spot, bad.what, bad.cure))
            .ok()
    });
    let (named, op) = (named?, operation?);
    for (key, place, spot) in &send {
        if !takes(reader, op, place) {
            let what = format!(
                "`{}` takes nothing at `{place}`, where `{}` is to be sent",
                op.id, key.value
            );
            reader
                .log
                .say(spot, what, "name a place in the operation's request");
        }
    }
    for (key, place, spot) in take.iter().chain(&says) {
        if !gives(reader, op, place) {
            let what = format!(
                "the reply to `{}` shows nothing at `{place}`, where `{}` is said to be",
                op.id, key.value
            );
            reader.log.say(
                spot,
                what,
                "name a place in the operation's successful reply",
            );
        }
    }
    let has = |places: &[(At<String>, Place, super::log::Spot)], key: &str| {
        places.iter().any(|(k, ..)| k.value == key)
    };
    if verb == Verb::Login && !has(&take, "access") {
        reader.log.say(
            &name.spot,
            "login takes no `access` from the reply",
            "write `take = { access = \"/access_token\" }`",
        );
    }
    if verb == Verb::Whoami && !has(&says, "login") {
        reader.log.say(
            &name.spot,
            "whoami does not say where the reply names the caller",
            "write `says = { login = \"/email\" }`",
        );
    }
    if verb == Verb::Whoami && op.security.anyone {
        let what = format!(
            "`{}` answers anyone, so it cannot tell who a caller is",
            op.id
        );
        reader.log.say(
            &named.spot,
            what,
            "let whoami be an operation whose `security` asks for a credential",
        );
    }
    let table =
        |all: Vec<(At<String>, Place, _)>| all.into_iter().map(|(k, p, _)| (k.value, p)).collect();
    let with = with.or_else(|| (!op.security.anyone).then(|| "access".to_owned()));
    Some(AuthOp {
        op: op.id.clone(),
        send: table(send),
        take: table(take),
        says: table(says),
        with,
        clash,
        code_by,
        find,
    })
}

/// Whether the operation's request has this place.
pub(super) fn takes(reader: &Reader<'_>, op: &Operation, place: &Place) -> bool {
    let schema = op.body.as_ref().map(|b| &b.schema.value);
    match &place.spot {
        Spot::Body(pointer) => stands(reader, schema, pointer),
        Spot::Path(name) => op.param(ParamPlace::Path, name).is_some(),
        Spot::Query(name) => op.param(ParamPlace::Query, name).is_some(),
        // Headers and cookies that carry credentials need not be declared as parameters.
        Spot::Header(_) | Spot::Cookie(_) => true,
        Spot::Made => false,
    }
}

/// Whether the operation's successful reply has this place.
pub(super) fn gives(reader: &Reader<'_>, op: &Operation, place: &Place) -> bool {
    let schema = op.ok().and_then(|r| r.schema.as_ref()).map(|s| &s.value);
    match &place.spot {
        Spot::Body(pointer) => stands(reader, schema, pointer),
        Spot::Header(_) | Spot::Cookie(_) => true,
        Spot::Path(_) | Spot::Query(_) | Spot::Made => false,
    }
}

fn stands(reader: &Reader<'_>, schema: Option<&serde_json::Value>, pointer: &Pointer) -> bool {
    schema.is_some_and(|s| shape::at(reader.contract, s, pointer).is_some())
}
