//! Errors provoked on purpose, one of each source: what a client can do wrong, and what a database can.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::BreaksCx;
use super::obstacle::Obstacle;
use crate::model::{Exchange, Fault};
use crate::pack::{Entity, Method, OpId, Pack, Spot, Verb};
use crate::probe::auth::{Accounts, Bearer};
use crate::probe::plant::{NotPlanted, Planted, Planting, Ready, Wish, said_yes};
use crate::probe::{Patience, Request};

/// An answer to what was done wrong.
pub(crate) struct Refused {
    /// What was wrong: `a body that is no JSON`.
    pub(crate) source: &'static str,
    /// What came of it.
    pub(crate) exchange: Exchange,
}

/// Longer than any body that a contract of this kind needs, bytes.
const LARGE: usize = 1024 * 1024;
/// A text that is neither a number, a time nor an id.
const WORD: &str = "zq7-no-such-thing";
/// How long one answer may take while the database takes no sessions.
const PATIENCE: Duration = Duration::from_secs(12);
/// How long the service may need afterwards.
const RECOVERED: Duration = Duration::from_secs(15);

/// What the errors are about.
struct Scene {
    /// A thing that was made.
    thing: Planted,
    /// A request that would make another one.
    ready: Ready,
    /// Whoever speaks for accounts, and somebody who has nothing to do with the thing.
    accounts: Option<(Accounts, Bearer)>,
}

/// Provokes one error of each source that this contract has; those that the service took for right are not among them.
///
/// # Errors
/// When a request cannot be formed, or the server cannot be reached.
pub(crate) async fn provoke(cx: &mut BreaksCx) -> Result<Planting<Vec<Refused>>, Fault> {
    let pack = cx.pack();
    let Some(entity) = subject(cx, &pack) else {
        let why = "nothing in this contract can be made and read by its key";
        return Ok(Err(NotPlanted::NoWay(why.to_owned())));
    };
    let mut scene = match scene(cx, &entity).await? {
        Ok(scene) => scene,
        Err(why) => return Ok(Err(why)),
    };
    let mut seen = Vec::new();
    bodies(&scene, &mut seen).await?;
    addresses(cx, &pack, &entity, &scene, &mut seen).await?;
    strangers(cx, &pack, &entity, &mut scene, &mut seen).await?;
    conflicts(cx, &pack, &mut seen).await?;
    disturbed(cx, &scene, &mut seen).await?;
    shut_out(cx, &entity, &scene, &mut seen).await?;
    let told = |r: &Refused| r.exchange.status().is_some_and(|s| s >= 400 && s != 429);
    seen.retain(told);
    Ok(Ok(seen))
}

/// The first thing that can be made by itself and read.
fn subject(cx: &mut BreaksCx, pack: &Pack) -> Option<Entity> {
    let register = pack.auth_op(Verb::Register).map(|r| r.op.clone());
    let names = cx.planter().plantable();
    let able = |e: &&Entity| {
        let made = e.create.as_ref().map(|c| &c.op);
        made.is_some() && made != register.as_ref() && e.read.is_some()
    };
    names
        .iter()
        .filter_map(|n| pack.entity(n))
        .find(able)
        .cloned()
}

async fn scene(cx: &mut BreaksCx, entity: &Entity) -> Result<Planting<Scene>, Fault> {
    let thing = match cx.planter().plant(&entity.name).await? {
        Ok(thing) => thing,
        Err(why) => return Ok(Err(why)),
    };
    let ready = match cx.planter().prepare(&entity.name, Wish::default()).await? {
        Ok(ready) => ready,
        Err(why) => return Ok(Err(why)),
    };
    let role = thing
        .by
        .and_then(|who| cx.planter().actor(who)?.role.clone());
    let accounts = match cx.accounts(&[]) {
        Err(_) => None,
        Ok(mut accounts) => match accounts.join_as(role.as_deref()).await? {
            Ok(session) => Some((accounts, session.bearer())),
            Err(why) => return Ok(Err(why)),
        },
    };
    Ok(Ok(Scene {
        thing,
        ready,
        accounts,
    }))
}

async fn send(
    seen: &mut Vec<Refused>,
    source: &'static str,
    request: Request,
) -> Result<(), Fault> {
    let exchange = request.send().await?;
    seen.push(Refused { source, exchange });
    Ok(())
}

