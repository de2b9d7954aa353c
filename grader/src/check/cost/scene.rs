//! What is planted to be asked about, and all that is asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::super::Cx;
use super::super::filters::scene as filtered;
use super::ask::{Ask, What};
use crate::model::Fault;
use crate::pack::{
    Bound, Call, EndAt, Entity, Keeps, Method, OpId, Pack, Paging, ParamPlace, Segment, Spot,
};
use crate::probe::plant::{Planted, Planting, Size, Wanted};

/// How many things of each kind are planted, each with parents of its own, and how many beside the first.
const APART: usize = 3;
const BESIDE: usize = 3;

/// What a new thing like this one can be given to belong to: not what comes about with it alone.
pub(crate) fn free_parents(pack: &Pack, of: &Planted) -> IndexMap<String, Arc<Planted>> {
    let entity = pack.entity(&of.entity);
    let free = |role: &String| {
        entity
            .and_then(|e| e.parents.get(role))
            .is_some_and(|p| p.at.spot != Spot::Made)
    };
    let parents = of.parents.iter().filter(|(role, _)| free(role));
    parents
        .map(|(role, p)| (role.clone(), Arc::clone(p)))
        .collect()
}

/// Plants some of everything, and gives every request about it whose cost can be judged. The reason where something
/// cannot be planted.
pub(crate) async fn scene(cx: &mut Cx) -> Result<Planting<Vec<Ask>>, Fault> {
    let pack = cx.pack();
    // What is read is asked about the thing with most around it: the last that was planted with such a parent.
    let mut below: IndexMap<OpId, Ask> = IndexMap::new();
    let mut asks = Vec::new();
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name) else {
            continue;
        };
        let (first, apart) = match some(cx, &pack, &name).await? {
            Ok(some) => some,
            Err(why) => return Ok(Err(why)),
        };
        for thing in ancestry(&first) {
            let above = pack.entity(&thing.entity);
            let reads = above.map(|e| reads(&pack, e, &thing)).unwrap_or_default();
            below.extend(reads.into_iter().map(|ask| (ask.op.clone(), ask)));
        }
        if entity.list.is_some() {
            match lists(cx, &pack, entity, &first).await? {
                Ok(lists) => asks.extend(lists),
                Err(why) => return Ok(Err(why)),
            }
        }
        asks.extend(writes(&pack, entity, &apart));
    }
    if let Err(why) = links(cx, &pack).await? {
        return Ok(Err(why));
    }
    Ok(Ok(below.into_values().chain(asks).collect()))
}

/// A thing and all that it belongs to.
pub(crate) fn ancestry(of: &Planted) -> Vec<Planted> {
    let mut all = vec![of.clone()];
    let mut at = 0;
    while let Some(thing) = all.get(at).cloned() {
        all.extend(thing.parents.values().map(|p| Planted::clone(p)));
        at += 1;
    }
    all
}

/// Things of a kind: the first, with some beside it that belong to the same things, and one that belongs to others.
async fn some(cx: &mut Cx, pack: &Pack, name: &str) -> Result<Planting<(Planted, Planted)>, Fault> {
    let mut all = Vec::new();
    for _ in 0..=APART {
        match cx.planter().plant(name).await? {
            Ok(one) => all.push(one),
            Err(why) => return Ok(Err(why)),
        }
    }
    let (first, apart) = (all.remove(0), all.remove(0));
    for _ in 0..BESIDE {
        let beside = free_parents(pack, &first);
        if let Err(why) = cx.planter().plant_under(name, beside).await? {
            return Ok(Err(why));
        }
    }
    Ok(Ok((first, apart)))
}

/// Joins some things, several with the same one at either end.
async fn links(cx: &mut Cx, pack: &Pack) -> Result<Planting<()>, Fault> {
    for link in pack.links.values().filter(|l| l.set.is_some()) {
        let mut ends = IndexMap::new();
        for turn in 0..=APART + BESIDE {
            let linked = match cx.planter().link_between(&link.name, ends).await? {
                Ok(linked) => linked,
                Err(why) => return Ok(Err(why)),
            };
            let kept = linked.ends.into_iter().nth(turn % 2);
            ends = kept.into_iter().collect();
        }
    }
    Ok(Ok(()))
}

