//! Accounts at the service: registered, logged in, asked about, ended, as the pack's `[auth.op]` says.

use serde_json::Value;

use super::{Bearer, Forge, Keys, Seen, Session};
use crate::model::{Exchange, Fault};
use crate::pack::{Auth, AuthOp, OpId, Place, Role, Spot, Verb};
use crate::probe::actor::{Actor, password};
use crate::probe::plant::{NotPlanted, Planter, Planting, at_boot, said_yes};
use crate::probe::{Http, Request};

mod link;
mod login;
mod refresh;
mod reset;

/// Makes accounts and speaks for them. What keeps somebody out is a [`NotPlanted`] that says so in one sentence; what
/// the service does is never an error.
pub struct Accounts {
    planter: Planter,
    auth: Auth,
    keys: Keys,
    /// Everybody who was registered or logged in here: whose identity an answer may show.
    known: Vec<Value>,
}

impl Accounts {
    /// Speaks through `planter`, whose chance names the accounts. None where the pack declares no login or no way to
    /// ask who one is.
    pub fn new(planter: Planter, keys: Keys) -> Option<Self> {
        let auth = planter.pack().auth.clone()?;
        let able = [Verb::Login, Verb::Whoami]
            .iter()
            .all(|v| auth.ops.contains_key(v));
        able.then_some(Self {
            planter,
            auth,
            keys,
            known: Vec::new(),
        })
    }

    /// What the pack declares.
    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    /// The planter it speaks through; see [`speak_as`](Self::speak_as).
    pub fn planter(&mut self) -> &mut Planter {
        &mut self.planter
    }

    /// The client it asks with.
    pub fn http(&self) -> &Http {
        self.planter.http()
    }

    /// Asks another address from now on: after a restart, or a second replica. Sessions are not bound to one.
    pub fn move_to(&mut self, base: &str) {
        self.planter.move_to(base);
    }

    /// What the planter makes from now on, it makes in the name of this session.
    pub fn speak_as(&mut self, session: &Session) -> &mut Planter {
        self.planter.speak_as(session.actor());
        &mut self.planter
    }

    /// Says that this account may show in an answer: a refusal that shows it is none.
    pub fn know(&mut self, account: &Actor) {
        self.known.push(account.login.clone());
    }

    /// Somebody who is not registered yet, with a login and a password of their own.
    ///
    /// `role` is one of the pack's; none takes the first that may ask `whoami`, or no role where roles do not matter.
    pub fn draw(&mut self, role: Option<&str>) -> Planting<Actor> {
        let pack = self.planter.pack();
        let register = self.op(Verb::Register)?.op.clone();
        let role = role.map(str::to_owned).or_else(|| self.usual_role());
        if let Some(role) = &role
            && matches!(pack.roles.get(role), Some(Role::Env(_)))
        {
            let made = at_boot(Some(&self.auth), role);
            return made.ok_or_else(|| NotPlanted::NoWay(format!("no {role} is made at boot")));
        }
        let request = self.planter.errand(&register, &[])?;
        let body = request.sent().body.as_ref();
        let body: Value = body
            .and_then(|b| serde_json::from_str(&b.text).ok())
            .unwrap_or_default();
        let login = self.auth.login.get(&body).first().copied().cloned();
        let Some(login) = login.filter(|l| !l.is_null()) else {
            let why = format!("{register} takes no login where the pack says it is");
            return Err(NotPlanted::NoWay(why));
        };
        Ok(Actor {
            role,
            login,
            secret: password(self.planter.rng()),
            credential: None,
        })
    }

    /// The first role that registers and may ask who it is.
    fn usual_role(&self) -> Option<String> {
        let pack = self.planter.pack();
        let whoami = pack.op(&self.auth.ops.get(&Verb::Whoami)?.op)?;
        let mut roles = pack.roles.iter();
        let fits = |(name, role): &(&String, &Role)| {
            matches!(role, Role::Register(_)) && whoami.security.allows(Some(name))
        };
        roles.find(fits).map(|(name, _)| name.clone())
    }

