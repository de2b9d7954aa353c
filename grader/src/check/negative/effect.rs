//! What refused requests left behind.

use serde_json::Value;

use super::{Came, Scene, Tried};
use crate::check::Cx;
use crate::check::kept::{Kept, said};
use crate::model::{Exchange, Fault};
use crate::pack::Entity;
use crate::probe::plant::{Door, Way, said_yes};
use crate::probe::sql::{Hit, Token};

/// The first refused request to this door, which makes things, whose texts stand where those of accepted ones do, and
/// the row that holds them.
pub(crate) async fn stored(
    cx: &mut Cx,
    scene: &Scene,
    door: &Door,
) -> Result<Option<(Tried, Hit)>, Fault> {
    let pack = cx.pack();
    let entity = door.about.as_ref().and_then(|a| pack.entity(a));
    let (Some(entity), Some(planted)) = (entity, &door.planted) else {
        return Ok(None);
    };
    if door.way != Way::Create || door.again {
        return Ok(None);
    }
    let refused = scene.tried.iter();
    let refused = refused.filter(|t| t.op == door.op && t.came == Came::Refused);
    // Only what is honest in them is one of a kind.
    let own = |tried: &Tried| -> Vec<Token> {
        let facts = facts(entity, &tried.body);
        let mut texts = texts(entity, &tried.exchange);
        texts.retain(|token| facts.contains(token));
        texts
    };
    let all: Vec<(&Tried, Vec<Token>)> = refused
        .map(|t| (t, own(t)))
        .filter(|(_, texts)| !texts.is_empty())
        .collect();
    // One that is made now: the first may have been changed since.
    let parents = planted.parents.clone();
    let Ok(made) = cx.planter().plant_under(&entity.name, parents).await? else {
        return Ok(None);
    };
    let Some(kept) = Kept::learn(cx, &texts(entity, &made.created)).await? else {
        return Ok(None);
    };
    let every: Vec<Token> = all.iter().flat_map(|(_, texts)| texts.clone()).collect();
    if every.is_empty() || !kept.any(&every).await? {
        return Ok(None);
    }
    for (tried, texts) in all {
        if let Some(hit) = kept.stays(&texts).await? {
            return Ok(Some((tried.clone(), hit)));
        }
    }
    Ok(None)
}

fn texts(entity: &Entity, exchange: &Exchange) -> Vec<Token> {
    said(entity.sent(), |f| f.send.as_ref(), exchange)
}

/// What an honest body says of the thing that it makes.
fn facts(entity: &Entity, body: &Value) -> Vec<Token> {
    let places = entity.sent().filter_map(|f| f.send.as_ref());
    let values = places.flat_map(|place| place.get(body));
    values.filter_map(Token::of).collect()
}

/// How the thing behind a door that changes it is read now.
pub(crate) async fn before(cx: &mut Cx, door: &Door) -> Result<Option<Exchange>, Fault> {
    match (&door.planted, door.way) {
        (Some(planted), Way::Change) => {
            let read = cx.planter().read(planted).await?;
            Ok(read.filter(said_yes))
        }
        _ => Ok(None),
    }
}

/// How it is read after requests of which none was taken, where that is not as before.
pub(crate) async fn changed(
    cx: &mut Cx,
    scene: &Scene,
    door: &Door,
    before: &Exchange,
) -> Result<Option<(Tried, Exchange)>, Fault> {
    let mut own = scene.tried.iter().filter(|t| t.op == door.op);
    let all_refused = own.clone().all(|t| t.came == Came::Refused);
    let (Some(planted), Some(first), true) = (&door.planted, own.next(), all_refused) else {
        return Ok(None);
    };
    // An answer that is neither a yes nor an absence says nothing of the thing.
    let after = cx.planter().read(planted).await?;
    let told = |a: &Exchange| said_yes(a) || a.status() == Some(404);
    let Some(after) = after.filter(told) else {
        return Ok(None);
    };
    let same = cx.planter().unchanged(planted, before, &after);
    Ok((!same).then(|| (first.clone(), after)))
}
