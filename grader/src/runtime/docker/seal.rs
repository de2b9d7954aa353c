//! Proving the seal: a tool on the sealed network tries to get out, before anything of a learner's is there.
//!
//! It tries an address on the internet, each address of this machine, the first address of the sealed network and
//! the engine's own name for the host. On this machine somebody listens meanwhile, on every address, so that a
//! refusal cannot be mistaken for a seal.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bollard::models::{ContainerCreateBody, HostConfig};
use nix::ifaddrs::getifaddrs;
use tokio::net::{TcpListener, TcpStream};

use super::engine::{Engine, fault};
use super::{cage, labels};
use crate::model::{Doing, Fault};

/// How long all tries together may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// What we are doing.
const PROVING: &str = "proving that the network is sealed";
/// Addresses on the internet that answer everybody: two name services.
const OUTSIDE: [(&str, u16); 2] = [("1.1.1.1", 53), ("8.8.8.8", 53)];
/// Where an engine listens that is reached over the network.
const ENGINE: [u16; 2] = [2375, 2376];
/// What an engine calls the machine it runs on.
const HOST_NAME: &str = "host.docker.internal";

/// What was learned on the sealed network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) seal: Seal,
    /// Whether a container there can be given the IPv6 loopback address, which an engine may have taken away.
    pub(super) may_have_v6: bool,
}

/// What the tries showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seal {
    /// None got out, of so many.
    Holds(usize),
    /// These were reached.
    Open(Vec<String>),
}

/// Tries.
///
/// # Errors
/// When nothing can be tried: then nothing is known.
pub(super) async fn prove(
    engine: &Engine,
    tools: &str,
    run: &str,
    network: &str,
) -> Result<Proof, Fault> {
    let (listener, port) = listen().await?;
    let answering = tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let targets = targets(engine, network, port).await;
    let tried = match targets {
        Ok(targets) => attempt(engine, tools, run, network, &targets).await,
        Err(fault) => Err(fault),
    };
    answering.abort();
    tried
}

/// Somebody on every address of this machine, who is known to answer.
async fn listen() -> Result<(TcpListener, u16), Fault> {
    let listener = match TcpListener::bind("[::]:0").await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind("0.0.0.0:0").await.doing(PROVING)?,
    };
    let port = listener.local_addr().doing(PROVING)?.port();
    TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .doing(PROVING)?;
    Ok((listener, port))
}

/// Whom to try: `address:port`, sorted.
async fn targets(engine: &Engine, network: &str, port: u16) -> Result<BTreeSet<String>, Fault> {
    let looked = engine.docker.inspect_network(network, None).await;
    let looked = looked.map_err(|e| fault(PROVING, &e))?;
    let mut addresses: BTreeSet<IpAddr> = getifaddrs()
        .doing("listing this machine's addresses")?
        .filter_map(|interface| ip(&interface))
        .filter(|ip| !ip.is_loopback())
        .collect();
    let pools = looked.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    for pool in pools {
        addresses.extend(pool.gateway.and_then(|g| g.parse::<IpAddr>().ok()));
        addresses.extend(pool.subnet.and_then(|subnet| first(&subnet)));
    }
    let mut targets: BTreeSet<String> = OUTSIDE
        .iter()
        .map(|(address, port)| format!("{address}:{port}"))
        .collect();
    let mut ports = ENGINE.to_vec();
    ports.push(port);
    for port in ports {
        targets.insert(format!("{HOST_NAME}:{port}"));
        targets.extend(addresses.iter().map(|ip| match ip {
            IpAddr::V4(ip) => format!("{ip}:{port}"),
            IpAddr::V6(ip) => format!("[{ip}]:{port}"),
        }));
    }
    Ok(targets)
}

fn ip(interface: &nix::ifaddrs::InterfaceAddress) -> Option<IpAddr> {
    let address = interface.address.as_ref()?;
    let v4 = address.as_sockaddr_in().map(|a| IpAddr::from(a.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|a| IpAddr::from(a.ip())))
}

/// The first address of a network such as `172.18.0.0/16`, where its gateway would be.
fn first(subnet: &str) -> Option<IpAddr> {
    let network: Ipv4Addr = subnet.split('/').next()?.parse().ok()?;
    Some(Ipv4Addr::from(u32::from(network).checked_add(1)?).into())
}

/// All at once, each for a moment. Whoever is reached is named.
async fn attempt(
    engine: &Engine,
    tools: &str,
    run: &str,
    network: &str,
    targets: &BTreeSet<String>,
) -> Result<Proof, Fault> {
    let script = "for t in \"$@\"; do \
        (socat -u OPEN:/dev/null \"TCP:$t,connect-timeout=2\" 2>/dev/null && echo \"reached $t\") & \
        done; wait; [ -e /proc/sys/net/ipv6/conf/lo/disable_ipv6 ] && echo v6; echo tried $#";
    let mut line = vec![
        "sh".to_owned(),
        "-c".to_owned(),
        script.to_owned(),
        "seal".to_owned(),
    ];
    line.extend(targets.iter().cloned());
    let body = ContainerCreateBody {
        image: Some(tools.to_owned()),
        user: Some("65534:65534".into()),
        entrypoint: Some(vec![String::new()]),
        cmd: Some(line),
        labels: Some(labels::of(run, "seal")),
        host_config: Some(HostConfig {
            network_mode: Some(network.to_owned()),
            // Nobody answers for names outside; by default it is ten seconds until that is believed.
            dns_options: Some(vec!["timeout:1".into(), "attempts:1".into()]),
            ..cage::tool()
        }),
        ..ContainerCreateBody::default()
    };
    let said = engine.run(&format!("{run}-seal"), body, PATIENCE).await?;
    read(&said, targets.len())
}

/// What the tool said. It must say that it tried them all, or nothing is proven.
fn read(said: &str, targets: usize) -> Result<Proof, Fault> {
    if !said.lines().any(|line| line == format!("tried {targets}")) {
        return Err(Fault::new(
            PROVING,
            format!("the tool did not try: {}", said.trim()),
        ));
    }
    let reached: BTreeSet<String> = said
        .lines()
        .filter_map(|line| line.strip_prefix("reached "))
        .map(str::to_owned)
        .collect();
    Ok(Proof {
        seal: match reached.is_empty() {
            true => Seal::Holds(targets),
            false => Seal::Open(reached.into_iter().collect()),
        },
        may_have_v6: said.lines().any(|line| line == "v6"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_proves_nothing() {
        assert!(read("", 3).is_err());
        assert_eq!(read("v6\ntried 3\n", 3).unwrap().seal, Seal::Holds(3));
        let open = read("reached 10.0.0.1:4000\ntried 3\n", 3).unwrap();
        assert_eq!(open.seal, Seal::Open(vec!["10.0.0.1:4000".into()]));
        assert!(!open.may_have_v6);
    }

    #[test]
    fn a_network_begins_with_its_gateway() {
        assert_eq!(first("172.18.0.0/16"), "172.18.0.1".parse().ok());
        assert_eq!(first("nonsense"), None);
    }
}
