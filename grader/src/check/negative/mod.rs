//! Requests with one thing wrong, what came of each, and what it comes to.
//!
//! The honest request works before (C+) and after (C~), and the process is the same one. What breaks is told by its
//! cause: see [`fold`].

mod bodies;
mod effect;
mod fold;
mod judge;
mod told;
mod tried;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Cx;
use crate::model::{Exchange, Fault};
use crate::pack::{OpId, Pack, Verb};
use crate::probe::negative::{Case, wrong};
use crate::probe::plant::{Door, Planting, Way, answer, said_yes};
use crate::probe::{Request, until};
use crate::runtime::Liveness;

pub(crate) use bodies::{Bodies, Left};
pub(crate) use tried::{Came, Tried, broke, coerced, taken};

/// After so many requests without any answer nothing more is asked: each of them may have taken its whole time.
const SILENT: usize = 3;

/// How long the end of a process may take to be seen.
const MOMENT: Duration = Duration::from_secs(1);

/// What a check says of what it finds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    /// The cause, where it shows wherever it was looked for: `bodies that are no JSON`.
    pub(crate) everywhere: &'static str,
    /// What such a request does, after its name: `breaks the service`.
    pub(crate) does: &'static str,
    /// What should have been.
    pub(crate) expected: &'static str,
    /// A friendly second sentence.
    pub(crate) note: Option<&'static str>,
}

/// Every operation that takes a body, and what came of the cases that were asked so far.
pub(crate) struct Scene {
    pack: Arc<Pack>,
    /// The operations, each with an honest request that works.
    pub(crate) doors: Vec<Door>,
    /// What came of the cases.
    pub(crate) tried: Vec<Tried>,
    processes: Vec<Liveness>,
    silent: usize,
    shut: BTreeSet<OpId>,
    doubt: Option<String>,
}

impl Scene {
    /// Makes what the operations are about, and asks honestly (C+).
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn open(cx: &mut Cx) -> Result<Planting<Self>, Fault> {
        let processes = cx.processes();
        let doors = match cx.planter().doors().await? {
            Ok(doors) => doors,
            Err(why) => return Ok(Err(why)),
        };
        let mut scene = Self {
            pack: cx.pack(),
            doors: Vec::new(),
            tried: Vec::new(),
            processes,
            silent: 0,
            shut: BTreeSet::new(),
            doubt: None,
        };
        for door in doors {
            if matches!(door.way, Way::Change | Way::Join) {
                let honest = door.honest().send().await?;
                if !said_yes(&honest) {
                    let (line, said) = (cx.line(&door.op), answer(&honest));
                    scene.doubt(format!("{line} answered {said} to an honest request"));
                    continue;
                }
            }
            scene.doors.push(door);
        }
        Ok(Ok(scene))
    }

    /// The bodies with one thing wrong for a door. Secrets and the login have checks of their own.
    pub(crate) fn wrong(&self, cx: &mut Cx, door: &Door) -> Vec<Case> {
        let pack = Arc::clone(&self.pack);
        let login = pack.auth_op(Verb::Login).map(|login| &login.op);
        let Some(op) = pack.op(&door.op).filter(|op| Some(&op.id) != login) else {
            return Vec::new();
        };
        let spared = secrets(&pack);
        wrong(&pack.contract, op, &door.body, &spared, cx.planter().rng())
    }

    /// Asks one case at a door; none where it cannot be sent, or where enough was asked already.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn ask(&mut self, cx: &mut Cx, door: &Door, case: &Case) -> Result<(), Fault> {
        match self.try_once(cx, door, case).await? {
            Some(tried) => self.note(cx, tried).await,
            None => Ok(()),
        }
    }

    async fn try_once(
        &self,
        cx: &mut Cx,
        door: &Door,
        case: &Case,
    ) -> Result<Option<Tried>, Fault> {
        if self.is_over(&door.op) {
            return Ok(None);
        }
        // What a refused request said must not stand in the way of the next one.
        let Some(door) = cx.planter().anew(door).await? else {
            return Ok(None);
        };
        let Some(bytes) = case.edit.on(&door.body) else {
            return Ok(None);
        };
        let request = door.request();
        let Some(exchange) = request.send_body(bytes).await? else {
            return Ok(None);
        };
        Ok(Some(Tried {
            op: door.op.clone(),
            about: door.about.clone(),
            request: Some(door.request()),
            body: door.body,
            case: case.clone(),
            came: Came::of(&exchange),
            exchange,
        }))
    }

    /// Asks a case that stands in an address; none where enough was asked already. What an HTTP client would write in
    /// another way goes out as it is.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn ask_at(
        &mut self,
        cx: &Cx,
        (op, about): (&OpId, Option<&str>),
        request: Request,
        case: &Case,
    ) -> Result<(), Fault> {
        if self.is_over(op) {
            return Ok(());
        }
        let exchange = match request.sent().base.starts_with("https") {
            true => request.send().await?,
            false => request.send_as_written().await,
        };
        self.add(cx, (op, about), exchange, case).await
    }

    /// Whether this operation is asked no more: enough was not answered.
    pub(crate) fn is_over(&self, op: &OpId) -> bool {
        self.silent >= SILENT || self.shut.contains(op)
    }

    /// Keeps what came of a case that was asked elsewhere.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn add(
        &mut self,
        cx: &Cx,
        (op, about): (&OpId, Option<&str>),
        exchange: Exchange,
        case: &Case,
    ) -> Result<(), Fault> {
        let tried = Tried {
            op: op.clone(),
            about: about.map(str::to_owned),
            request: None,
            body: Value::Null,
            case: case.clone(),
            came: Came::of(&exchange),
            exchange,
        };
        self.note(cx, tried).await
    }

    async fn note(&mut self, cx: &Cx, tried: Tried) -> Result<(), Fault> {
        if tried.exchange.status().is_none() {
            // One is enough for this operation: the next may take all the time there is.
            self.silent += 1;
            self.shut.insert(tried.op.clone());
            if self.is_gone(cx).await? {
                self.silent = SILENT;
            }
        }
        self.tried.push(tried);
        Ok(())
    }

    /// Whether the service has ended: what is asked then is not answered, and no request is to blame for that. The kernel
    /// tells of an end a moment after the connection broke.
    async fn is_gone(&self, cx: &Cx) -> Result<bool, Fault> {
        let changed = async || Ok((cx.processes() != self.processes).then_some(()));
        if until(MOMENT, changed).await?.is_some() {
            return Ok(true);
        }
        let anything = cx.http().request("GET", "/").send().await?;
        Ok(anything.status().is_none())
    }

    /// A control that did not hold; the first one is what a reader needs to hear.
    pub(crate) fn doubt(&mut self, why: String) {
        self.doubt.get_or_insert(why);
    }
}

/// The names of fields that hold secrets: which of them are refused is a policy, and judged as one.
fn secrets(pack: &Pack) -> Vec<String> {
    let declared = pack.entities.values().flat_map(|e| e.secret.values());
    let own = pack.auth.iter().map(|a| &a.secret);
    let sent = pack.auth.iter().flat_map(|a| a.ops.values());
    let sent = sent.flat_map(|op| op.send.values());
    let all = declared.chain(own).chain(sent);
    all.filter_map(|place| Some(place.pointer()?.last()?.to_owned()))
        .collect()
}