/// Reading it, and whatever else stands below its own address.
pub(crate) fn reads(pack: &Pack, entity: &Entity, first: &Planted) -> Vec<Ask> {
    let calls = below(pack, entity);
    let ask = |call: Call| Ask {
        op: call.op.clone(),
        about: pack.op(&call.op).map(|o| o.line()).unwrap_or_default(),
        of: first.clone(),
        what: What::Read(call),
    };
    calls.into_iter().map(ask).collect()
}

/// The calls that read a thing or something below it, and are no list of other things.
fn below(pack: &Pack, entity: &Entity) -> Vec<Call> {
    let Some(read) = &entity.read else {
        return Vec::new();
    };
    let Some(own) = pack.op(&read.op) else {
        return Vec::new();
    };
    let listed = |op| {
        pack.entities
            .values()
            .any(|e| e.list.as_ref().is_some_and(|l| l.op == op))
    };
    let mut calls = vec![read.clone()];
    for op in &pack.contract.operations {
        let (long, short) = (&op.path.segments, &own.path.segments);
        let deeper =
            op.method == Method::Get && long.len() > short.len() && long.starts_with(short);
        let rest = long.get(short.len()..).unwrap_or_default();
        let known = rest.iter().all(|s| matches!(s, Segment::Text(_)));
        let asks_more = op
            .params
            .iter()
            .any(|p| p.required && p.place == ParamPlace::Query);
        if deeper && known && !asks_more && !listed(op.id.clone()) {
            calls.push(Call {
                op: op.id.clone(),
                bind: read.bind.clone(),
            });
        }
    }
    calls
}

/// Making, changing and removing one.
pub(crate) fn writes(pack: &Pack, entity: &Entity, first: &Planted) -> Vec<Ask> {
    let update = entity.update.as_ref().map(|u| &u.call);
    let all = [
        (entity.create.as_ref(), What::Create),
        (update, What::Change),
        (entity.delete.as_ref(), What::Delete),
    ];
    let ask = |(call, what): (Option<&Call>, What)| {
        let op = pack.op(&call?.op)?;
        Some(Ask {
            op: op.id.clone(),
            about: op.line(),
            of: first.clone(),
            what,
        })
    };
    all.into_iter().filter_map(ask).collect()
}

/// Its list as it is, and by each filter whose meaning is known.
async fn lists(
    cx: &mut Cx,
    pack: &Pack,
    entity: &Entity,
    first: &Planted,
) -> Result<Planting<Vec<Ask>>, Fault> {
    let mut wanted: Vec<(Vec<(String, String)>, Planted)> = vec![(Vec::new(), first.clone())];
    if let Some(scene) = match filtered(cx, &entity.name).await? {
        Ok(scene) => scene,
        Err(why) => return Ok(Err(why)),
    } {
        for case in scene.cases.iter().filter(|c| c.about.is_empty()) {
            let fits = case.fits.first().and_then(|at| scene.things.get(*at));
            if let Some((thing, _)) = fits {
                wanted.push((case.query.clone(), thing.clone()));
            }
        }
    }
    wanted.extend(found(entity, first));
    for (param, value) in beyond(cx, pack, entity, first).await? {
        wanted.push((vec![(param, value)], first.clone()));
    }
    let searched = searches(pack, entity);
    let mut seen: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut asks = Vec::new();
    let Some(op) = entity.list.as_ref().and_then(|l| pack.op(&l.op)) else {
        return Ok(Ok(asks));
    };
    for (query, of) in wanted {
        let names: Vec<String> = query.iter().map(|(n, _)| n.clone()).collect();
        // A search that may look for a part of a text has to read all of them.
        if names.iter().any(|n| searched.contains(n)) || !seen.insert(names.clone()) {
            continue;
        }
        let by = if names.is_empty() {
            String::new()
        } else {
            format!(" by {}", names.join(" and "))
        };
        asks.push(Ask {
            op: op.id.clone(),
            about: format!("{}{by}", op.line()),
            of,
            what: What::List(Wanted {
                query,
                size: Size::Unsaid,
            }),
        });
    }
    Ok(Ok(asks))
}

