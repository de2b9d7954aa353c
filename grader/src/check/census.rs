//! A list read to its end, in large pages and in small ones, with things in it that we made.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Cx, a};
use crate::model::{Exchange, Fault};
use crate::pack::{Pack, Paging, ParamPlace};
use crate::probe::plant::{End, Planted, Planting, Signs, Walk, Wanted, said_yes};

/// How many things are made to be looked for.
const THINGS: usize = 12;

/// Small pages are as small as this, and there are not many more of them than this.
const SMALL: usize = 5;
const MANY: usize = 20;

/// A list that was read twice.
pub(crate) struct Census {
    /// What we made, and how items tell that they are it.
    pub(crate) things: Vec<(Planted, Signs)>,
    /// The walk in the largest pages.
    pub(crate) large: Walk,
    /// The walk in small pages, where their size can be asked for.
    pub(crate) small: Option<Walk>,
}

/// Makes things of this entity and reads the list that shows them. None where there is no such list, or its items
/// do not tell which thing they are.
pub(crate) async fn census(cx: &mut Cx, entity: &str) -> Result<Planting<Option<Census>>, Fault> {
    let pack = cx.pack();
    if pack.entity(entity).is_none_or(|e| e.list.is_none()) {
        return Ok(Ok(None));
    }
    let things = match cx.planter().crowd(entity, THINGS).await? {
        Ok(things) => things,
        Err(why) => return Ok(Err(why)),
    };
    let signed = |thing: Planted| cx.planter().signs(&thing).map(|signs| (thing, signs));
    let things: Option<Vec<_>> = things.into_iter().map(signed).collect();
    let Some(things) = things else {
        return Ok(Ok(None));
    };
    read(cx, &pack, things).await.map(Ok)
}

/// Reads the same list again: what both readings show was no accident.
pub(crate) async fn again(cx: &mut Cx, census: &Census) -> Result<Option<Census>, Fault> {
    let pack = cx.pack();
    read(cx, &pack, census.things.clone()).await
}

async fn read(
    cx: &mut Cx,
    pack: &Pack,
    things: Vec<(Planted, Signs)>,
) -> Result<Option<Census>, Fault> {
    let Some((first, _)) = things.first() else {
        return Ok(None);
    };
    let Some(large) = cx.planter().walk_through(first, &Wanted::default()).await? else {
        return Ok(None);
    };
    let wanted = u64::try_from((large.items.len() / MANY).max(SMALL)).unwrap_or(u64::MAX);
    let small = match small_pages(pack, first, wanted) {
        Some(wanted) => cx.planter().walk_through(first, &wanted).await?,
        None => None,
    };
    Ok(Some(Census {
        things,
        large,
        small,
    }))
}

/// Pages of this size, or of the next larger one that the contract allows; none where nobody can ask for a size.
pub(crate) fn small_pages(pack: &Pack, like: &Planted, size: u64) -> Option<Wanted> {
    let call = pack.entity(&like.entity)?.list.as_ref()?;
    let op = pack.op(&call.op)?;
    let listing = op.listing.as_ref().filter(|l| l.paging != Paging::None)?;
    let param = op.param(ParamPlace::Query, listing.limit.as_ref()?)?;
    let schema = &param.schema.value;
    let allowed = |n: &u64| pack.contract.accepts(schema, &Value::from(*n));
    let least = pack.contract.follow(schema)["minimum"].as_u64();
    let size = [Some(size), least].into_iter().flatten().find(allowed)?;
    Some(Wanted::pages_of(size))
}

impl Census {
    /// The walks, the one in small pages first.
    pub(crate) fn walks(&self) -> impl Iterator<Item = &Walk> {
        self.small.iter().chain([&self.large])
    }

    /// What keeps a walk from ending, for a control: an answer that is no page is told elsewhere.
    pub(crate) fn endless(&self, entity: &str) -> Option<String> {
        let open = |w: &&Walk| w.end == End::Open;
        let walk = self.walks().find(open)?;
        let pages = walk.pages.len();
        Some(format!(
            "the list that shows {} has more than {pages} pages",
            a(entity)
        ))
    }
}

/// The last page of a walk, where the walk broke off with an answer that is no success.
pub(crate) fn broken_off(walk: &Walk) -> Option<&Exchange> {
    walk.pages.last().filter(|page| !said_yes(page))
}

/// Each key that the items show, with the place of its first item.
pub(crate) fn keys(cx: &mut Cx, like: &Planted, walk: &Walk) -> BTreeMap<String, usize> {
    let mut keys = BTreeMap::new();
    for (at, item) in walk.items.iter().enumerate() {
        if let Some(key) = cx.planter().key_on(like, item) {
            keys.entry(key).or_insert(at);
        }
    }
    keys
}
