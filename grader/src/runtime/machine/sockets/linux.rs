//! From the socket table and the processes' open files.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use procfs::ProcError;
use procfs::net::{TcpState, tcp, tcp6};
use procfs::process::{FDTarget, Process};

use super::{Seen, Socket, diag};

pub(super) fn of(pids: &[u32]) -> Option<Seen> {
    let (mut owners, mut whole) = (HashMap::new(), true);
    for &pid in pids {
        let files = match Process::new(pid as i32).and_then(|process| process.fd()) {
            Ok(files) => files,
            // A process that ended meanwhile has no sockets; one that hides them may.
            Err(error) => {
                whole &= !matches!(error, ProcError::PermissionDenied(_));
                continue;
            }
        };
        for file in files {
            match file {
                Ok(file) => {
                    if let FDTarget::Socket(inode) = file.target {
                        owners.entry(inode).or_insert(pid);
                    }
                }
                Err(error) => whole &= !matches!(error, ProcError::PermissionDenied(_)),
            }
        }
    }
    let table = diag::table().or_else(text)?.into_iter();
    let mut sockets: Vec<Socket> = table
        .filter_map(|entry| {
            Some(Socket {
                pid: *owners.get(&entry.inode)?,
                local: plain(entry.local),
                remote: entry.remote.map(plain),
            })
        })
        .collect();
    sockets.sort_unstable();
    Some(Seen { sockets, whole })
}

/// One socket that listens or is connected, whoever holds it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) inode: u64,
    pub(super) local: SocketAddr,
    /// The other end; none for a listening socket.
    pub(super) remote: Option<SocketAddr>,
}

/// The table as `/proc/net/tcp` and `/proc/net/tcp6` spell it: some sandboxes have nothing else.
pub(super) fn text() -> Option<Vec<Entry>> {
    let table = tcp().ok()?.into_iter().chain(tcp6().unwrap_or_default());
    let entries = table.filter_map(|entry| {
        let remote = match entry.state {
            TcpState::Listen => None,
            TcpState::Established | TcpState::SynSent | TcpState::CloseWait => {
                Some(entry.remote_address)
            }
            _ => return None,
        };
        Some(Entry {
            inode: entry.inode,
            local: entry.local_address,
            remote,
        })
    });
    Some(entries.collect())
}

/// An IPv4 address in IPv6's clothes is an IPv4 address.
fn plain(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V6(ip) => SocketAddr::new(ip.to_canonical(), address.port()),
        IpAddr::V4(_) => address,
    }
}