fn searches(pack: &Pack, entity: &Entity) -> BTreeSet<String> {
    let rules = pack.list_rules(entity);
    let filters = rules.into_iter().flat_map(|r| &r.filters);
    let like = filters.filter(|f| f.keeps == Keeps::Like);
    like.map(|f| f.param.clone()).collect()
}

/// The request by which such a thing is found again.
fn found(entity: &Entity, of: &Planted) -> Option<(Vec<(String, String)>, Planted)> {
    let find = entity.find.as_ref()?;
    let list = entity.list.as_ref().filter(|l| l.op == find.op)?;
    let by = find.by.iter().map(|(fact, place)| match &place.spot {
        Spot::Query(name) => Some((name.clone(), text(of.facts.get(fact)?))),
        _ => None,
    });
    let query: Option<Vec<_>> = by.collect();
    list.bind.is_empty().then_some((query?, of.clone()))
}

/// Filters by what a thing does not say itself: a fact of what it belongs to, or what it is joined with.
async fn beyond(
    cx: &mut Cx,
    pack: &Pack,
    entity: &Entity,
    first: &Planted,
) -> Result<Vec<(String, String)>, Fault> {
    let Some(op) = entity.list.as_ref().and_then(|l| pack.op(&l.op)) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for param in op.params.iter().filter(|p| p.place == ParamPlace::Query) {
        let name = param.name.as_str();
        if turns_pages(op, name) || entity.facts.contains_key(name) {
            continue;
        }
        let above = first.parents.values().find_map(|p| p.facts.get(name));
        if let Some(value) = above {
            found.push((name.to_owned(), text(value)));
            continue;
        }
        let Some((link, own, other)) = joined(pack, entity, name) else {
            continue;
        };
        let ends = IndexMap::from([(own, Arc::new(first.clone()))]);
        let linked = cx.planter().link_between(&link, ends).await?;
        let key = linked.ok().and_then(|l| l.ends.get(&other)?.key.clone());
        found.extend(key.map(|key| (name.to_owned(), text(&key))));
    }
    Ok(found)
}

/// The link that joins such things with what a parameter is named after, its own end, and the other one.
fn joined(pack: &Pack, entity: &Entity, param: &str) -> Option<(String, String, String)> {
    let param = param.strip_suffix("_id").unwrap_or(param);
    pack.links
        .values()
        .filter(|l| l.set.is_some())
        .find_map(|link| {
            let placed =
                |role: &String| matches!(link.ends.get(role).map(|e| &e.at), Some(EndAt::Place(_)));
            let own = link.ends.iter().find(|(_, e)| e.entity == entity.name)?.0;
            let other = link
                .ends
                .iter()
                .find(|(role, e)| *role != own && (*role == param || e.entity == param))?
                .0;
            let both = placed(own) && placed(other);
            both.then(|| (link.name.clone(), own.clone(), other.clone()))
        })
}

/// Whether a parameter says which page, or how large.
fn turns_pages(op: &crate::pack::Operation, name: &str) -> bool {
    op.listing.as_ref().is_some_and(|listing| {
        let turn = match &listing.paging {
            Paging::None => None,
            Paging::Cursor { param, .. }
            | Paging::Offset { param }
            | Paging::Page { param, .. } => Some(param),
        };
        listing.limit.as_deref() == Some(name) || turn.is_some_and(|p| p == name)
    })
}

/// Whether a call is bound by nothing, so that its list shows things whatever they belong to.
pub(crate) fn is_free(call: &Call) -> bool {
    !call
        .bind
        .values()
        .any(|b| matches!(b, Bound::Up(_) | Bound::Key | Bound::Fact(_)))
}

/// A value as it stands in a query.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
