//! Coming in: accounts registered and logged in as the pack's `[auth]` says, and requests in their name.

use serde_json::Value;

use super::stop::{Stop, inward};
use super::{Draft, Near, NotPlanted, Planted, Planter, Who, said_yes};
use crate::model::{Exchange, Fault};
use crate::pack::{Auth, OpId, Place, Role, Verb};
use crate::probe::actor::{Actor, Credential, password};
use crate::probe::sample::{self, Optional};

impl Planter {
    /// An account that may ask this operation, logged in; none where anyone may.
    pub(super) async fn one_who_is_in(&mut self, op: &OpId) -> Result<Option<Who>, Stop> {
        let who = self.caller(op, Near::Beside(None)).await?;
        let pack = self.pack();
        if let (Some(who), Some(auth)) = (who, &pack.auth) {
            self.log_in(auth, who).await?;
        }
        Ok(who)
    }

    /// Logs in whoever will ask this operation, about this thing where one is given: what asking does to the service is
    /// then the request's own doing. Who cannot log in asks nothing either.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn log_in_for(&mut self, op: &OpId, of: Option<&Planted>) -> Result<(), Fault> {
        let near = of.map_or(Near::Beside(None), |of| Near::Made(of.by));
        let who = match inward(self.caller(op, near).await)? {
            Some(who) => who,
            None => return Ok(()),
        };
        let pack = self.pack();
        let is_in = self.actor(who).is_some_and(|a| a.credential.is_some());
        if let (Some(auth), false) = (&pack.auth, is_in) {
            inward(self.log_in(auth, who).await.map(Some))?;
        }
        Ok(())
    }

    /// Asks, as this account where one is given. A credential that worked and has ended is renewed once: a session
    /// may end with a restart, or after its time.
    pub(super) async fn send(
        &mut self,
        draft: &Draft<'_>,
        who: Option<Who>,
        after: Option<&Exchange>,
    ) -> Result<Option<Exchange>, Stop> {
        let Some(who) = who else {
            return self.send_signed(draft, None, after).await;
        };
        let pack = self.pack();
        let Some(auth) = &pack.auth else {
            return Ok(None);
        };
        let mut credential = match self.actors.get(who.0).and_then(|a| a.credential.clone()) {
            Some(credential) => credential,
            None => self.log_in(auth, who).await?,
        };
        let answer = self
            .send_signed(draft, Some((auth, &credential)), after)
            .await?;
        let Some(first) = &answer else {
            return Ok(answer);
        };
        let ended = credential.judge(auth, first);
        self.keep(who, credential);
        if !ended {
            return Ok(answer);
        }
        match self.log_in(auth, who).await {
            Ok(renewed) => {
                self.send_signed(draft, Some((auth, &renewed)), answer.as_ref())
                    .await
            }
            // An account that can log in no more is gone, and the first answer was the right one.
            Err(Stop::Not(_)) => Ok(answer),
            Err(fault) => Err(fault),
        }
    }

    async fn send_signed(
        &self,
        draft: &Draft<'_>,
        credential: Option<(&Auth, &Credential)>,
        after: Option<&Exchange>,
    ) -> Result<Option<Exchange>, Stop> {
        let signed = credential.map(|(auth, credential)| draft.signed(auth, credential));
        let Some(mut request) = signed.as_ref().unwrap_or(draft).request(&self.http) else {
            return Ok(None);
        };
        if let Some(after) = after {
            request = request.after(after);
        }
        Ok(Some(request.send().await?))
    }

    /// The account that a register operation has made with this body, whatever else it made.
    pub(super) fn registered(&mut self, op: &OpId, body: &Value) -> Option<Who> {
        let pack = self.pack();
        let auth = pack.auth.as_ref()?;
        if auth.ops.get(&Verb::Register)?.op != *op {
            return None;
        }
        let at = |place: &Place| place.get(body).first().copied().cloned();
        let has = |asks: &Vec<(Place, Value)>| asks.iter().all(|(p, v)| at(p).as_ref() == Some(v));
        let role = pack.roles.iter().find_map(|(name, role)| match role {
            Role::Register(asks) if has(asks) => Some(name.clone()),
            _ => None,
        });
        let actor = Actor {
            role,
            login: at(&auth.login)?,
            secret: at(&auth.secret)?,
            credential: None,
        };
        Some(self.add(actor))
    }

    pub(super) async fn register(
        &mut self,
        role: Option<&str>,
        asks: &[(Place, Value)],
    ) -> Result<Who, Stop> {
        let pack = self.pack();
        let auth = pack.auth.as_ref();
        let Some((auth, register)) = auth.and_then(|a| Some((a, a.ops.get(&Verb::Register)?)))
        else {
            return Err(Stop::no_way("the pack's [auth.op] has no `register`"));
        };
        let mut draft = self.draft(&register.op, &pack)?;
        draft.body = sample::request(&pack.contract, draft.op, Optional::All, &mut self.rng);
        for (place, value) in asks {
            draft.put(place, value);
        }
        let mut strong = draft.clone();
        strong.put(&auth.secret, &password(&mut self.rng));
        if pack
            .contract
            .validate_body(strong.op, &strong.body)
            .is_empty()
        {
            draft = strong;
        }
        self.supply(&mut draft, None);
        let made = self.send_signed(&draft, None, None).await?;
        let made = self.enter(&register.op, made)?;
        let who = self.registered(&register.op, &draft.body);
        let Some(who) = who.filter(|_| said_yes(&made)) else {
            return Err(NotPlanted::Refused(register.op.clone(), Box::new(made)).into());
        };
        if let Some(actor) = self.actors.get_mut(who.0) {
            actor.role = role.map(str::to_owned);
        }
        Ok(who)
    }

    pub(super) async fn log_in(&mut self, auth: &Auth, who: Who) -> Result<Credential, Stop> {
        let pack = self.pack();
        let actor = self.actors.get(who.0).cloned();
        let Some((login, actor)) = auth.ops.get(&Verb::Login).zip(actor) else {
            return Err(Stop::no_way("the pack's [auth.op] has no `login`"));
        };
        let mut draft = self.draft(&login.op, &pack)?;
        draft.body = sample::request(&pack.contract, draft.op, Optional::Omitted, &mut self.rng);
        draft.put(&auth.login, &actor.login);
        draft.put(&auth.secret, &actor.secret);
        self.supply(&mut draft, None);
        let answer = self.send_signed(&draft, None, None).await?;
        let answer = self.enter(&login.op, answer)?;
        if !said_yes(&answer) {
            return Err(NotPlanted::Refused(login.op.clone(), Box::new(answer)).into());
        }
        let Some(mut credential) = Credential::of(auth, &answer) else {
            let why = format!("{} gave no credential where the pack says it is", login.op);
            return Err(Stop::no_way(why));
        };
        if credential.lacks_csrf(auth)
            && let Some(whoami) = auth.ops.get(&Verb::Whoami)
            && let Ok(draft) = self.draft(&whoami.op, &pack)
            && let Some(seen) = self
                .send_signed(&draft, Some((auth, &credential)), Some(&answer))
                .await?
        {
            credential.learn(auth, &seen);
        }
        self.keep(who, credential.clone());
        Ok(credential)
    }

    /// Remembers an exchange by which somebody came in, or was kept out.
    fn enter(&mut self, op: &OpId, exchange: Option<Exchange>) -> Result<Exchange, Stop> {
        let Some(exchange) = exchange else {
            return Err(Stop::no_way(format!("no request for {op} can be formed")));
        };
        self.entered.push((op.clone(), exchange.clone()));
        Ok(exchange)
    }

    fn keep(&mut self, who: Who, credential: Credential) {
        if let Some(actor) = self.actors.get_mut(who.0) {
            actor.credential = Some(credential);
        }
    }

    pub(super) fn add(&mut self, actor: Actor) -> Who {
        self.actors.push(actor);
        Who(self.actors.len() - 1)
    }
}
