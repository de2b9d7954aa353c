//! By what an entity is known.

use indexmap::IndexMap;

use crate::pack::{Fact, Key, KeyPart, Operation, Parent, Place, Pointer, Spot};

use super::{
    Reader,
    ground::{Ground, View},
    tab::{At, Item},
};

/// What a key may be made of.
pub(super) struct Parts<'a> {
    pub(super) ground: &'a Ground,
    pub(super) facts: &'a IndexMap<String, Fact>,
    pub(super) parents: &'a IndexMap<String, Parent>,
    pub(super) maker: Option<&'a Operation>,
    /// Names that stand in the pack, wrong ones too: those are said elsewhere.
    pub(super) declared: &'a [String],
}

/// `key = "/id"` (a place in the reply), `key = "email"` (a fact), `key = ["order", "ticket_type"]`.
pub(super) fn key(reader: &Reader<'_>, item: &Item<'_>, parts: &Parts<'_>) -> Option<Key> {
    let texts = if item.is_list() {
        item.texts()
    } else {
        vec![item.text()?]
    };
    if texts.is_empty() {
        reader.log.say(
            &item.spot(),
            "a key of nothing identifies nothing",
            "name what tells two of them apart",
        );
        return None;
    }
    let read: Option<Vec<KeyPart>> = texts.iter().map(|t| part(reader, t, parts)).collect();
    let read = read?;
    let (shown, listed) = match read.as_slice() {
        [KeyPart::Place(place)] => (
            again(reader, place, parts, &parts.ground.read),
            again(reader, place, parts, &parts.ground.listed),
        ),
        [KeyPart::Fact(name)] => {
            let fact = parts.facts.get(name);
            (
                fact.and_then(|f| f.reply.clone()),
                fact.and_then(|f| f.listed.clone()),
            )
        }
        _ => (None, None),
    };
    Some(Key {
        parts: read,
        read: shown,
        listed,
    })
}

fn part(reader: &Reader<'_>, text: &At<String>, parts: &Parts<'_>) -> Option<KeyPart> {
    let name = text.value.as_str();
    let is_place = name.is_empty() || name == "@" || name.contains(['/', ':']);
    if !is_place {
        return named(reader, text, parts);
    }
    let place = reader.place(text)?;
    if matches!(place.spot, Spot::Body(_)) {
        in_reply(reader, text, &place, parts)?;
    } else if !matches!(place.spot, Spot::Header(_) | Spot::Cookie(_)) {
        let what = format!("`{place}` is not in a reply");
        reader.log.say(&text.spot, what, "say where the reply to the create shows the key: `/id`, or `header:Location ~ /([^/]+)$`");
        return None;
    }
    Some(KeyPart::Place(place))
}

/// The place must be in the reply to the create, or in the request: then it is known anyway.
fn in_reply(
    reader: &Reader<'_>,
    text: &At<String>,
    place: &Place,
    parts: &Parts<'_>,
) -> Option<()> {
    let ground = parts.ground;
    let seen = |view: &Option<View>| {
        view.as_ref()
            .and_then(|v| v.at(reader.contract, place))
            .is_some()
    };
    if seen(&ground.created) || seen(&ground.send) {
        return Some(());
    }
    let what = match parts.maker {
        Some(op) => format!("the key `{place}` is not in the reply to `{}`", op.id),
        None => format!("the key `{place}` stands nowhere"),
    };
    match &ground.created {
        Some(view) => {
            let known: Vec<String> = view
                .names(reader.contract)
                .into_iter()
                .map(|n| view.base.member(n).to_string())
                .collect();
            reader.log.unknown(&text.spot, what, &place.to_string(), known.iter().map(String::as_str));
        }
        None => reader.log.say(
            &text.spot,
            format!("{what}, which has no body"),
            "say where else it is, as in `key = \"header:Location ~ /([^/]+)$\"`, or name a fact that identifies",
        ),
    }
    None
}

fn named(reader: &Reader<'_>, text: &At<String>, parts: &Parts<'_>) -> Option<KeyPart> {
    let name = text.value.clone();
    if let Some(fact) = parts.facts.get(&name) {
        known_at_birth(reader, text, fact, parts);
        Some(KeyPart::Fact(name))
    } else if parts.parents.contains_key(&name) {
        Some(KeyPart::Parent(name))
    } else if parts.declared.contains(&name) {
        None
    } else {
        let what = format!("`{name}` is neither a fact nor a parent of this entity");
        let known: Vec<&str> = parts
            .facts
            .keys()
            .chain(parts.parents.keys())
            .map(String::as_str)
            .collect();
        reader.log.unknown(&text.spot, what, &name, known);
        None
    }
}

/// A key that the service makes must stand in the reply to the create, or nobody knows what was made.
fn known_at_birth(reader: &Reader<'_>, text: &At<String>, fact: &Fact, parts: &Parts<'_>) {
    let Some(op) = parts
        .maker
        .filter(|_| fact.send.is_none() && fact.created.is_none())
    else {
        return;
    };
    let what = format!(
        "the service sets `{}`, and the reply to `{}` does not show it",
        fact.name, op.id
    );
    let cure =
        "write where that reply shows the key: `key = \"/id\"`, or `header:Location ~ /([^/]+)$`";
    reader.log.say(&text.spot, what, cure);
}

/// Where another reply shows the key: under the same name, else under that of the path parameter.
fn again(
    reader: &Reader<'_>,
    place: &Place,
    parts: &Parts<'_>,
    view: &Option<View>,
) -> Option<Place> {
    let view = view.as_ref()?;
    let named = match &place.spot {
        Spot::Body(pointer) => {
            let inside = inside(pointer, parts.ground.created.as_ref().map(|v| &v.base));
            let there = view.base.join(&inside);
            view.at(reader.contract, &Place::body(there.clone()))
                .map(|_| Place::body(there))
        }
        _ => None,
    };
    let by_name = || {
        ["id", "slug", "uuid", "key"]
            .into_iter()
            .find_map(|n| view.find(reader.contract, n))
    };
    named.or_else(|| match place.spot {
        Spot::Body(_) => None,
        _ => by_name().map(|(place, _)| place),
    })
}

/// The pointer seen from inside the envelope.
fn inside(pointer: &Pointer, base: Option<&Pointer>) -> Pointer {
    let base = base.map_or(&[][..], |b| &b.tokens);
    Pointer {
        tokens: pointer
            .tokens
            .strip_prefix(base)
            .unwrap_or(&pointer.tokens)
            .to_vec(),
    }
}
