//! Honest requests, prepared while all is well, to be asked again and again while something happens to what the
//! service stands on.

use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use super::Cx;
use crate::model::{Exchange, Fault};
use crate::pack::{Entity, OpId, Pack, Verb};
use crate::probe::auth::Accounts;
use crate::probe::plant::{NotPlanted, Planted, Ready, Wish, answer, said_yes};
use crate::probe::sql::Token;
use crate::probe::{Http, Patience, Request};

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It reads a thing that was made.
    Read,
    /// It asks who one is.
    Known,
    /// It logs in.
    Login,
    /// It makes a thing.
    Write,
}

/// A request that can be asked at any time.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) kind: Kind,
    /// `GET /venues/{venue_id}`.
    pub(crate) line: String,
    /// What a write carries that nothing else does.
    pub(crate) tokens: Vec<Token>,
    request: Request,
}

/// A request, and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) kind: Kind,
    pub(crate) line: String,
    pub(crate) tokens: Vec<Token>,
    pub(crate) exchange: Exchange,
}

/// Honest requests of several kinds. None of them changes what another one is answered.
pub(crate) struct Steady {
    /// The entity that is read and made.
    pub(crate) entity: String,
    /// What is read.
    pub(crate) thing: Planted,
    calls: Vec<Call>,
    /// Each is sent once: what it makes may exist only once.
    writes: Vec<Call>,
    /// The write that was accepted while all was well.
    pub(crate) accepted: Heard,
}

/// How often requests go out while the service is given time.
const PAUSE: Duration = Duration::from_millis(150);

impl Call {
    /// The request itself.
    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    /// Asks, for as long as this client is patient.
    pub(crate) async fn ask(self, http: Http) -> Result<Heard, Fault> {
        let exchange = self.request.at(&http).send().await?;
        Ok(Heard {
            kind: self.kind,
            line: self.line,
            tokens: self.tokens,
            exchange,
        })
    }
}

