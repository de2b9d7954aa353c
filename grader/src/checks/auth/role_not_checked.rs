use serde_json::Value;

use super::login_broken;
use crate::check::about::{in_this_state, path, values};
use crate::check::guard::Guard;
use crate::check::kept::{Kept, row};
use crate::check::strangers::{Met, both, refusals};
use crate::check::{Cx, a};
use crate::model::{Draft, Evidence, Exchange, Fault, Manner, Verdict};
use crate::pack::{Call, Entity, Method, OpId, Role, Verb};
use crate::probe::Request;
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{Linked, Planted, Wish, answer, said_yes};
use crate::probe::sql::Token;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// At each operation the contract says which roles may call it. An account of each role that anybody can have
    /// calls those that are not for it, with requests that are right in all else: the same request goes through right
    /// after, for a role that may. The account must be turned away, and nothing may have been made, changed or removed.
    ///
    /// ## Why it matters
    /// Operations of an admin are found by reading the contract or by guessing. What keeps others from calling them
    /// cannot be that no page shows them a button.
    ///
    /// ## Passes
    /// ```text
    /// GET /accounts   as a customer    403
    /// GET /accounts   as an admin      200
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /accounts   as a customer    200  {"items": [{"email": "ada@…"}, …], …}
    /// ```
    ///
    /// ## How to mend it
    /// Name the roles that may where the operation is declared, and look at the account's role of now before anything
    /// else. Name those that may, not those that may not: a new role is then outside until somebody lets it in.
    pub static CHECK = {
        id: "auth.role-not-checked",
        summary: "an operation lets in a role that it is not for",
        concept: "roles",
        severity: Critical,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["OWASP API5:2023", "ASVS v5.0.0-8.2.1", "WSTG-ATHZ-03"],
        hints: [
            "The contract names roles at an operation. Which line of your code would you have to remove to let everybody in?",
            "Each operation says for itself who may call it, and the role that counts is the account's own, of now.",
            "Go through the contract's `security` from top to bottom and put the named roles on each handler.",
        ],
        run,
    }
}

const GAIN: &str = "Whoever registers can do what is kept for another role.";

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let named = pack
        .contract
        .operations
        .iter()
        .any(|o| !o.security.roles.is_empty());
    let open = pack
        .roles
        .iter()
        .filter(|(_, role)| matches!(role, Role::Register(_)));
    let open: Vec<&String> = open.map(|(name, _)| name).filter(|_| named).collect();
    let mut people = Vec::new();
    for role in open {
        let session = control!(accounts.join_as(Some(role)).await?);
        accounts.speak_as(&session);
        people.push(session);
    }
    let Some(first) = people.first().cloned() else {
        let why = "the contract keeps no operation for a role, or nobody can register with one";
        return Ok(Verdict::Skipped {
            why: why.to_owned(),
        });
    };
    let guard = match Guard::open(cx, &mut accounts, &first).await? {
        Ok(guard) => guard,
        Err(control) => return Ok(Verdict::Inconclusive { control }),
    };
    let mut round = Round {
        cx,
        accounts,
        guard,
        people,
    };
    for entity in pack.entities.values().filter(|e| e.create.is_some()) {
        round.entity(entity).await?;
    }
    for name in pack.links.keys() {
        round.link(name).await?;
    }
    let plain = pack.contract.operations.iter();
    for op in plain.filter(|o| o.method == Method::Get && o.params.iter().all(|p| !p.required)) {
        let owned = |e: &Entity| e.list.as_ref().is_some_and(|l| l.op == op.id);
        if !pack.entities.values().any(owned) {
            round.bare(&op.id).await?;
        }
    }
    let Round {
        mut accounts,
        guard,
        ..
    } = round;
    guard.close(cx, &mut accounts, Some(&first)).await
}

/// A walk through the operations that are kept for roles.
struct Round<'r> {
    cx: &'r Cx,
    accounts: Accounts,
    guard: Guard,
    people: Vec<Session>,
}

/// What somebody whose role may not was answered.
struct Tried {
    op: OpId,
    role: String,
    exchange: Exchange,
}

impl Round<'_> {
    async fn entity(&mut self, entity: &Entity) -> Result<(), Fault> {
        let calls = [&entity.create, &entity.read, &entity.list, &entity.delete];
        let update = entity.update.as_ref().map(|u| &u.call);
        let mut all = calls.into_iter().filter_map(Option::as_ref).chain(update);
        let kept_for_roles = all.any(|c| !self.outsiders(&c.op).is_empty());
        if !kept_for_roles && !entity.private {
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
            let changed = after.filter(|after| !planter.unchanged(thing, &before, after));
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
            let gone = after.filter(|after| said_yes(&before) && after.status() == Some(404));
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
        let kept = |call: &Call| {
            pack.op(&call.op)
                .is_some_and(|o| !o.security.roles.is_empty())
        };
        if !kept(set) && !unset.is_some_and(kept) {
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

    /// Those whose role may not call the operation, although some role may.
    fn outsiders(&self, op: &OpId) -> Vec<Session> {
        let pack = self.cx.pack();
        let Some(security) = pack.op(op).map(|o| &o.security) else {
            return Vec::new();
        };
        let kept = !security.anyone && !security.roles.is_empty();
        let outside = |s: &&Session| kept && !security.allows(s.account.role.as_deref());
        self.people.iter().filter(outside).cloned().collect()
    }

    async fn attempt(
        &mut self,
        op: &OpId,
        outsider: &Session,
        request: Request,
    ) -> Result<Tried, Fault> {
        let request = self.accounts.carry(request, &outsider.bearer());
        Ok(Tried {
            op: op.clone(),
            role: outsider.account.role.clone().unwrap_or_default(),
            exchange: request.send().await?,
        })
    }

    /// `honest` is the same request from somebody who may; `done` what the outsider's has done all the same.
    fn judge(&mut self, tried: &Tried, honest: &Exchange, done: Option<(&str, Evidence)>) {
        let (line, role) = (self.cx.line(&tried.op), a(&tried.role));
        let auth = self.accounts.auth().clone();
        let met = Met::by(self.cx, &auth, &tried.op, &role, &tried.exchange);
        let said = answer(&tried.exchange);
        let (saw, actual, manner) = match (met, &done) {
            (Met::Yes, _) => (format!("{role} is let in"), said, Manner::Wrong),
            (_, Some((word, _))) => (
                format!("what {role} was refused is {word} all the same"),
                format!("{said}, and it is {word}"),
                Manner::Wrong,
            ),
            (Met::Broke(manner), None) => {
                (format!("the service breaks when {role} asks"), said, manner)
            }
            // C+: without a yes to somebody who may, a refusal shows nothing.
            (Met::Away, None) if !said_yes(honest) => {
                let said = answer(honest);
                return self.guard.doubt(format!(
                    "{line} answered {said} to somebody whose role may call it"
                ));
            }
            (Met::Unclear(why), None) => return self.guard.doubt(why),
            (Met::Away, None) => return,
        };
        let mut evidence = both(
            self.cx,
            ("a role that may", honest),
            (&role, &tried.exchange),
        );
        evidence.extend(done.map(|(_, shown)| shown));
        self.guard.find(Draft {
            subject: line,
            saw,
            expected: format!("{} for {role}, and nothing done", refusals(&auth)),
            actual,
            note: Some(GAIN.to_owned()),
            manner,
            evidence,
            ..Draft::default()
        });
    }
}

fn text(value: &Value) -> Option<Token> {
    Token::of(value).filter(|t| matches!(t, Token::Text(_)))
}
