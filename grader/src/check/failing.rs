//! Requests that fail in the database, again and again in the same way; and clients that do not wait for an answer.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::LocksCx;
use crate::model::{Exchange, Fault};
use crate::pack::{Entity, Pack, Spot, Verb};
use crate::probe::auth::Accounts;
use crate::probe::catalog::Table;
use crate::probe::plant::{Planted, Planter, Wish, said_yes};
use crate::probe::{Patience, Request, raw};
use crate::runtime::postgres::LockMode;

/// A request that fails.
pub(crate) struct Failing {
    /// What is wrong: `the same venue a second time`.
    pub(crate) source: String,
    /// The request.
    pub(crate) request: Request,
    /// The first answer.
    pub(crate) first: Exchange,
}

/// No more kinds than this are tried: each of them costs many requests.
const KINDS: usize = 8;
/// How long clients wait before they leave: others may still be on their way to the table.
const MEETING: Duration = Duration::from_secs(3);
/// After so many looks without anybody new at the table, nobody else is coming.
const STILL: usize = 8;

/// One of each kind that this contract has. What the service takes for right is not among them.
///
/// # Errors
/// Only when a request cannot be formed.
pub(crate) async fn failing(cx: &mut LocksCx) -> Result<Vec<Failing>, Fault> {
    let pack = cx.pack();
    let accounts = cx.accounts(&[]).ok();
    let mut asked = Vec::new();
    asked.extend(twice(cx.planter(), &pack).await?);
    asked.extend(nobodys(cx.planter(), &pack).await?);
    asked.extend(needed(cx.planter(), &pack, accounts.as_ref()).await?);
    let mut all = Vec::new();
    for (source, request) in asked {
        let first = request.clone().send().await?;
        if first.status().is_some_and(|s| s >= 400) && all.len() < KINDS {
            all.push(Failing {
                source,
                request,
                first,
            });
        }
    }
    Ok(all)
}

type Asked = Vec<(String, Request)>;

/// What is no account: of those each costs the service a slow hash.
fn makeable(pack: &Pack) -> impl Iterator<Item = &Entity> {
    let register = pack.auth_op(Verb::Register).map(|r| &r.op);
    let made = move |e: &&Entity| e.maker().is_some_and(|m| Some(m) != register);
    pack.entities.values().filter(made)
}

/// The same thing a second time, where there may be only one.
async fn twice(planter: &mut Planter, pack: &Pack) -> Result<Asked, Fault> {
    let mut all = Vec::new();
    for entity in makeable(pack).filter(|e| !e.unique.is_empty() && e.create.is_some()) {
        if let Ok(ready) = planter.prepare(&entity.name, Wish::default()).await?
            && said_yes(&ready.request().send().await?)
        {
            let source = format!("the same {} a second time", entity.name);
            all.push((source, ready.request()));
        }
    }
    Ok(all)
}

/// A thing that belongs to one that is not there.
async fn nobodys(planter: &mut Planter, pack: &Pack) -> Result<Asked, Fault> {
    let mut all = Vec::new();
    for entity in makeable(pack) {
        let in_body = |p: &crate::pack::Parent| matches!(p.at.spot, Spot::Body(_));
        for (role, parent) in entity.parents.iter().filter(|(_, p)| in_body(p)) {
            let Ok(mut nobody) = planter.plant(&parent.entity).await? else {
                continue;
            };
            nobody.key = planter.unknown_key(&nobody);
            if nobody.key.is_none() {
                continue;
            }
            let wish = Wish {
                parents: IndexMap::from([(role.clone(), Arc::new(nobody))]),
                ..Wish::default()
            };
            if let Ok(ready) = planter.prepare(&entity.name, wish).await? {
                let source = format!("a {} of a {role} that is not there", entity.name);
                all.push((source, ready.request()));
            }
        }
    }
    Ok(all)
}

/// The removal of a thing that others need.
async fn needed(
    planter: &mut Planter,
    pack: &Pack,
    accounts: Option<&Accounts>,
) -> Result<Asked, Fault> {
    let mut all: Asked = Vec::new();
    for entity in makeable(pack) {
        let Ok(child) = planter.plant(&entity.name).await? else {
            continue;
        };
        for parent in above(&child) {
            let delete = pack.entity(&parent.entity).and_then(|e| e.delete.clone());
            let source = format!("the removal of a {} that others need", parent.entity);
            let known = all.iter().any(|(s, _)| *s == source);
            let Some(delete) = delete.filter(|_| !known) else {
                continue;
            };
            let Ok(request) = planter.errand_about(&parent, &delete.op, None) else {
                continue;
            };
            let owner = parent.by.and_then(|who| planter.actor(who).cloned());
            let request = match (accounts, owner) {
                (Some(accounts), Some(owner)) => match accounts.bearer_of(&owner) {
                    Some(bearer) => accounts.carry(request, &bearer),
                    None => request,
                },
                _ => request,
            };
            all.push((source, request));
        }
    }
    Ok(all)
}

/// What a thing belongs to, and what that belongs to.
fn above(child: &Planted) -> Vec<Arc<Planted>> {
    let mut all: Vec<Arc<Planted>> = child.parents.values().cloned().collect();
    let mut at = 0;
    while let Some(one) = all.get(at).cloned() {
        all.extend(one.parents.values().cloned());
        at += 1;
    }
    all
}

impl LocksCx {
    /// Sends all of these while nobody may touch the table, and hangs up on them when they wait for it. How many
    /// waited; none when somebody holds the table and does not let go.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(crate) async fn vanish(
        &self,
        table: &Table,
        requests: &[Request],
    ) -> Result<Option<i64>, Fault> {
        let database = self.database()?;
        let operator = database.server()?.operator();
        let mode = LockMode::AccessExclusive;
        let lock = operator.lock_table(database, &table.schema, &table.name, mode);
        let Ok(lock) = lock.await else {
            return Ok(None);
        };
        let mut clients = Vec::new();
        for request in requests {
            clients.extend(raw::leave_unread(request).await);
        }
        let (mut most, mut still) = (0, 0);
        let patience = Patience::new(MEETING);
        while patience.lasts().await {
            let waiting = operator.waiting(database).await?;
            still = if waiting > most { 0 } else { still + 1 };
            most = most.max(waiting);
            if most > 0 && still >= STILL {
                break;
            }
        }
        drop(clients);
        // The service may learn of it before its statements end, and after.
        let patience = Patience::new(Duration::from_millis(300));
        while patience.lasts().await {}
        lock.release().await?;
        Ok(Some(most))
    }
}
