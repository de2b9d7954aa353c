//! From `lsof`, which macOS ships: one field a line, `p` process, `n` name, `T` state.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Socket;

#[cfg(not(target_os = "linux"))]
pub(super) fn of(pids: &[u32]) -> Option<Vec<Socket>> {
    if pids.is_empty() {
        return Some(Vec::new());
    }
    let list = pids
        .iter()
        .map(u32::to_string)
        .collect::<Vec<_>>()
        .join(",");
    let mut lsof = std::process::Command::new("lsof");
    let output = lsof
        .args(["-nP", "-a", "-iTCP", "-FpntT", "-p", &list])
        .output()
        .ok()?;
    Some(parse(&String::from_utf8_lossy(&output.stdout)))
}

fn parse(text: &str) -> Vec<Socket> {
    let (mut pid, mut v6, mut name) = (0, false, None);
    let mut sockets = Vec::new();
    for line in text.lines() {
        let Some((field, value)) = line.split_at_checked(1) else {
            continue;
        };
        match field {
            "p" => pid = value.parse().unwrap_or(0),
            "t" => v6 = value == "IPv6",
            "n" => name = Some(value),
            "T" => match (value.strip_prefix("ST="), name) {
                (Some("LISTEN"), Some(local)) => {
                    let local = address(local, v6);
                    sockets.extend(local.map(|local| Socket {
                        pid,
                        local,
                        remote: None,
                    }));
                }
                (Some("ESTABLISHED" | "SYN_SENT" | "CLOSE_WAIT"), Some(both)) => {
                    let ends = both
                        .split_once("->")
                        .and_then(|(a, b)| Some((address(a, v6)?, address(b, v6)?)));
                    sockets.extend(ends.map(|(local, b)| Socket {
                        pid,
                        local,
                        remote: Some(b),
                    }));
                }
                _ => {}
            },
            _ => {}
        }
    }
    sockets.sort_unstable();
    sockets
}

fn address(text: &str, v6: bool) -> Option<SocketAddr> {
    let (host, port) = text.rsplit_once(':')?;
    let ip = match (host, v6) {
        ("*", false) => Ipv4Addr::UNSPECIFIED.into(),
        ("*", true) => Ipv6Addr::UNSPECIFIED.into(),
        (host, _) => host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .ok()?
            .to_canonical(),
    };
    Some(SocketAddr::new(ip, port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_and_connections_are_told_apart() {
        let text = "p4242\nf5\ntIPv4\nn*:8080\nTST=LISTEN\nTQR=0\nf6\ntIPv6\nn[::1]:9000\nTST=LISTEN\n\
                    f7\ntIPv4\nn127.0.0.1:50000->127.0.0.1:5432\nTST=ESTABLISHED\nf8\ntIPv6\nn*:7000\nTST=CLOSED\n";
        let socket = |local: &str, remote: Option<&str>| Socket {
            pid: 4242,
            local: local.parse().unwrap(),
            remote: remote.map(|r| r.parse().unwrap()),
        };
        let mut expected = vec![
            socket("0.0.0.0:8080", None),
            socket("[::1]:9000", None),
            socket("127.0.0.1:50000", Some("127.0.0.1:5432")),
        ];
        expected.sort_unstable();
        assert_eq!(parse(text), expected);
    }
}
