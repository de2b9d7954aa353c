//! `[entity.<name>]`.

use indexmap::IndexMap;

use crate::pack::{Call, Entity, Key, KeyPart, Manner, Method, Operation, Owner, Place, Update};

use super::{
    Reader, bind, calls, facts,
    ground::Ground,
    keys, made, parents,
    tab::{At, Item, Tab},
};

pub(super) fn read(reader: &Reader<'_>, root: &mut Tab<'_>) -> IndexMap<String, Entity> {
    let tables = root
        .get("entity")
        .and_then(|i| i.table())
        .map(|t| t.tables())
        .unwrap_or_default();
    let names: Vec<String> = tables.iter().map(|(name, _)| name.value.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut entities = IndexMap::new();
    let mut spots = IndexMap::new();
    let mut binds = Vec::new();
    for (name, mut tab) in tables {
        spots.insert(name.value.clone(), name.spot.clone());
        // Asked for whatever becomes of the entity: what is known here is no unknown key.
        let bind = tab.get("bind");
        if let Some(entity) = entity(reader, &name, &mut tab, &names) {
            binds.push((name.value.clone(), bind));
            entities.insert(name.value, entity);
        }
        tab.done();
    }
    made::made_of_makers(reader, &entities, &spots);
    parents::circles(reader, &entities, &spots);
    for (name, item) in binds {
        bind::entity(reader, &name, item, &mut entities, &spots);
    }
    entities
}

fn entity(
    reader: &Reader<'_>,
    name: &At<String>,
    tab: &mut Tab<'_>,
    names: &[&str],
) -> Option<Entity> {
    let create_item = tab.get("create");
    let create = create_item.as_ref().and_then(|i| reader.op_of(i));
    let made = made::made_by(reader, tab);
    let broken = create_item.is_some() && create.is_none();
    let maker = create.or(made.as_ref().map(|(op, _)| *op));
    let both = create_item.is_some() && made.is_some();
    if both || (maker.is_none() && !broken && tab.get("made_by").is_none()) {
        let what = format!(
            "[entity.{}] must say how one is made, in one way",
            name.value
        );
        let cure = "write `create = \"…\"`, or `made_by = \"…\"` with `at = \"…\"`";
        reader.log.say(&name.spot, what, cure);
    }
    let find = tab.get("find").and_then(|i| made::find(reader, &i));
    let base = create.or_else(|| find.as_ref().and_then(|(op, _)| reader.contract.op(op)));
    let found = calls::find(reader, tab, base);
    let made = made.map(|(_, made)| made);
    let ground = Ground::new(reader.contract, maker, made.as_ref(), &found);
    // Without a maker nothing can be placed, and one problem is enough.
    let fact_item = tab.get("facts");
    let parent_item = tab.get("parent");
    let key_item = tab.need(
        "key",
        "say where the reply shows what identifies it: `key = \"/id\"`",
    );
    let (owner, private, secret) = (tab.get("owner"), tab.get("private"), tab.get("secret"));
    let unique = tab.get("unique");
    let maker = maker?;
    // Names that stand here but are wrong are said once, where they stand.
    let mut declared = names_in(fact_item.as_ref());
    declared.extend(names_in(parent_item.as_ref()));
    let facts = facts::facts(reader, fact_item, &ground, Some(maker));
    let parents = parents::parents(reader, parent_item, &ground, Some(maker), names);
    let parts = keys::Parts {
        ground: &ground,
        facts: &facts,
        parents: &parents,
        maker: Some(maker),
        declared: &declared,
    };
    let key = key_item.and_then(|i| keys::key(reader, &i, &parts));
    let owner = owner.and_then(|i| i.word(&[("caller", Owner::Caller)]));
    let uniques = unique
        .map(|i| uniques(reader, &i, &declared))
        .unwrap_or_default();
    let call = |op: &Operation| Call {
        op: op.id.clone(),
        bind: IndexMap::new(),
    };
    Some(Entity {
        name: name.value.clone(),
        create: create.map(call),
        made_by: made,
        read: found.read.map(call),
        list: found.list.map(call),
        update: found.update.map(|op| Update {
            call: call(op),
            manner: if op.method == Method::Put {
                Manner::Replace
            } else {
                Manner::Merge
            },
        }),
        delete: found.delete.map(call),
        key: key.unwrap_or(Key {
            parts: Vec::<KeyPart>::new(),
            read: None,
            listed: None,
        }),
        parents,
        owner,
        private: private.and_then(|i| i.flag()).unwrap_or(false),
        secret: secret
            .map(|i| secrets(reader, &i, &ground))
            .unwrap_or_default(),
        facts,
        unique: uniques,
        find: find.map(|(_, find)| find),
    })
}

fn secrets(reader: &Reader<'_>, item: &Item<'_>, ground: &Ground) -> IndexMap<String, Place> {
    let mut secrets = IndexMap::new();
    for name in item.texts() {
        match ground
            .send
            .as_ref()
            .and_then(|v| v.find(reader.contract, &name.value))
        {
            Some((place, _)) => {
                secrets.insert(name.value, place);
            }
            None => {
                let what = format!("nothing called `{}` is sent", name.value);
                let known = ground
                    .send
                    .as_ref()
                    .map(|v| v.names(reader.contract))
                    .unwrap_or_default();
                reader.log.unknown(
                    &name.spot,
                    what,
                    &name.value,
                    known.iter().map(String::as_str),
                );
            }
        }
    }
    secrets
}

fn uniques(reader: &Reader<'_>, item: &Item<'_>, declared: &[String]) -> Vec<Vec<String>> {
    let mut sets = Vec::new();
    for set in item.items().unwrap_or_default() {
        let names = set.texts();
        for name in names
            .iter()
            .filter(|n| n.value != "owner" && !declared.contains(&n.value))
        {
            let what = format!(
                "`{}` is neither a fact nor a parent of this entity",
                name.value
            );
            reader.log.unknown(
                &name.spot,
                what,
                &name.value,
                declared.iter().map(String::as_str),
            );
        }
        sets.push(names.into_iter().map(|n| n.value).collect());
    }
    sets
}

/// The names in a list, or the keys of a table.
fn names_in(item: Option<&Item<'_>>) -> Vec<String> {
    match item {
        Some(item) if item.is_table() => {
            let all = item.table().map(|t| t.all()).unwrap_or_default();
            all.into_iter().map(|(name, _)| name.value).collect()
        }
        Some(item) if item.is_list() => item.texts().into_iter().map(|t| t.value).collect(),
        _ => Vec::new(),
    }
}
