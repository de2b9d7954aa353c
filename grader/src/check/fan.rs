//! A thing with many that belong to it, and all that can be read about them.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{Cx, QuietCx};
use crate::model::{Exchange, Fault};
use crate::pack::{CopyPolicy, EndAt, Pack};
use crate::probe::catalog::{Catalog, Table};
use crate::probe::plant::{Linked, Planted, Planting, said_yes};

/// A thing, and what belongs to it.
pub(crate) struct Fan {
    /// The thing in the middle.
    pub(crate) hub: Arc<Planted>,
    /// Things that belong to it: so many of each kind, and one of each kind that belongs to the first of those.
    pub(crate) around: Vec<Arc<Planted>>,
    /// What joins it to others, so many of each kind.
    pub(crate) joined: Vec<Linked>,
}

/// Makes a thing and `count` of each kind that can belong to it or be joined to it. What cannot be made is left out.
pub(crate) async fn fan(cx: &mut Cx, entity: &str, count: usize) -> Result<Planting<Fan>, Fault> {
    let hub = match cx.planter().plant(entity).await? {
        Ok(hub) => Arc::new(hub),
        Err(why) => return Ok(Err(why)),
    };
    let mut around = under(cx, &hub, count).await?;
    let mut firsts: IndexMap<String, Arc<Planted>> = IndexMap::new();
    for thing in &around {
        let first = || Arc::clone(thing);
        firsts.entry(thing.entity.clone()).or_insert_with(first);
    }
    for first in firsts.values() {
        around.extend(under(cx, first, 1).await?);
    }
    let pack = cx.pack();
    let mut joined = Vec::new();
    for link in pack.links.values().filter(|l| l.set.is_some()) {
        let mut ends = link.ends.iter();
        let at = ends.find(|(_, end)| end.entity == entity && end.at != EndAt::Caller);
        let Some((role, _)) = at else { continue };
        for _ in 0..count {
            let ends = IndexMap::from([(role.clone(), Arc::clone(&hub))]);
            match cx.planter().link_between(&link.name, ends).await? {
                Ok(link) => joined.push(link),
                Err(_) => break,
            }
        }
    }
    Ok(Ok(Fan {
        hub,
        around,
        joined,
    }))
}

/// Makes so many of each kind that can belong to this thing.
async fn under(cx: &mut Cx, hub: &Arc<Planted>, count: usize) -> Result<Vec<Arc<Planted>>, Fault> {
    let mut all = Vec::new();
    for (child, role) in children(&cx.pack(), &cx.planter().plantable(), &hub.entity) {
        for _ in 0..count {
            let parents = IndexMap::from([(role.clone(), Arc::clone(hub))]);
            match cx.planter().plant_under(&child, parents).await? {
                Ok(one) => all.push(Arc::new(one)),
                Err(_) => break,
            }
        }
    }
    Ok(all)
}

/// The kinds that belong to this one, and under which name they know it.
pub(crate) fn children(pack: &Pack, plantable: &[String], entity: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for name in plantable.iter().filter(|n| *n != entity) {
        let Some(child) = pack.entity(name) else {
            continue;
        };
        let mut parents = child.parents.iter();
        if let Some((role, _)) = parents.find(|(_, p)| p.entity == entity) {
            all.push((name.clone(), role.clone()));
        }
    }
    all
}

impl Fan {
    /// Whether anything belongs to the thing in the middle.
    pub(crate) fn is_wide(&self) -> bool {
        !self.around.is_empty() || !self.joined.is_empty()
    }

    /// Everything that is part of it, the middle first.
    fn things(&self) -> Vec<Arc<Planted>> {
        let ends = self.joined.iter().flat_map(|l| l.ends.values());
        let all = [&self.hub].into_iter().chain(&self.around).chain(ends);
        let mut seen = BTreeSet::new();
        let new = |t: &&Arc<Planted>| {
            let at = t.shown_at.as_ref().map(ToString::to_string);
            seen.insert((t.entity.clone(), t.created.number, at))
        };
        all.filter(new).cloned().collect()
    }

    /// Reads everything about it that the contract lets be read: each thing, the lists that show them, and what else
    /// is told under their addresses. Always in the same order.
    pub(crate) async fn look(&self, cx: &mut Cx) -> Result<Vec<Exchange>, Fault> {
        let mut seen = Vec::new();
        let mut listed = BTreeSet::new();
        for thing in self.things() {
            seen.extend(cx.planter().read(&thing).await?);
            for call in cx.planter().views(&thing) {
                let key = thing.key.clone();
                seen.extend(cx.planter().ask(&thing, &call, key.as_ref(), None).await?);
            }
            let above: Vec<_> = thing.parents.values().map(|p| p.created.number).collect();
            if listed.insert((thing.entity.clone(), above)) {
                seen.extend(cx.planter().list(&thing).await?);
            }
        }
        seen.retain(said_yes);
        Ok(seen)
    }

    /// The same, and which tables were read for it.
    pub(crate) async fn look_and_trace(
        &self,
        cx: &mut QuietCx,
    ) -> Result<(Vec<Exchange>, ReadSet), Fault> {
        let trace = cx.trace().await?;
        let seen = self.look(cx).await;
        let traced = trace.close().await?;
        Ok((seen?, ReadSet(traced.relations_read())))
    }
}

/// The tables that answers come from. What is only written (an audit, an outbox) is not among them.
pub(crate) struct ReadSet(BTreeSet<String>);

impl ReadSet {
    /// Whether nothing was seen: the service answers from its memory, or no plans are to be had.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this table was read, or one of its partitions.
    pub(crate) fn has(&self, table: &Table) -> bool {
        let leaf = |(_, name): &(String, String)| self.0.contains(name);
        self.0.contains(&table.name) || table.leaves.iter().any(leaf)
    }
}

/// The table that holds a row of this table or partition, as `schema.table`.
pub(crate) fn holder<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c Table> {
    let leaf = |(s, n): &(String, String)| format!("{s}.{n}") == name;
    let holds = |t: &&Table| t.to_string() == name || t.leaves.iter().any(leaf);
    catalog.tables.iter().find(holds)
}

/// The facts of a thing that can be changed, stand for it alone and must be the same wherever they are shown: not those
/// of which the project lets an old value stay somewhere.
pub(crate) fn live_facts(cx: &mut Cx, of: &Planted) -> Vec<String> {
    let pack = cx.pack();
    let marks = cx.planter().marks(of);
    let mut names = cx.planter().changeable(of);
    names.retain(|name| {
        let stays = |rule: &&crate::pack::CopyRule| {
            rule.policy != CopyPolicy::Live
                && rule.of.of == of.entity
                && rule.of.fact.as_ref() == Some(name)
        };
        marks.iter().any(|(mark, _)| mark == name) && !pack.copies.iter().any(|r| stays(&r))
    });
    names
}

/// The tables that answers come from: one thing of each kind that can be made is made, joined, and read in every way
/// there is.
pub(crate) async fn read_set(cx: &mut QuietCx) -> Result<ReadSet, Fault> {
    let pack = cx.pack();
    let mut around = Vec::new();
    for name in cx.planter().plantable() {
        around.extend(cx.planter().plant(&name).await?.ok().map(Arc::new));
    }
    let mut joined = Vec::new();
    for name in pack.links.keys() {
        joined.extend(cx.planter().link(name).await?);
    }
    let Some(hub) = around.first().map(Arc::clone) else {
        return Ok(ReadSet(BTreeSet::new()));
    };
    let all = Fan {
        hub,
        around,
        joined,
    };
    let (_, read) = all.look_and_trace(cx).await?;
    Ok(read)
}
