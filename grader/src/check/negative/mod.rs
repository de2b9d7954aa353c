//! Requests with one thing wrong, what came of each, and what it comes to.
//!
//! The honest request works before (C+) and after (C~), and the process is the same one. What breaks is told by its
//! cause: see [`fold`].

pub(crate) mod effect;
mod fold;
mod told;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::honest::manner;
use super::{Cx, Findings};
use crate::model::{Exchange, Fault, Manner, Verdict};
use crate::pack::{OpId, Pack, Verb};
use crate::probe::negative::{Case, Edit, Must, wrong};
use crate::probe::plant::{Door, Planting, Way, answer, said_yes};
use crate::probe::{Request, until};
use crate::runtime::Liveness;

/// After so many requests without any answer nothing more is asked: each of them may have taken its whole time.
const SILENT: usize = 3;

/// How long the end of a process may take to be seen.
const MOMENT: Duration = Duration::from_secs(1);

/// What came of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// It was refused, in an orderly way.
    Refused,
    /// It was taken.
    Taken,
    /// A 5xx, half an answer, or none.
    Broke(Manner),
    /// Something that is neither.
    Unclear,
}

impl Came {
    fn of(exchange: &Exchange) -> Self {
        match exchange.status() {
            _ if manner(exchange) != Manner::Wrong => Self::Broke(manner(exchange)),
            Some(200..=299) => Self::Taken,
            Some(400..=499) => Self::Refused,
            _ => Self::Unclear,
        }
    }
}

/// A case that was asked.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    /// The operation.
    pub(crate) op: OpId,
    /// The entity or the link that it is about.
    about: Option<String>,
    /// The honest body that the case was done to; null where what is wrong stands elsewhere.
    pub(crate) body: Value,
    /// The request without a body of its own, where it has one.
    request: Option<Request>,
    /// The case.
    pub(crate) case: Case,
    /// What was sent, and what came back.
    pub(crate) exchange: Exchange,
    /// What that is.
    pub(crate) came: Came,
}

impl Tried {
    /// What it is about: the entity, the link, else the operation.
    pub(crate) fn about(&self) -> String {
        self.about.clone().unwrap_or_else(|| self.op.to_string())
    }

    /// How much was sent: the smallest request shows a cause best.
    fn size(&self) -> u64 {
        let sent = &self.exchange.sent;
        sent.body.as_ref().map_or(0, |b| b.bytes) + sent.path.len() as u64
    }
}

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

    /// Those that broke the service, as findings; and where there are none, whether the honest requests still work and
    /// the process is the same one (C~).
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn broken(&mut self, cx: &mut Cx, words: &Words) -> Result<Findings, Fault> {
        self.found(cx, words, broke).await
    }

    /// Those for which `wrong` holds, as findings.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn found(
        &mut self,
        cx: &mut Cx,
        words: &Words,
        wrong: impl Fn(&Tried) -> bool,
    ) -> Result<Findings, Fault> {
        let mut findings = cx.findings();
        for mut group in fold::fold(&self.tried, wrong) {
            self.shrink(&mut group).await?;
            findings.add(group.draft(cx, words));
        }
        Ok(findings)
    }

    /// The verdict on what was found, after C~.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn close(
        mut self,
        cx: &mut Cx,
        findings: Findings,
        advice: Findings,
    ) -> Result<Verdict, Fault> {
        if !findings.is_empty() {
            return Ok(findings.verdict());
        }
        for door in self.doors.clone() {
            if door.way == Way::Other {
                continue;
            }
            let Some(door) = cx.planter().anew(&door).await? else {
                continue;
            };
            let honest = door.honest().send().await?;
            if !said_yes(&honest) {
                let (line, said) = (cx.line(&door.op), answer(&honest));
                self.doubt(format!(
                    "afterwards {line} answered {said} to an honest request"
                ));
            }
        }
        if cx.processes() != self.processes {
            self.doubt("the service's process is not the one that was asked before".to_owned());
        }
        Ok(match self.doubt {
            Some(control) => Verdict::Inconclusive { control },
            None if self.tried.is_empty() => Verdict::Skipped {
                why: "no operation of this contract takes such a request".to_owned(),
            },
            None if advice.is_empty() => Verdict::Pass { advice: Vec::new() },
            None => advice.advice(),
        })
    }

    /// Makes the request that shows a group smaller: each other member that can go, goes.
    async fn shrink(&mut self, group: &mut fold::Group) -> Result<(), Fault> {
        let Came::Broke(_) = group.shown.came else {
            return Ok(());
        };
        if self.silent > 0 || matches!(group.shown.case.edit, Edit::Whole(_) | Edit::Take(_)) {
            return Ok(());
        }
        let (Value::Object(members), Some(request)) =
            (group.shown.body.clone(), group.shown.request.clone())
        else {
            return Ok(());
        };
        let own = group.shown.case.edit.member().map(str::to_owned);
        for name in members
            .keys()
            .filter(|n| Some(n.as_str()) != own.as_deref())
        {
            let mut smaller = group.shown.clone();
            if let Some(body) = smaller.body.as_object_mut() {
                body.shift_remove(name);
            }
            let Some(bytes) = smaller.case.edit.on(&smaller.body) else {
                continue;
            };
            let Some(seen) = request.clone().send_body(bytes).await? else {
                continue;
            };
            if seen.status().is_none() {
                self.silent += 1;
                break;
            }
            if Came::of(&seen) == smaller.came && seen.status() == smaller.exchange.status() {
                smaller.exchange = seen;
                group.shown = smaller;
            }
        }
        Ok(())
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

/// Whether a case broke the service.
pub(crate) fn broke(tried: &Tried) -> bool {
    matches!(tried.came, Came::Broke(_))
}

/// Whether a case that the contract forbids was taken, which no usual framework does.
pub(crate) fn taken(tried: &Tried) -> bool {
    tried.came == Came::Taken && tried.case.must == Must::Refuse
}

/// Whether a case was taken that usual frameworks take.
pub(crate) fn coerced(tried: &Tried) -> bool {
    tried.came == Came::Taken && tried.case.must == Must::Coerce
}
