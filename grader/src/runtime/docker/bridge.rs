//! A way to a service that listens where nobody outside its container can reach it: on a loopback address, or on
//! another port than the one it was given. A tool of ours beside it, in its own network, passes on what arrives at
//! the right address and port. So it can be graded, and told what is wrong.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bollard::models::{ContainerCreateBody, HostConfig};

use super::engine::{Engine, fault};
use super::{cage, labels};
use crate::model::Fault;

/// A bridge that stands.
#[derive(Debug)]
pub(super) struct Bridge {
    engine: Engine,
    id: String,
    /// The address it listens on in the service's place.
    pub(super) at: SocketAddr,
    /// Where the service listens.
    pub(super) to: SocketAddr,
}

impl Bridge {
    /// Builds one in the network of a running container, whose own address there is `own`.
    pub(super) async fn build(
        engine: &Engine,
        (tools, run): (&str, &str),
        container: &str,
        (own, port): (Ipv4Addr, u16),
        to: SocketAddr,
    ) -> Result<Self, Fault> {
        let from = format!("TCP4-LISTEN:{port},bind={own},fork,reuseaddr,backlog=1024,nodelay");
        let body = ContainerCreateBody {
            image: Some(tools.to_owned()),
            user: Some("65534:65534".into()),
            entrypoint: Some(vec!["socat".into()]),
            cmd: Some(["-t", "60", &from, &target(to)].map(str::to_owned).to_vec()),
            labels: Some(labels::of(run, "bridge")),
            host_config: Some(HostConfig {
                pids_limit: Some(2000),
                memory: Some(256 << 20),
                memory_swap: Some(256 << 20),
                ..cage::inside(container, false)
            }),
            ..ContainerCreateBody::default()
        };
        let name = format!("{run}-bridge-{}", uuid::Uuid::new_v4().simple());
        let id = engine.create(&name, body).await?;
        let started = engine.start(&id).await;
        if let Err(error) = started {
            engine.remove(&id).await?;
            return Err(fault("reaching the service in its container", &error));
        }
        Ok(Self {
            engine: engine.clone(),
            id,
            at: SocketAddr::new(own.into(), port),
            to,
        })
    }

    /// Takes it down.
    pub(super) async fn remove(&self) -> Result<(), Fault> {
        self.engine.remove(&self.id).await
    }
}

/// Where to connect for who listens there: every address is reached at a loopback one.
fn target(to: SocketAddr) -> String {
    let port = to.port();
    match to.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => format!("TCP4:127.0.0.1:{port},nodelay"),
        IpAddr::V4(ip) => format!("TCP4:{ip}:{port},nodelay"),
        IpAddr::V6(ip) if ip.is_unspecified() => format!("TCP6:[::1]:{port},nodelay"),
        IpAddr::V6(ip) => format!("TCP6:[{ip}]:{port},nodelay"),
    }
}
