//! A port for the service.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

use crate::model::{Doing, Fault};

/// Below the ports the kernel gives to outgoing connections on every platform: one of those could be taken between
/// our look and the service's `bind`.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
/// Looks before the kernel is asked for any port.
const LOOKS: usize = 200;

/// A port that is free on every address now. Somebody else may still be quicker: the caller tries again once.
pub(crate) fn free() -> Result<u16, Fault> {
    let drawn = (0..LOOKS).map(|_| rand::random_range(PORTS));
    match drawn.into_iter().find(|port| is_free(*port)) {
        Some(port) => Ok(port),
        None => TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))
            .and_then(|listener| listener.local_addr())
            .map(|address| address.port())
            .doing("looking for a free port"),
    }
}

fn is_free(port: u16) -> bool {
    let v4 = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port));
    let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, port));
    // A machine without IPv6 has no such address; that takes no port away.
    let v6_taken = v6.is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse);
    v4.is_ok() && !v6_taken
}
