//! The way through the operations: each is called with a request that is right in all but for who calls.

use serde_json::Value;

use super::Walk;
use crate::check::about::{in_this_state, is_gone, is_other, path, values};
use crate::check::kept::{Kept, row};
use crate::model::Fault;
use crate::pack::{Call, Entity, Method, OpId};
use crate::probe::plant::{Linked, Planted, Wish, said_yes};
use crate::probe::sql::Token;

impl Walk<'_> {
    /// Goes through everything that the pack knows how to call.
    pub(super) async fn everywhere(&mut self) -> Result<(), Fault> {
        let pack = self.cx.pack();
        for entity in pack.entities.values().filter(|e| e.create.is_some()) {
            self.entity(entity).await?;
        }
        for name in pack.links.keys() {
            self.link(name).await?;
        }
        let plain = pack.contract.operations.iter();
        for op in plain.filter(|o| o.method == Method::Get && o.params.iter().all(|p| !p.required))
        {
            let owned = |e: &Entity| e.list.as_ref().is_some_and(|l| l.op == op.id);
            if !pack.entities.values().any(owned) {
                self.bare(&op.id).await?;
            }
        }
        Ok(())
    }

    async fn entity(&mut self, entity: &Entity) -> Result<(), Fault> {
        let calls = [&entity.create, &entity.read, &entity.list, &entity.delete];
        let update = entity.update.as_ref().map(|u| &u.call);
        let mut all = calls.into_iter().filter_map(Option::as_ref).chain(update);
        let closed = all.any(|c| !self.outsiders(&c.op).is_empty());
        if !closed && !entity.private {
            return Ok(());
        }
        let thing = match self.accounts.planter().plant(&entity.name).await? {
            Ok(thing) => thing,
            Err(why) => {
                self.guard.doubt(why.to_string());
                return Ok(());
            }
        };
        self.create(entity, &thing).await?;
        let mut reads: Vec<Call> = [&entity.read, &entity.list]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        reads.extend(self.accounts.planter().views(&thing));
        for call in reads {
            self.read(&thing, &call).await?;
        }
        self.update(entity, &thing).await?;
        self.delete(entity, &thing).await
    }

    /// The same request that makes a thing: from outsiders, then from somebody who may.
    async fn create(&mut self, entity: &Entity, like: &Planted) -> Result<(), Fault> {
        let Some(op) = entity.create.as_ref().map(|c| c.op.clone()) else {
            return Ok(());
        };
        for outsider in self.outsiders(&op) {
            let planter = self.accounts.planter();
            let Ok(ready) = planter.prepare(&entity.name, Wish::default()).await? else {
                continue;
            };
            let tried = self.attempt(&op, &outsider, ready.request()).await?;
            let texts: Vec<Token> = ready.facts.values().filter_map(text).collect();
            let known: Vec<Token> = like.facts.values().filter_map(text).collect();
            let kept = Kept::learn(self.cx, &known).await?;
            let hit = match kept {
                Some(kept) if tried.exchange.status().is_some() && !texts.is_empty() => {
                    kept.stays(&texts).await?
                }
                _ => None,
            };
            let shown = hit.map(|hit| row("what was refused is kept", hit));
            let honest = ready.request().send().await?;
            self.judge(&tried, &honest, shown.map(|s| ("made", s)));
        }
        Ok(())
    }

    async fn read(&mut self, thing: &Planted, call: &Call) -> Result<(), Fault> {
        for outsider in self.outsiders(&call.op) {
            let values = values(call, thing.key.as_ref(), thing);
            let Ok(request) = self.accounts.planter().errand(&call.op, &values) else {
                continue;
            };
            let tried = self.attempt(&call.op, &outsider, request).await?;
            let key = thing.key.as_ref();
            if let Some(honest) = self.accounts.planter().ask(thing, call, key, None).await? {
                self.judge(&tried, &honest, None);
            }
        }
        Ok(())
    }

    async fn update(&mut self, entity: &Entity, thing: &Planted) -> Result<(), Fault> {
        let Some(call) = entity.update.as_ref().map(|u| u.call.clone()) else {
            return Ok(());
        };
        for outsider in self.outsiders(&call.op) {
            let planter = self.accounts.planter();
            let (Some(before), Some(body)) = (planter.read(thing).await?, planter.change_of(thing))
            else {
                continue;
            };
            let Ok(request) = planter.errand_about(thing, &call.op, Some(body.clone())) else {
                continue;
            };
            let request = in_this_state(request, &before);
            let tried = self.attempt(&call.op, &outsider, request).await?;
            let planter = self.accounts.planter();
            let after = planter.read(thing).await?;
            let changed = after.filter(|after| is_other(planter, thing, &before, after));
            let shown = changed.map(|after| ("changed", self.cx.seen("it is read after", &after)));
            let (planter, key) = (self.accounts.planter(), thing.key.as_ref());
            if let Some(honest) = planter.ask(thing, &call, key, Some(body)).await? {
                self.judge(&tried, &honest, shown);
            }
        }
        Ok(())
    }

    async fn delete(&mut self, entity: &Entity, thing: &Planted) -> Result<(), Fault> {
        let Some(call) = entity.delete.clone() else {
            return Ok(());
        };
        let mut all = Vec::new();
        for outsider in self.outsiders(&call.op) {
            let planter = self.accounts.planter();
            let Some(before) = planter.read(thing).await? else {
                continue;
            };
            let Ok(request) = planter.errand_about(thing, &call.op, None) else {
                continue;
            };
            let request = in_this_state(request, &before);
            let tried = self.attempt(&call.op, &outsider, request).await?;
            let after = self.accounts.planter().read(thing).await?;
            let gone = after.filter(|after| said_yes(&before) && is_gone(after));
            let shown = gone.map(|after| ("removed", self.cx.seen("it is read after", &after)));
            all.push((tried, shown));
        }
        if all.is_empty() {
            return Ok(());
        }
        if let Some(honest) = self.accounts.planter().delete(thing).await? {
            for (tried, shown) in all {
                self.judge(&tried, &honest, shown);
            }
        }
        Ok(())
    }

    /// Joins two things and parts them: outsiders repeat the one after it was done, and try the other before it is.
    async fn link(&mut self, name: &str) -> Result<(), Fault> {
        let pack = self.cx.pack();
        let link = pack.links.get(name);
        let Some((set, unset)) = link.and_then(|l| Some((l.set.as_ref()?, l.unset.as_ref())))
        else {
            return Ok(());
        };
        let mut calls = [Some(set), unset].into_iter().flatten();
        if calls.all(|call| self.outsiders(&call.op).is_empty()) {
            return Ok(());
        }
        let linked: Linked = match self.accounts.planter().link(name).await? {
            Ok(linked) => linked,
            Err(why) => {
                self.guard.doubt(why.to_string());
                return Ok(());
            }
        };
        for outsider in self.outsiders(&set.op) {
            let sent = &linked.created.sent;
            let mut request = self.cx.http().request(&sent.method, &sent.path);
            for (name, value) in &sent.headers {
                request = request.header(name, value);
            }
            if let Some(body) = &sent.body {
                request = request.text(body.text.clone());
            }
            let tried = self.attempt(&set.op, &outsider, request).await?;
            self.judge(&tried, &linked.created, None);
        }
        self.unlink(unset, &linked).await
    }

    async fn unlink(&mut self, unset: Option<&Call>, linked: &Linked) -> Result<(), Fault> {
        let Some(unset) = unset else {
            return Ok(());
        };
        let mut all = Vec::new();
        for outsider in self.outsiders(&unset.op) {
            let values = path(unset, |way| {
                let end = linked.ends.get(way.first()?)?;
                end.key.clone().filter(|_| way.len() == 1)
            });
            if let Ok(request) = self.accounts.planter().errand(&unset.op, &values) {
                all.push(self.attempt(&unset.op, &outsider, request).await?);
            }
        }
        if all.is_empty() {
            return Ok(());
        }
        if let Some(honest) = self.accounts.planter().unlink(linked).await? {
            for tried in all {
                self.judge(&tried, &honest, None);
            }
        }
        Ok(())
    }

    /// A read that needs nothing.
    async fn bare(&mut self, op: &OpId) -> Result<(), Fault> {
        for outsider in self.outsiders(op) {
            let Ok(request) = self.accounts.planter().errand(op, &[]) else {
                continue;
            };
            let tried = self.attempt(op, &outsider, request).await?;
            if let Some(honest) = self.accounts.planter().bare(op).await? {
                self.judge(&tried, &honest, None);
            }
        }
        Ok(())
    }
}

fn text(value: &Value) -> Option<Token> {
    Token::of(value).filter(|t| matches!(t, Token::Text(_)))
}
