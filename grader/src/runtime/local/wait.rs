//! Waiting for a replica: its end, its port, its answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::process::Process;
use crate::runtime::Exited;
use crate::runtime::machine::sockets::{self, Seen};
use crate::runtime::ready::{Answer, Asker};

/// Between two questions.
const INTERVAL: Duration = Duration::from_millis(25);
/// Between two looks at the socket table, which cost more.
const LOOK: Duration = Duration::from_millis(250);
/// How long a ready service on another port is given to open the port it was asked to open as well. Some open a
/// port for metrics first; saying that they ignore `PORT` would be false.
const SETTLE: Duration = Duration::from_secs(3);

/// What came of waiting.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Came {
    /// It answers 2xx here.
    Ready {
        at: SocketAddr,
        listens: Vec<SocketAddr>,
    },
    /// Somebody else answers on the port we asked for.
    PortTaken,
    /// The process ended.
    Exited(Exited),
    /// Time is up.
    Never {
        /// Where it listens; none where that cannot be seen.
        listens: Option<Vec<SocketAddr>>,
        last: Option<Answer>,
    },
}

/// Waits until the process answers `asker` on the port asked, or on another it opened, or until `within` is over.
pub(crate) async fn wait(process: &Process, asker: &Asker, asked: u16, within: Duration) -> Came {
    let begun = Instant::now();
    let mut watch = Watch {
        asker,
        asked,
        listens: Vec::new(),
        whole: false,
        last: None,
        elsewhere: None,
    };
    let mut looked = begun;
    loop {
        if looked.elapsed() > LOOK {
            watch.look(process).await;
            looked = Instant::now();
        }
        tokio::select! {
            biased;
            exit = process.wait() => return Came::Exited(exit),
            found = watch.ask() => if let Some(at) = found {
                return watch.confirm(process, at).await;
            },
        }
        let left = within.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return watch.give_up(process).await;
        }
        tokio::time::sleep(INTERVAL.min(left)).await;
    }
}

struct Watch<'a> {
    asker: &'a Asker,
    asked: u16,
    listens: Vec<SocketAddr>,
    /// Whether those are all.
    whole: bool,
    last: Option<Answer>,
    /// Where it was first ready on another port, and since when.
    elsewhere: Option<(SocketAddr, Instant)>,
}

impl Watch<'_> {
    /// Asks wherever it may answer; gives the address to grade on once that is settled.
    async fn ask(&mut self) -> Option<SocketAddr> {
        let candidates = candidates(self.asked, &self.listens);
        for at in candidates {
            let answer = self.asker.ask(&format!("http://{at}")).await;
            let ready = answer == Answer::Ready;
            // Refused says least: it never hides what another address answered.
            if answer != Answer::Refused {
                self.last = Some(answer);
            }
            if !ready {
                continue;
            }
            if at.port() == self.asked {
                return Some(at);
            }
            let since = self.elsewhere.get_or_insert((at, Instant::now())).1;
            let opened = self.listens.iter().any(|l| l.port() == self.asked);
            if since.elapsed() > SETTLE && !opened {
                return Some(at);
            }
        }
        None
    }

    async fn look(&mut self, process: &Process) {
        let seen = seen(process).await;
        self.listens = sockets::listening(&seen.sockets);
        self.whole = seen.whole;
    }

    /// Makes sure that it was our process that answered. Where its sockets cannot be seen, the answer stands: we
    /// chose the port because nobody else was there.
    async fn confirm(mut self, process: &Process, at: SocketAddr) -> Came {
        self.look(process).await;
        let ours = |listener: &SocketAddr| listener.port() == at.port();
        match (self.listens.iter().any(ours), self.whole) {
            (true, _) => Came::Ready {
                at,
                listens: self.listens,
            },
            (false, false) if process.exited().is_none() => Came::Ready {
                at,
                listens: Vec::new(),
            },
            // It may have ended just now, and the port be somebody else's since.
            _ => process.exited().map_or(Came::PortTaken, Came::Exited),
        }
    }

    async fn give_up(mut self, process: &Process) -> Came {
        self.look(process).await;
        match self.elsewhere {
            Some((at, _)) if !self.listens.iter().any(|l| l.port() == self.asked) => Came::Ready {
                at,
                listens: self.listens,
            },
            _ => Came::Never {
                listens: (self.whole || !self.listens.is_empty()).then_some(self.listens),
                last: self.last,
            },
        }
    }
}

/// The sockets of a process and all that came of it.
pub(crate) async fn seen(process: &Process) -> Seen {
    let kin = process.kin();
    let look = move || sockets::of(&crate::runtime::machine::strays::family(&kin));
    let looked = tokio::task::spawn_blocking(look).await;
    looked.unwrap_or_default()
}

/// Where it may answer: the port asked first, on every loopback address, then wherever it listens.
fn candidates(asked: u16, listens: &[SocketAddr]) -> Vec<SocketAddr> {
    let mut candidates: Vec<SocketAddr> = Vec::new();
    let asked_port = [
        SocketAddr::from(([127, 0, 0, 1], asked)),
        SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], asked)),
    ];
    let (same, others): (Vec<SocketAddr>, Vec<SocketAddr>) = listens
        .iter()
        .partition(|listener| listener.port() == asked);
    let opened = same.into_iter().chain(others).flat_map(sockets::reachable);
    for at in asked_port.into_iter().chain(opened) {
        if !candidates.contains(&at) {
            candidates.push(at);
        }
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_asked_comes_first_and_every_address_once() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let listens = [at("0.0.0.0:3000"), at("[::]:8080"), at("10.0.0.1:8080")];
        let expected = [
            "127.0.0.1:8080",
            "[::1]:8080",
            "10.0.0.1:8080",
            "127.0.0.1:3000",
        ]
        .map(at);
        assert_eq!(candidates(8080, &listens), expected);
    }
}
