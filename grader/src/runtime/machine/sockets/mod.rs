//! The kernel's socket table: where the service listens, and whom it talks to.

#[cfg(target_os = "linux")]
mod diag;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(test, not(target_os = "linux")))]
mod lsof;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// One TCP socket of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Socket {
    pub(crate) pid: u32,
    pub(crate) local: SocketAddr,
    /// The other end; none for a listening socket.
    pub(crate) remote: Option<SocketAddr>,
}

/// What a look at processes' sockets showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Sorted.
    pub(crate) sockets: Vec<Socket>,
    /// Whether that is all. A process may hide what it holds (one that may not be dumped), and a container may
    /// forbid to look at another user's: then a socket that is not seen may be there all the same.
    pub(crate) whole: bool,
}

/// The listening and connected TCP sockets of these processes, as far as the system tells.
pub(crate) fn of(pids: &[u32]) -> Seen {
    #[cfg(target_os = "linux")]
    let seen = linux::of(pids);
    #[cfg(not(target_os = "linux"))]
    let seen = lsof::of(pids).map(|sockets| Seen {
        sockets,
        whole: true,
    });
    seen.unwrap_or_default()
}

/// The addresses these sockets listen on, sorted, each once.
pub(crate) fn listening(sockets: &[Socket]) -> Vec<SocketAddr> {
    let mut listens: Vec<_> = sockets
        .iter()
        .filter(|s| s.remote.is_none())
        .map(|s| s.local)
        .collect();
    listens.sort_unstable();
    listens.dedup();
    listens
}

/// How to reach a listener from this machine: `0.0.0.0` through 127.0.0.1, `::` through that or [::1].
pub(crate) fn reachable(listener: SocketAddr) -> Vec<SocketAddr> {
    let at = |ip: IpAddr| SocketAddr::new(ip, listener.port());
    let (v4, v6) = (
        at(Ipv4Addr::LOCALHOST.into()),
        at(Ipv6Addr::LOCALHOST.into()),
    );
    match listener.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => vec![v4],
        IpAddr::V6(ip) if ip.is_unspecified() => vec![v4, v6],
        _ => vec![listener],
    }
}
