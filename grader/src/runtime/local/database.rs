//! What a database URL says, as far as the runtime needs to know.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// The TCP addresses a database URL names, if it names addresses; `localhost` stands for both loopbacks.
pub(crate) fn addresses(url: &str) -> Vec<SocketAddr> {
    let Ok(config) = url.parse::<Config>() else {
        return Vec::new();
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let hosts = config.get_hosts().iter().flat_map(|host| match host {
        Host::Tcp(name) if name == "localhost" => {
            vec![
                IpAddr::from(Ipv4Addr::LOCALHOST),
                IpAddr::from(Ipv6Addr::LOCALHOST),
            ]
        }
        Host::Tcp(name) => name.parse().into_iter().collect(),
        Host::Unix(_) => Vec::new(),
    });
    hosts.map(|ip| SocketAddr::new(ip, port)).collect()
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn a_url_names_its_server() {
        let of = |url: &str| {
            addresses(url)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of("postgres://app:secret@127.0.0.1:40001/main"),
            ["127.0.0.1:40001"]
        );
        assert_eq!(
            of("postgres://app@localhost/main"),
            ["127.0.0.1:5432", "[::1]:5432"]
        );
        assert!(of("postgres://app@/main?host=/tmp/run").is_empty());
    }
}
