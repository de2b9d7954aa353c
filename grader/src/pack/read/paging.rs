//! `[paging.<operation>]`: for lists whose paging does not show in the contract.
//!
//! `items = "/data/*"`, `limit = "size"`, `max = 100`, and one of `cursor = { param = "after", next = "/meta/next" }`,
//! `offset = "skip"`, `page = { param = "page", first = 0 }`, `none = true`.

use crate::pack::openapi::{self, shape};
use crate::pack::{Contract, Listing, Operation, Paging, ParamPlace, Place, Pointer, Spot};

use super::{
    log::Log,
    tab::{At, Item, Tab},
};

pub(super) fn overrides(root: &mut Tab<'_>, contract: &mut Contract, log: &Log) {
    let Some(tab) = root.get("paging").and_then(|i| i.table()) else {
        return;
    };
    for (name, mut tab) in tab.tables() {
        let Some(at) = contract
            .operations
            .iter()
            .position(|o| o.id.as_str() == name.value || o.line() == name.value)
        else {
            let what = format!("the contract has no operation `{}`", name.value);
            log.unknown(
                &name.spot,
                what,
                &name.value,
                contract.ids().map(|o| o.as_str()),
            );
            continue;
        };
        if let Some(listing) = one(&mut tab, contract, at, log) {
            contract.operations[at].listing = Some(listing);
        }
        tab.done();
    }
}

fn one(tab: &mut Tab<'_>, contract: &Contract, at: usize, log: &Log) -> Option<Listing> {
    let op = &contract.operations[at];
    let (paging, limit, max) = openapi::paging(contract, op);
    let derived = op.listing.clone().unwrap_or(Listing {
        items: Place::body(Pointer::default().each()),
        paging,
        limit,
        max,
    });
    let place = |text: At<String>| {
        Place::parse(&text.value)
            .map_err(|bad| log.say(&text.spot, bad.what, bad.cure))
            .ok()
    };
    let param = |text: At<String>| {
        if op.param(ParamPlace::Query, &text.value).is_none() {
            let what = format!("`{}` takes no query parameter `{}`", op.id, text.value);
            let known = op.params.iter().filter(|p| p.place == ParamPlace::Query);
            log.unknown(
                &text.spot,
                what,
                &text.value,
                known.map(|p| p.name.as_str()),
            );
        }
        text.value
    };
    // A place that the contract's reply does not have would be looked for in vain, at every page.
    let place = |text: At<String>| {
        let found = place(text.clone())?;
        if !shows(contract, op, &found) {
            let what = format!("the reply to `{}` shows nothing at `{found}`", op.id);
            log.say(
                &text.spot,
                what,
                "name a place in the body of the operation's successful reply",
            );
        }
        Some(found)
    };
    let text = |item: Option<Item<'_>>| item.and_then(|i| i.text());
    let items = text(tab.get("items"))
        .and_then(place)
        .unwrap_or(derived.items);
    if !matches!(&items.spot, Spot::Body(p) if p.is_many()) {
        log.say(
            &tab.spot(),
            format!("`items = \"{items}\"` names one thing"),
            "end it with `/*`",
        );
    }
    let limit = text(tab.get("limit")).map(param).or(derived.limit);
    let max = tab
        .get("max")
        .and_then(|i| i.count())
        .map(|n| n.value)
        .or(derived.max);
    let mut paging = derived.paging;
    if let Some(mut cursor) = tab.get("cursor").and_then(|i| i.table()) {
        let name = text(cursor.need("param", "name the query parameter")).map(param);
        let next = text(cursor.need("next", "say where the next cursor is")).and_then(place);
        cursor.done();
        paging = Paging::Cursor {
            param: name?,
            next: next?,
        };
    }
    if let Some(name) = text(tab.get("offset")) {
        paging = Paging::Offset { param: param(name) };
    }
    if let Some(mut page) = tab.get("page").and_then(|i| i.table()) {
        let name = text(page.need("param", "name the query parameter")).map(param);
        let first = page
            .get("first")
            .and_then(|i| i.count())
            .map_or(1, |n| n.value);
        page.done();
        paging = Paging::Page {
            param: name?,
            first,
        };
    }
    if tab.get("none").and_then(|i| i.flag()) == Some(true) {
        paging = Paging::None;
    }
    Some(Listing {
        items,
        paging,
        limit,
        max,
    })
}

/// Whether the body of the operation's successful reply has this place; a reply without a schema may have any.
fn shows(contract: &Contract, op: &Operation, place: &Place) -> bool {
    let Some(schema) = op.ok().and_then(|r| r.schema.as_ref()) else {
        return true;
    };
    let found = |pointer| shape::at(contract, &schema.value, pointer).is_some();
    place.pointer().is_some_and(found)
}
