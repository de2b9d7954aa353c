//! The kernel's answer to a question about its TCP sockets (sock_diag(7)). `/proc/net/tcp` tells the same, but also of
//! every connection that was closed in the last minute, in text: where many services were just graded, that is
//! thousands of lines a look.

use std::net::SocketAddr;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponseHeader, SocketId, StateFlags,
};
use netlink_sys::Socket as Line;
use netlink_sys::protocols::NETLINK_SOCK_DIAG;

use super::linux::Entry;

/// Bytes of one answer: what the kernel packs into a datagram at most.
const ANSWER: usize = 32 * 1024;

/// The sockets that listen or are connected; none where the kernel does not answer such questions.
pub(super) fn table() -> Option<Vec<Entry>> {
    let mut entries = family(AF_INET, SocketId::new_v4())?;
    // A machine may have no IPv6.
    entries.extend(family(AF_INET6, SocketId::new_v6()).unwrap_or_default());
    Some(entries)
}

fn family(family: u8, any: SocketId) -> Option<Vec<Entry>> {
    let mut line = Line::new(NETLINK_SOCK_DIAG).ok()?;
    line.bind_auto().ok()?;
    line.send(&question(family, any), 0).ok()?;
    let mut entries = Vec::new();
    loop {
        let mut answer = Vec::with_capacity(ANSWER);
        line.recv(&mut answer, 0).ok()?;
        let mut rest = answer.as_slice();
        while !rest.is_empty() {
            let message = NetlinkMessage::<SockDiagMessage>::deserialize(rest).ok()?;
            match message.payload {
                NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(response)) => {
                    entries.push(entry(&response.header));
                }
                NetlinkPayload::Done(_) => return Some(entries),
                _ => return None,
            }
            // Messages begin at multiples of four.
            let length = (message.header.length as usize).next_multiple_of(4);
            rest = rest.get(length..).unwrap_or_default();
        }
    }
}

fn question(family: u8, any: SocketId) -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let request = InetRequest {
        family,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::empty(),
        states: StateFlags::LISTEN
            | StateFlags::ESTABLISHED
            | StateFlags::SYN_SENT
            | StateFlags::CLOSE_WAIT,
        socket_id: any,
    };
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

fn entry(header: &InetResponseHeader) -> Entry {
    let id = &header.socket_id;
    let listens = StateFlags::from_bits(1 << header.state) == Some(StateFlags::LISTEN);
    Entry {
        inode: header.inode.into(),
        local: SocketAddr::new(id.source_address, id.source_port),
        remote: (!listens).then(|| SocketAddr::new(id.destination_address, id.destination_port)),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::runtime::machine::sockets::linux;

    #[test]
    fn the_kernel_answers_what_its_text_says() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(host) else {
                continue;
            };
            let at = listener.local_addr().unwrap();
            let client = TcpStream::connect(at).unwrap();
            let (_served, from) = listener.accept().unwrap();
            assert_eq!(client.local_addr().unwrap(), from);
            // What other tests open and close meanwhile is none of ours.
            let ours = |table: Vec<Entry>| {
                let ours = |address: SocketAddr| address == at || address == from;
                let mut found: Vec<Entry> = table
                    .into_iter()
                    .filter(|entry| ours(entry.local))
                    .collect();
                found.sort();
                found
            };
            let told = ours(table().unwrap());
            assert_eq!(told.len(), 3, "{told:?}");
            assert_eq!(told, ours(linux::text().unwrap()));
        }
    }
}