/// Bodies that cannot be read, or not be meant.
async fn bodies(scene: &Scene, seen: &mut Vec<Refused>) -> Result<(), Fault> {
    let ready = &scene.ready;
    let broken = ready.request().text(format!("{{\"{WORD}\": "));
    send(seen, "a body that is no JSON", broken).await?;
    let with = |value: &dyn Fn(&Value) -> Value| {
        let properties = ready.body.as_object().into_iter().flatten();
        let changed: serde_json::Map<_, _> =
            properties.map(|(k, v)| (k.clone(), value(v))).collect();
        ready.with(&Value::Object(changed))
    };
    let types = with(&|_| json!({ WORD: [] }));
    send(seen, "a body of the wrong types", types).await?;
    send(seen, "a body that is empty", ready.with(&json!({}))).await?;
    let long = "zq7".repeat(LARGE / 3);
    let large = with(&|v| {
        if v.is_string() {
            Value::from(long.as_str())
        } else {
            v.clone()
        }
    });
    send(seen, "a very large body", large).await?;
    let xml = ready.request().without("content-type");
    let xml = xml
        .header("content-type", "application/xml")
        .text("<zq7/>".to_owned());
    send(seen, "a media type that is not taken", xml).await?;
    Ok(())
}

/// Addresses and parameters that name nothing.
async fn addresses(
    cx: &mut BreaksCx,
    pack: &Pack,
    entity: &Entity,
    scene: &Scene,
    seen: &mut Vec<Refused>,
) -> Result<(), Fault> {
    let (http, at) = (cx.http().clone(), scene.thing.created.sent.path.clone());
    let key = cx.planter().unknown_key(&scene.thing);
    if let (Some(read), Some(key)) = (&entity.read, key) {
        let asked = cx
            .planter()
            .ask(&scene.thing, read, Some(&key), None)
            .await?;
        seen.extend(asked.map(|exchange| Refused {
            source: "an id that nothing has",
            exchange,
        }));
    }
    let word = json!(format!("{WORD}'%00"));
    if let Some(read) = &entity.read {
        let asked = cx
            .planter()
            .ask(&scene.thing, read, Some(&word), None)
            .await?;
        seen.extend(asked.map(|exchange| Refused {
            source: "an id that is none",
            exchange,
        }));
    }
    let create = entity.create.as_ref().and_then(|c| pack.op(&c.op));
    let known = |method: Method| {
        let mut all = pack.contract.operations.iter();
        all.any(|o| o.method == method && create.is_some_and(|c| o.path.same_shape(&c.path)))
    };
    let strange = [Method::Put, Method::Delete, Method::Patch];
    if let Some(method) = strange.into_iter().find(|m| !known(*m)) {
        let request = http.request(method.as_str(), &at);
        send(seen, "a method that is not known there", request).await?;
    }
    let list = entity.list.as_ref().filter(|l| l.bind.is_empty());
    let listed = list
        .and_then(|l| pack.op(&l.op))
        .filter(|o| o.security.anyone);
    if let Some(limit) = listed.and_then(|o| o.listing.as_ref()?.limit.clone()) {
        let request = http.request("GET", &format!("{at}?{limit}={WORD}"));
        send(seen, "a parameter that is none", request).await?;
    }
    Ok(())
}

/// Those whom the service does not know, and those who may not.
async fn strangers(
    cx: &mut BreaksCx,
    pack: &Pack,
    entity: &Entity,
    scene: &mut Scene,
    seen: &mut Vec<Refused>,
) -> Result<(), Fault> {
    let Some((accounts, other)) = &mut scene.accounts else {
        return Ok(());
    };
    let guarded = |op: &OpId| pack.op(op).is_some_and(|o| !o.security.anyone);
    let whoami = pack.auth_op(Verb::Whoami).filter(|w| guarded(&w.op));
    if whoami.is_some()
        && let Ok(request) = accounts.asking_who(&Bearer::nobody())
    {
        send(seen, "no credential", request.clone()).await?;
        if let Some(name) = carrier(pack) {
            let prefix = pack.auth.as_ref().map(|a| a.carrier.prefix.as_str());
            let text = format!("{}{WORD}", prefix.unwrap_or_default());
            send(
                seen,
                "a credential that is none",
                request.header(&name, &text),
            )
            .await?;
        }
    }
    if let Some(delete) = entity.delete.as_ref().filter(|d| guarded(&d.op))
        && let Ok(request) = cx.planter().errand_about(&scene.thing, &delete.op, None)
    {
        let request = accounts.carry(request, other);
        send(seen, "somebody else's thing", request).await?;
    }
    Ok(())
}

/// The header that carries a credential; none where it is a cookie.
fn carrier(pack: &Pack) -> Option<String> {
    match &pack.auth.as_ref()?.carrier.place.spot {
        Spot::Header(name) => Some(name.clone()),
        _ => None,
    }
}

