//! Who asks: an account that may, chosen or made when it is first needed.

use serde_json::Value;

use super::stop::Stop;
use super::{NotPlanted, Planter, Planting, ask};
use crate::pack::{Auth, OpId, Operation, Place, Role, Verb, env_account};
use crate::probe::actor::Actor;

/// One of a planter's accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who(pub(super) usize);

/// What a request is about, for the choice of who asks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Near {
    /// Nothing that is anybody's, or something that this account would best be near to.
    Beside(Option<Who>),
    /// A thing that this account made; none where it was made without a login.
    Made(Option<Who>),
}

impl Planter {
    /// Whether anybody could ask this operation; the reason where nobody can.
    pub(super) fn may_ask(&self, operation: &Operation) -> Planting<()> {
        if operation.security.anyone {
            return Ok(());
        }
        let auth = self.pack.auth.as_ref();
        let no_way = |why: &str| {
            let why = format!("{} asks for a login, and {why}", operation.id);
            Err(NotPlanted::NoWay(why))
        };
        if auth.is_none_or(|a| !a.ops.contains_key(&Verb::Login)) {
            return no_way("the pack's [auth.op] does not say how to log in");
        }
        if operation.security.roles.is_empty() && !operation.security.anybody() {
            return no_way("for several roles at once: an account of this grader has one");
        }
        let made_at_boot = self.pack.roles.iter().any(|(name, role)| {
            matches!(role, Role::Env(_)) && operation.security.allows(Some(name))
        });
        if made_at_boot {
            return Ok(());
        }
        let ops = auth.map(|a| &a.ops);
        let op = |verb| ops.and_then(|o| o.get(&verb)).map(|o| &o.op);
        match op(Verb::Register).and_then(|op| self.pack.op(op)) {
            None => no_way("the pack's [auth.op] has no `register`, so there is no account"),
            Some(register) if !register.security.anyone => {
                no_way("the operation that makes accounts asks for one itself")
            }
            Some(_) if op(Verb::Activate).is_some() => no_way(
                "a new account is activated by a code, which this grader does not receive yet",
            ),
            Some(_) => Ok(()),
        }
    }

    /// Whoever asks this operation; none where anyone may. Who made a thing is asked about it before anybody else.
    pub(super) async fn caller(&mut self, op: &OpId, near: Near) -> Result<Option<Who>, Stop> {
        let pack = self.pack();
        let Some(operation) = pack.op(op).filter(|o| !o.security.anyone) else {
            return Ok(None);
        };
        let security = &operation.security;
        let allowed = |actor: &Actor| match &actor.role {
            None => security.anybody(),
            role => security.allows(role.as_deref()),
        };
        let (Near::Beside(who) | Near::Made(who)) = near;
        if let Some(who) = who.filter(|w| self.actors.get(w.0).is_some_and(allowed)) {
            return Ok(Some(who));
        }
        if matches!(near, Near::Made(None)) && security.anybody() {
            let why = format!(
                "{op} asks for a login, and whose the thing is nobody knows: it was made without one"
            );
            return Err(Stop::no_way(why));
        }
        // Accounts that are things of the pack's own keep to themselves: they may be removed at any time.
        let known = |a: &&usize| self.actors.get(**a).is_some_and(allowed);
        if let Some(known) = self.regulars.iter().find(known) {
            return Ok(Some(Who(*known)));
        }
        self.may_ask(operation)?;
        let who = self.newcomer(operation).await?;
        self.regulars.push(who.0);
        Ok(Some(who))
    }

    /// A new account that may ask this operation. One that registers is what a service expects: an account from the
    /// boot may not be there when the grader is attached.
    async fn newcomer(&mut self, operation: &Operation) -> Result<Who, Stop> {
        let pack = self.pack();
        let security = &operation.security;
        let mut roles = pack
            .roles
            .iter()
            .filter(|(name, _)| security.allows(Some(name)));
        let registering = roles.clone().find_map(|(name, role)| match role {
            Role::Register(asks) => Some((name, asks)),
            Role::Env(_) => None,
        });
        let auth = pack.auth.as_ref();
        let anybody_joins = auth.is_some_and(|a| a.ops.contains_key(&Verb::Register));
        if let Some((name, asks)) = registering {
            return self.register(Some(name), asks).await;
        }
        if security.anybody() && anybody_joins {
            return self.register(None, &[]).await;
        }
        match roles.next().and_then(|(name, _)| at_boot(auth, name)) {
            Some(actor) => Ok(self.add(actor)),
            None => {
                let roles = security.roles.join(" or ");
                let why = format!("the pack does not say how to become {roles}");
                Err(Stop::no_way(why))
            }
        }
    }
}

/// The account of a role that the service makes at boot, from the variables that the grader set.
pub(in crate::probe) fn at_boot(auth: Option<&Auth>, role: &str) -> Option<Actor> {
    let auth = auth?;
    let value = |place: &Place| Some(Value::from(env_account(role, ask::last_name(place)?)));
    Some(Actor {
        role: Some(role.to_owned()),
        login: value(&auth.login)?,
        secret: value(&auth.secret)?,
        credential: None,
    })
}
