//! What is known of a service's processes: how they came up, whether they live.

use std::net::SocketAddr;
use std::time::SystemTime;

use super::Exited;

/// How to end a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// SIGTERM, the polite way of every platform; SIGKILL if it still runs after the grace.
    Term,
    /// SIGKILL: a crash.
    Kill,
}

/// What was seen while one replica came up.
#[derive(Debug, Clone, PartialEq)]
pub struct BootFacts {
    /// The port the service was told to listen on. Zero where we did not say (attach).
    pub port_asked: u16,
    /// The port it answers on. Another than asked: it ignores `PORT`.
    pub port_used: u16,
    /// Every address the replica's processes listen on; empty where that cannot be seen, or where it was reached
    /// from outside its container at the port asked, and nobody had to look.
    pub listens: Vec<SocketAddr>,
    /// Where it answers, for example `http://127.0.0.1:40123`, without a final slash.
    pub base_url: String,
    /// Seconds from the start command to the first 2xx of the ready operation.
    pub seconds: f64,
    /// Seconds of the release command; none where there is none or the database was not fresh.
    pub release_seconds: Option<f64>,
}

impl BootFacts {
    /// Whether it listens on loopback addresses alone, which no container or host can reach from outside.
    pub fn loopback_only(&self) -> bool {
        let mut ours = self
            .listens
            .iter()
            .filter(|a| a.port() == self.port_used)
            .peekable();
        ours.peek().is_some() && ours.all(|a| a.ip().is_loopback())
    }
}

/// Whether a replica's process is there. Two equal values: the same process, still alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liveness {
    /// Its process id; none where it cannot be seen (attach).
    pub pid: Option<u32>,
    /// When this process was started; with the pid it names one process for good.
    pub started: Option<SystemTime>,
    /// How it ended, if it did.
    pub exit: Option<Exited>,
}

impl Liveness {
    /// Whether it still runs, as far as can be seen.
    pub fn runs(&self) -> bool {
        self.exit.is_none()
    }
}
