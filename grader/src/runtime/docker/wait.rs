//! Waiting for a replica: its end, its answer through the relay, and where it listens if it does not answer there.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::bridge::Bridge;
use super::look::{Sockets, look};
use super::process::{End, Process};
use super::relay::Lane;
use super::site::Site;
use crate::model::Fault;
use crate::runtime::ready::Answer;

/// Between two questions.
const INTERVAL: Duration = Duration::from_millis(25);
/// Between two looks from inside, each of which is a container of its own.
const LOOK: Duration = Duration::from_secs(1);
/// How long a service that listens on another port is given to open the one it was asked to open as well. Some open
/// a port for metrics first; saying that they ignore `PORT` would be false.
const SETTLE: Duration = Duration::from_secs(3);

/// What came of waiting.
#[derive(Debug)]
pub(super) enum Came {
    /// It answers 2xx.
    Ready {
        /// On this port.
        used: u16,
        /// Where it listens; empty where it was reached from outside at once, and nobody had to look.
        listens: Vec<SocketAddr>,
        /// What makes it reachable, if something must.
        bridge: Option<Box<Bridge>>,
    },
    /// It ended.
    Ended(End),
    /// Time is up.
    Never {
        /// Where it listens; none where that cannot be seen.
        listens: Option<Vec<SocketAddr>>,
        last: Option<Answer>,
    },
}

/// What came, and what else was seen meanwhile.
#[derive(Debug)]
pub(super) struct Waited {
    pub(super) came: Came,
    /// Whether it was seen with as many processes and threads as it may have.
    pub(super) crowded: bool,
}

/// What makes a service reachable that was waited for before, and where that one listens.
pub(super) type Before = (Option<Box<Bridge>>, Option<Vec<SocketAddr>>);

/// Waits until the service answers on the lane, or `within` is over.
pub(super) async fn wait(
    site: &Site,
    process: &Process,
    lane: &Lane,
    (bridge, listens): Before,
    within: Duration,
) -> Result<Waited, Fault> {
    let mut watch = Watch {
        site,
        process,
        lane,
        within,
        last: None,
        listens,
        elsewhere: None,
        bridge,
        crowded: false,
    };
    let came = watch.watch().await;
    if let Some(bridge) = watch.bridge.take() {
        bridge.remove().await?;
    }
    Ok(Waited {
        came: came?,
        crowded: watch.crowded,
    })
}

struct Watch<'a> {
    site: &'a Site,
    process: &'a Process,
    lane: &'a Lane,
    within: Duration,
    last: Option<Answer>,
    listens: Option<Vec<SocketAddr>>,
    /// Since when it listens on other ports alone.
    elsewhere: Option<Instant>,
    bridge: Option<Box<Bridge>>,
    crowded: bool,
}

impl Watch<'_> {
    async fn watch(&mut self) -> Result<Came, Fault> {
        let begun = Instant::now();
        let base = format!("http://127.0.0.1:{}", self.lane.at);
        let mut looked = begun;
        loop {
            tokio::select! {
                biased;
                end = self.process.wait() => return Ok(Came::Ended(end)),
                answer = self.site.asker.ask(&base) => match answer {
                    Answer::Ready => return Ok(self.ready()),
                    Answer::Refused => {}
                    // The relay takes a connection before it knows whether the service will: that says least.
                    Answer::NotHttp if self.last.is_some() => {}
                    other => self.last = Some(other),
                },
            }
            let left = self.within.saturating_sub(begun.elapsed());
            if looked.elapsed() > LOOK || left.is_zero() {
                self.look(left.is_zero()).await?;
                looked = Instant::now();
            }
            if left.is_zero() {
                return Ok(self.never());
            }
            tokio::time::sleep(INTERVAL.min(left)).await;
        }
    }

    fn ready(&mut self) -> Came {
        let bridge = self.bridge.take();
        Came::Ready {
            used: bridge.as_ref().map_or(self.lane.port, |b| b.to.port()),
            listens: match bridge {
                Some(_) => self.listens.take().unwrap_or_default(),
                None => Vec::new(),
            },
            bridge,
        }
    }

    /// Looks from inside, and builds a bridge where the service listens out of reach.
    async fn look(&mut self, last: bool) -> Result<(), Fault> {
        let site = self.site;
        self.crowded |= site.engine.is_crowded(&self.process.id).await;
        let seen = look(&site.engine, (&site.tools, &site.run), &self.process.id).await?;
        let Some(mut seen) = seen else { return Ok(()) };
        if let Some(bridge) = &self.bridge {
            seen.listens.retain(|at| *at != bridge.at);
        }
        let reached = seen.open(self.lane.port);
        self.listens = Some(seen.listens.clone());
        if self.bridge.is_none()
            && !last
            && let Some(to) = self.out_of_reach(&seen, reached)
            && let Some(own) = seen.own
        {
            let tools = (site.tools.as_str(), site.run.as_str());
            let at = (own, self.lane.port);
            let built = Bridge::build(&site.engine, tools, &self.process.id, at, to).await;
            match built {
                Ok(bridge) => self.bridge = Some(Box::new(bridge)),
                // It ended meanwhile: the next turn says so.
                Err(_) if self.process.ended().is_some() => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Where it listens, if nobody outside reaches it there and it has had its time to do better.
    fn out_of_reach(&mut self, seen: &Sockets, reached: bool) -> Option<SocketAddr> {
        let port = self.lane.port;
        // IPv6 alone: the sealed network has none.
        let v4 = |at: &&SocketAddr| at.port() == port && at.is_ipv4() && !at.ip().is_loopback();
        if reached {
            let never_heard = matches!(self.last, None | Some(Answer::NotHttp));
            let only_v6 = !seen.listens.iter().any(|at| v4(&at));
            let v6 = seen.listens.iter().find(|at| at.port() == port);
            return v6.copied().filter(|_| never_heard && only_v6);
        }
        if let Some(loopback) = seen.listens.iter().find(|at| at.port() == port) {
            return Some(*loopback);
        }
        let other = seen.listens.first()?;
        let since = self.elsewhere.get_or_insert_with(Instant::now);
        (since.elapsed() > SETTLE).then_some(*other)
    }

    fn never(&mut self) -> Came {
        let port = self.lane.port;
        let heard = match &self.listens {
            // What the relay could not reach did not answer: the relay did.
            Some(listens) if self.bridge.is_none() => listens.iter().any(|at| at.port() == port),
            _ => true,
        };
        Came::Never {
            listens: self.listens.take(),
            last: self
                .last
                .take()
                .filter(|last| heard || *last != Answer::NotHttp),
        }
    }
}
