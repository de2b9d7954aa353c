//! Where the service listens, and whom it talks to: the kernel's table of its own network, read by a tool of ours
//! beside it, whatever is in the service's image.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bollard::models::ContainerCreateBody;

use super::engine::Engine;
use super::{cage, labels};
use crate::model::Fault;

/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where an engine's own name server listens, inside every container.
pub(super) const RESOLVER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

/// What a look at a container's sockets showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sockets {
    /// Where it listens, sorted, each once.
    pub(super) listens: Vec<SocketAddr>,
    /// Both ends of its connections: its own first.
    pub(super) connected: Vec<(SocketAddr, SocketAddr)>,
    /// Its address on the sealed network.
    pub(super) own: Option<Ipv4Addr>,
}

impl Sockets {
    /// Whether somebody outside the container reaches this port.
    pub(super) fn open(&self, port: u16) -> bool {
        self.listens
            .iter()
            .any(|at| at.port() == port && !at.ip().is_loopback())
    }
}

/// Looks at a running container; nothing where it has ended meanwhile.
pub(super) async fn look(
    engine: &Engine,
    (tools, run): (&str, &str),
    container: &str,
) -> Result<Option<Sockets>, Fault> {
    let body = ContainerCreateBody {
        image: Some(tools.to_owned()),
        user: Some("65534:65534".into()),
        entrypoint: Some(vec!["sh".into(), "-c".into()]),
        cmd: Some(vec![
            "cat /proc/net/tcp /proc/net/tcp6 /proc/net/fib_trie 2>/dev/null; true".into(),
        ]),
        labels: Some(labels::of(run, "look")),
        host_config: Some(cage::inside(container, false)),
        ..ContainerCreateBody::default()
    };
    let name = format!("{run}-look-{}", uuid::Uuid::new_v4().simple());
    match engine.run(&name, body, PATIENCE).await {
        Ok(said) => Ok(Some(parse(&said))),
        Err(fault) => match engine.standing(container).await? {
            Some(standing) if standing.running => Err(fault),
            _ => Ok(None),
        },
    }
}

/// Reads the tables as proc(5) describes them: addresses in hexadecimal, in the byte order of the machine.
pub(super) fn parse(text: &str) -> Sockets {
    let mut sockets = Sockets::default();
    let mut last = None;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [_, local, remote, state, ..] = words.as_slice()
            && let (Some(local), Some(remote)) = (address(local), address(remote))
        {
            match *state {
                "0A" if local.ip() != RESOLVER => sockets.listens.push(local),
                "01" | "02" | "08" => sockets.connected.push((local, remote)),
                _ => {}
            }
        }
        // `|-- 172.18.0.3` and on the next line `/32 host LOCAL`
        if let ["|--", ip] = words.as_slice() {
            last = ip.parse::<Ipv4Addr>().ok();
        } else if line.contains("host LOCAL") {
            let outer = last.filter(|ip| !ip.is_loopback());
            sockets.own = sockets.own.or(outer);
        }
    }
    sockets.listens.sort_unstable();
    sockets.listens.dedup();
    sockets.connected.sort_unstable();
    sockets
}

fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(ip.get(at..at + 8)?, 16).ok();
    let ip: IpAddr = match ip.len() {
        8 => Ipv4Addr::from(word(0)?.to_ne_bytes()).into(),
        32 => {
            let mut bytes = [0; 16];
            for (group, place) in bytes.chunks_mut(4).zip([0, 8, 16, 24]) {
                group.copy_from_slice(&word(place)?.to_ne_bytes());
            }
            Ipv6Addr::from(bytes).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn the_kernels_tables_are_read() {
        let text = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0B00007F:98E9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
   1: 00000000:1B58 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2
   2: 030012AC:1B58 020012AC:C350 01 00000000:00000000 00:00000000 00000000     0        0 3
   0: 00000000000000000000000001000000:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 172.18.0.3
        /32 host LOCAL
";
        let sockets = parse(text);
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert_eq!(sockets.listens, [at("0.0.0.0:7000"), at("[::1]:3000")]);
        assert_eq!(
            sockets.connected,
            [(at("172.18.0.3:7000"), at("172.18.0.2:50000"))]
        );
        assert_eq!(sockets.own, Some(Ipv4Addr::new(172, 18, 0, 3)));
        assert!(sockets.open(7000) && !sockets.open(3000));
    }
}