/// What the database does not allow: the same thing twice, a thing of nobody's, a thing that others need.
async fn conflicts(cx: &mut BreaksCx, pack: &Pack, seen: &mut Vec<Refused>) -> Result<(), Fault> {
    let register = pack.auth_op(Verb::Register).map(|r| r.op.clone());
    let alone = |e: &&Entity| {
        let made = e.create.as_ref().map(|c| &c.op);
        made.is_some() && made != register.as_ref() && !e.unique.is_empty()
    };
    if let Some(entity) = pack.entities.values().find(alone)
        && let Ok(ready) = cx.planter().prepare(&entity.name, Wish::default()).await?
        && said_yes(&ready.request().send().await?)
    {
        send(seen, "the same thing a second time", ready.request()).await?;
    }
    for entity in pack.entities.values().filter(|e| e.create.is_some()) {
        let in_body = |(_, p): &(&String, &crate::pack::Parent)| matches!(p.at.spot, Spot::Body(_));
        let Some((role, _)) = entity.parents.iter().find(in_body) else {
            continue;
        };
        let Ok(child) = cx.planter().plant(&entity.name).await? else {
            continue;
        };
        let Some(parent) = child.parents.get(role).cloned() else {
            continue;
        };
        if let Some(delete) = pack.entity(&parent.entity).and_then(|e| e.delete.clone()) {
            let key = parent.key.clone();
            let asked = cx
                .planter()
                .ask(&parent, &delete, key.as_ref(), None)
                .await?;
            seen.extend(asked.map(|exchange| Refused {
                source: "a thing that others need",
                exchange,
            }));
        }
        let mut nobody = parent.as_ref().clone();
        nobody.key = cx.planter().unknown_key(&nobody);
        let parents = [(role.clone(), Arc::new(nobody))].into_iter().collect();
        if let Err(NotPlanted::Refused(_, exchange)) =
            cx.planter().plant_under(&entity.name, parents).await?
        {
            seen.push(Refused {
                source: "a reference to nothing",
                exchange: *exchange,
            });
        }
        break;
    }
    Ok(())
}

/// A write that the database refuses for a reason that no code foresees.
async fn disturbed(cx: &mut BreaksCx, scene: &Scene, seen: &mut Vec<Refused>) -> Result<(), Fault> {
    let tokens = cx.planter().tokens(&scene.thing);
    let (Some(observer), Some(editor)) = (cx.observer().await?, cx.editor().await?) else {
        return Ok(());
    };
    let hits = observer.find(&tokens).await?;
    let tables = observer.tables().await?;
    let home = hits
        .iter()
        .find_map(|h| tables.iter().find(|t| t.to_string() == h.table));
    let Some(home) = home.filter(|_| !tokens.is_empty()) else {
        return Ok(());
    };
    let Some(obstacle) = Obstacle::put(&editor, home, 1).await? else {
        return Ok(());
    };
    let exchange = scene.ready.request().send().await?;
    let met = obstacle.met().await?;
    obstacle.clear().await?;
    if met > 0 {
        seen.push(Refused {
            source: "a write that the database refuses",
            exchange,
        });
    }
    Ok(())
}

/// Requests while the database takes no sessions.
async fn shut_out(
    cx: &mut BreaksCx,
    entity: &Entity,
    scene: &Scene,
    seen: &mut Vec<Refused>,
) -> Result<(), Fault> {
    let Some(read) = &entity.read else {
        return Ok(());
    };
    let Ok(request) = cx.planter().errand_about(&scene.thing, &read.op, None) else {
        return Ok(());
    };
    let request = match &scene.accounts {
        Some((accounts, _)) => {
            let owner = scene
                .thing
                .by
                .and_then(|who| cx.planter().actor(who).cloned());
            let bearer = owner.and_then(|o| accounts.bearer_of(&o));
            bearer.map_or(request.clone(), |b| accounts.carry(request, &b))
        }
        None => request,
    };
    let patient = request.clone().at(&cx.http().patient(PATIENCE));
    cx.admit_sessions(false).await?;
    let ended = cx.end_sessions().await;
    // The first meets a connection that broke, the second none.
    for source in [
        "a connection that broke",
        "a database that takes no connections",
    ] {
        let exchange = patient.clone().send().await?;
        seen.push(Refused { source, exchange });
    }
    cx.admit_sessions(true).await?;
    ended?;
    let patience = Patience::new(RECOVERED);
    while !said_yes(&request.clone().send().await?) && patience.lasts().await {}
    Ok(())
}

/// The sources in words, each once.
pub(crate) fn sources(seen: &[Refused]) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = seen.iter().map(|r| r.source).collect();
    all.sort_unstable();
    all.dedup();
    all
}