impl Steady {
    /// Makes a thing, an account and `writes` requests that make more such things, and sees each kind of request work
    /// (C+); what does not, in words.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn prepare(cx: &mut Cx, writes: usize) -> Result<Result<Self, String>, Fault> {
        let Some(entity) = subject(cx) else {
            let why = "nothing in this contract can be made and read by its key";
            return Ok(Err(why.to_owned()));
        };
        let thing = match cx.planter().plant(&entity).await? {
            Ok(thing) => thing,
            Err(why) => return Ok(Err(why.to_string())),
        };
        let mut accounts = cx.accounts(&[]).ok();
        let calls = match calls(cx, accounts.as_mut(), &thing).await? {
            Ok(calls) => calls,
            Err(why) => return Ok(Err(why.to_string())),
        };
        let mut all = Vec::new();
        for _ in 0..=writes {
            match cx.planter().prepare(&entity, Wish::default()).await? {
                Ok(ready) => all.push(write(cx, &ready)),
                Err(why) => return Ok(Err(why.to_string())),
            }
        }
        let first = all.remove(0).ask(cx.http().clone()).await?;
        let steady = Self {
            entity,
            thing,
            calls,
            writes: all,
            accepted: first,
        };
        let mut heard = steady.round(cx.http(), None).await?;
        heard.push(steady.accepted.clone());
        heard.retain(|h| !said_yes(&h.exchange));
        Ok(match heard.first() {
            Some(no) => Err(format!("{} answered {}", no.line, answer(&no.exchange))),
            None => Ok(steady),
        })
    }

    /// All that can be asked more than once.
    pub(crate) fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// A write that was not asked yet; none when all were.
    pub(crate) fn write(&mut self) -> Option<Call> {
        self.writes.pop()
    }

    /// Asks each of its requests at once, and this write beside them.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn round(
        &self,
        http: &Http,
        write: Option<Call>,
    ) -> Result<Vec<Heard>, Fault> {
        let all = self.calls.iter().cloned().chain(write);
        let heard = join_all(all.map(|call| call.ask(http.clone()))).await;
        heard.into_iter().collect()
    }

    /// So many reads at once.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn burst(&self, http: &Http, many: usize) -> Result<Vec<Heard>, Fault> {
        // A login is dear: nobody needs many of them at once.
        let cheap: Vec<&Call> = self
            .calls
            .iter()
            .filter(|c| c.kind != Kind::Login)
            .collect();
        let all = cheap.into_iter().cycle().take(many).cloned();
        let heard = join_all(all.map(|call| call.ask(http.clone()))).await;
        heard.into_iter().collect()
    }

    /// Asks bursts of reads until two in a row are all answered with a yes; what was not, if that takes longer than
    /// this, or `alive` says that it is no use.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn settles(
        &self,
        http: &Http,
        many: usize,
        within: Duration,
        alive: impl Fn() -> bool,
    ) -> Result<Settled, Fault> {
        let (patience, mut good) = (Patience::new(within), 0);
        let mut settled = Settled::default();
        loop {
            let mut heard = self.burst(http, many).await?;
            heard.retain(|h| !said_yes(&h.exchange));
            good = if heard.is_empty() { good + 1 } else { 0 };
            settled.failed.extend(heard);
            settled.well = good == 2;
            if settled.well || !alive() || !patience.lasts().await {
                return Ok(settled);
            }
            if good == 0 {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// What came of waiting for the service to work again.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Whether it does.
    pub(crate) well: bool,
    /// What it did not answer with a yes on the way.
    pub(crate) failed: Vec<Heard>,
}

/// What can be made and read by its key: best what anybody may read. An account is none: making one is dear.
fn subject(cx: &mut Cx) -> Option<String> {
    let (pack, names) = (cx.pack(), cx.planter().plantable());
    let register = pack.auth_op(Verb::Register).map(|r| r.op.clone());
    let able = |e: &&Entity| {
        let made = e.create.as_ref().map(|c| &c.op);
        made.is_some() && made != register.as_ref() && e.read.is_some()
    };
    let able: Vec<&Entity> = names
        .iter()
        .filter_map(|n| pack.entity(n))
        .filter(able)
        .collect();
    let open = able.iter().find(|e| is_open(&pack, e));
    open.or(able.first()).map(|e| e.name.clone())
}

fn is_open(pack: &Pack, entity: &Entity) -> bool {
    let read = entity.read.as_ref().and_then(|r| pack.op(&r.op));
    read.is_some_and(|op| op.security.anyone)
}

async fn calls(
    cx: &mut Cx,
    accounts: Option<&mut Accounts>,
    thing: &Planted,
) -> Result<Result<Vec<Call>, NotPlanted>, Fault> {
    let pack = cx.pack();
    let mut calls = Vec::new();
    let mut add = |cx: &Cx, kind, op: &OpId, request| {
        calls.push(Call {
            kind,
            line: cx.line(op),
            tokens: Vec::new(),
            request,
        });
    };
    let entity = pack.entity(&thing.entity);
    if let Some(read) = entity.and_then(|e| e.read.as_ref()) {
        let request = match cx.planter().errand_about(thing, &read.op, None) {
            Ok(request) => request,
            Err(why) => return Ok(Err(why)),
        };
        let open = entity.is_some_and(|e| is_open(&pack, e));
        let owner = thing.by.and_then(|who| cx.planter().actor(who).cloned());
        let bearer = owner.and_then(|o| accounts.as_ref()?.bearer_of(&o));
        let request = match (bearer, &accounts) {
            (Some(bearer), Some(accounts)) if !open => accounts.carry(request, &bearer),
            _ => request,
        };
        add(cx, Kind::Read, &read.op, request);
    }
    let Some(accounts) = accounts else {
        return Ok(Ok(calls));
    };
    let session = match accounts.join().await? {
        Ok(session) => session,
        Err(why) => return Ok(Err(why)),
    };
    let known = accounts.asking_who(&session.bearer());
    let login = accounts.asking_in(&session.account);
    for (kind, verb, request) in [
        (Kind::Known, Verb::Whoami, known),
        (Kind::Login, Verb::Login, login),
    ] {
        match (pack.auth_op(verb), request) {
            (Some(op), Ok(request)) => add(cx, kind, &op.op, request),
            (_, Err(why)) => return Ok(Err(why)),
            (None, _) => {}
        }
    }
    Ok(Ok(calls))
}

fn write(cx: &Cx, ready: &Ready) -> Call {
    let text = |v: &Value| Token::of(v).filter(|t| matches!(t, Token::Text(_)));
    Call {
        kind: Kind::Write,
        line: cx.line(&ready.op),
        tokens: ready.facts.values().filter_map(text).collect(),
        request: ready.request(),
    }
}
