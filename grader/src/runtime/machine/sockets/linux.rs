//! From `/proc/net/tcp`, `/proc/net/tcp6` and the processes' open files.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use procfs::ProcError;
use procfs::net::{TcpState, tcp, tcp6};
use procfs::process::{FDTarget, Process};

use super::{Seen, Socket};

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
    let table = tcp().ok()?.into_iter().chain(tcp6().unwrap_or_default());
    let mut sockets: Vec<Socket> = table
        .filter_map(|entry| {
            let pid = *owners.get(&entry.inode)?;
            let remote = match entry.state {
                TcpState::Listen => None,
                TcpState::Established | TcpState::SynSent | TcpState::CloseWait => {
                    Some(plain(entry.remote_address))
                }
                _ => return None,
            };
            Some(Socket {
                pid,
                local: plain(entry.local_address),
                remote,
            })
        })
        .collect();
    sockets.sort_unstable();
    Some(Seen { sockets, whole })
}

/// An IPv4 address in IPv6's clothes is an IPv4 address.
fn plain(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V6(ip) => SocketAddr::new(ip.to_canonical(), address.port()),
        IpAddr::V4(_) => address,
    }
}