    /// Asks to register this account, whatever its login and password are. The answer is the service's.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn register(&mut self, account: &Actor) -> Result<Planting<Exchange>, Fault> {
        self.register_with(account, Vec::new()).await
    }

    /// The same with more in the request than registering takes.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn register_with(
        &mut self,
        account: &Actor,
        more: Vec<(Place, Value)>,
    ) -> Result<Planting<Exchange>, Fault> {
        let pack = self.planter.pack();
        let mut given = vec![
            (self.auth.login.clone(), account.login.clone()),
            (self.auth.secret.clone(), account.secret.clone()),
        ];
        let role = account.role.as_ref().and_then(|r| pack.roles.get(r));
        if let Some(Role::Register(asks)) = role {
            given.extend(asks.iter().cloned());
        }
        given.extend(more);
        self.known.push(account.login.clone());
        self.send(Verb::Register, given, &Bearer::nobody()).await
    }

    /// Registers a new account and logs it in: nobody else uses it, so it may be changed, locked out and deleted.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn join(&mut self) -> Result<Planting<Session>, Fault> {
        self.join_as(None).await
    }

    /// The same with a role of the pack's.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn join_as(&mut self, role: Option<&str>) -> Result<Planting<Session>, Fault> {
        let account = match self.draw(role) {
            Ok(account) => account,
            Err(why) => return Ok(Err(why)),
        };
        if let Some(why) = self.keeps_out() {
            return Ok(Err(NotPlanted::NoWay(why)));
        }
        let role = account.role.as_ref();
        let pack = self.planter.pack();
        let at_boot = role.is_some_and(|r| matches!(pack.roles.get(r), Some(Role::Env(_))));
        if !at_boot {
            match self.register(&account).await? {
                Ok(made) if !said_yes(&made) => {
                    let op = self.auth.ops.get(&Verb::Register).map(|r| r.op.clone());
                    let op = op.unwrap_or_else(|| OpId::from("register"));
                    return Ok(Err(NotPlanted::Refused(op, Box::new(made))));
                }
                Ok(_) => {}
                Err(why) => return Ok(Err(why)),
            }
        }
        self.enter(&account).await
    }

    /// Why an account that registers cannot log in yet.
    fn keeps_out(&self) -> Option<String> {
        let why = "a new account is activated by a code, which this grader does not receive yet";
        self.auth
            .ops
            .contains_key(&Verb::Activate)
            .then(|| why.to_owned())
    }

    /// Whom the service takes this bearer for.
    ///
    /// # Errors
    /// When the request cannot be formed.
    pub async fn whoami(&mut self, bearer: &Bearer) -> Result<Seen, Fault> {
        let sent = self.send(Verb::Whoami, Vec::new(), bearer).await?;
        let exchange = sent.map_err(|why| Fault::new("asking who somebody is", why))?;
        Ok(self.read_whoami(exchange))
    }

    /// What an answer to `whoami` shows that the caller asked for in a way of its own.
    pub fn read_whoami(&self, exchange: Exchange) -> Seen {
        match self.auth.ops.get(&Verb::Whoami) {
            Some(op) => Seen::read(&self.auth, op, &self.known, exchange),
            None => Seen::Odd(exchange),
        }
    }

    /// Asks one of the pack's operations of authentication, in the name of a session where one is given: with what it
    /// is said to `send`, from `given` by name, else from the session's own parts, password and login.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn ask(
        &mut self,
        verb: Verb,
        session: Option<&Session>,
        given: &[(&str, Value)],
    ) -> Result<Planting<Exchange>, Fault> {
        match self.asking(verb, session, given) {
            Ok(request) => Ok(Ok(request.send_anyway().await?)),
            Err(why) => Ok(Err(why)),
        }
    }

    /// The same, with nothing at all in the body's place of one of the things it is said to `send`. None where that
    /// travels elsewhere.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn ask_without(
        &mut self,
        verb: Verb,
        given: &[(&str, Value)],
        missing: &str,
    ) -> Result<Planting<Option<Exchange>>, Fault> {
        let place = self.auth.ops.get(&verb).and_then(|o| o.send.get(missing));
        let Some(pointer) = place.and_then(Place::pointer).cloned() else {
            return Ok(Ok(None));
        };
        let filler = (missing, Value::from("x"));
        let request = match self.asking(verb, None, &[given, &[filler]].concat()) {
            Ok(request) => request,
            Err(why) => return Ok(Err(why)),
        };
        let text = request.sent().body.as_ref().map(|b| b.text.as_str());
        let body = text.and_then(|t| serde_json::from_str::<Value>(t).ok());
        let Some(mut body) = body.filter(Value::is_object) else {
            return Ok(Ok(None));
        };
        if !pointer.remove(&mut body) {
            return Ok(Ok(None));
        }
        Ok(Ok(Some(
            request.text(body.to_string()).send_anyway().await?,
        )))
    }

    /// The request of [`ask`](Self::ask), not sent.
    fn asking(
        &mut self,
        verb: Verb,
        session: Option<&Session>,
        given: &[(&str, Value)],
    ) -> Planting<Request> {
        let op = self.op(verb)?.clone();
        let mut bearer = match (&op.with, session) {
            (Some(part), Some(session)) => match session.parts.get(part) {
                Some(text) => session.bearing(text),
                None => session.bearer(),
            },
            _ => Bearer::nobody(),
        };
        let mut values = Vec::new();
        for (name, place) in &op.send {
            let told = given
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v.clone());
            let Some(value) = told.or_else(|| own(session?, name)) else {
                let why = format!("there is nothing to send to {} as `{name}`", op.op);
                return Err(NotPlanted::NoWay(why));
            };
            match (&place.spot, value.as_str()) {
                // As it came: a cookie's value is not ours to encode.
                (Spot::Cookie(cookie), Some(text)) => {
                    bearer = bearer.with_cookie(cookie, text);
                }
                _ => values.push((place.clone(), value)),
            }
        }
        let login = given.iter().find(|(n, _)| *n == "login").map(|(_, v)| v);
        if let (Some(login), false) = (login, op.send.contains_key("login")) {
            values.push((self.auth.login.clone(), login.clone()));
        }
        self.form(verb, values, &bearer)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn logout(&mut self, session: &Session) -> Result<Planting<Exchange>, Fault> {
        self.ask(Verb::Logout, Some(session), &[]).await
    }

    /// Changes a password, in the name of a session. The account's further logins are the caller's to make with it.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn change_password(
        &mut self,
        session: &Session,
        new: &Value,
    ) -> Result<Planting<Exchange>, Fault> {
        let given = [("new", new.clone())];
        self.ask(Verb::ChangePassword, Some(session), &given).await
    }

    /// A password that usual rules accept, and nobody has.
    pub fn password(&mut self) -> Value {
        password(self.planter.rng())
    }

    /// Whoever holds what an account's last login gave; none before the first.
    pub fn bearer_of(&self, account: &Actor) -> Option<Bearer> {
        let held = account.credential.as_ref()?;
        Some(Bearer::of(&self.auth, held))
    }

    /// Puts a bearer on a request that was made for somebody else, or for nobody.
    pub fn carry(&self, request: Request, bearer: &Bearer) -> Request {
        bearer.carry(&self.auth, request)
    }

    /// The start of a token that the service would have signed itself, for a genuine one to be changed in one thing:
    /// sign it with [`Keys::signing`]. None unless the key that the service was given has signed the genuine one.
    pub fn mint(&self, session: &Session) -> Option<Forge> {
        let (alg, key) = self.keys.signing()?;
        let jwt = session.jwt()?;
        jwt.is_by(alg, key).then(|| jwt.forge())
    }

    fn op(&self, verb: Verb) -> Planting<&AuthOp> {
        let why = || NotPlanted::NoWay(format!("the pack declares no `{}`", verb.word()));
        self.auth.ops.get(&verb).ok_or_else(why)
    }

    async fn send(
        &mut self,
        verb: Verb,
        values: Vec<(Place, Value)>,
        bearer: &Bearer,
    ) -> Result<Planting<Exchange>, Fault> {
        match self.form(verb, values, bearer) {
            Ok(request) => Ok(Ok(request.send_anyway().await?)),
            Err(why) => Ok(Err(why)),
        }
    }

    fn form(
        &mut self,
        verb: Verb,
        mut values: Vec<(Place, Value)>,
        bearer: &Bearer,
    ) -> Planting<Request> {
        let op = self.op(verb)?.op.clone();
        let pack = self.planter.pack();
        let method = pack.op(&op).map(|o| o.method);
        if let Some((place, token)) = method.and_then(|m| bearer.csrf(&self.auth, m)) {
            values.push((place.clone(), token));
        }
        let request = self.planter.errand(&op, &values)?;
        Ok(bearer.carry(&self.auth, request))
    }
}

/// What a session has under a name of the pack's `send`.
fn own(session: &Session, name: &str) -> Option<Value> {
    match name {
        "old" | "secret" => Some(session.account.secret.clone()),
        "login" => Some(session.account.login.clone()),
        part => session.parts.get(part).map(|p| Value::from(p.as_str())),
    }
}
