//! The only way in: a small container on the sealed network and on an ordinary one, published on 127.0.0.1.
//!
//! A relay has a few lanes. Each leads from a port of 127.0.0.1 to one name and port on the sealed network, both
//! chosen before anybody has that name: so a world that comes up only takes a lane, and a service that is started
//! again keeps it, whatever address it gets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HostConfig, NetworkConnectRequest, PortBinding,
};
use rand::RngExt;

use super::engine::{Engine, fault};
use super::{cage, labels};
use crate::model::Fault;

/// The first lane's port inside a relay.
const FIRST: u16 = 9000;
/// Lanes of a run's first relay, for services: a main world, a short one, a pair of replicas and one more.
const FIRST_LANES: usize = 5;
/// Lanes of each further one.
const MORE_LANES: usize = 3;
/// Where Postgres listens.
pub(super) const POSTGRES: u16 = 5432;

/// Lanes nobody has: the name and port on the sealed network, the port on 127.0.0.1.
type Free = Arc<Mutex<Vec<(String, u16, u16)>>>;

/// A way to one name on the sealed network; given back when dropped.
#[derive(Debug)]
pub(super) struct Lane {
    /// The name to take on the sealed network.
    pub(super) name: String,
    /// The port to listen on there.
    pub(super) port: u16,
    /// The port on 127.0.0.1.
    pub(super) at: u16,
    free: Free,
}

impl Drop for Lane {
    fn drop(&mut self) {
        let back = (std::mem::take(&mut self.name), self.port, self.at);
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(back);
    }
}

/// The relays of a run.
#[derive(Debug)]
pub(super) struct Relays {
    engine: Engine,
    image: String,
    run: String,
    network: String,
    services: Free,
    databases: Free,
    /// How many there are; held while one more is made.
    count: tokio::sync::Mutex<usize>,
}

impl Relays {
    /// The relays of a run on its network; none is up yet.
    pub(super) fn new(engine: &Engine, image: &str, run: &str, network: &str) -> Self {
        Self {
            engine: engine.clone(),
            image: image.to_owned(),
            run: run.to_owned(),
            network: network.to_owned(),
            services: Arc::default(),
            databases: Arc::default(),
            count: tokio::sync::Mutex::default(),
        }
    }

    /// The name of the Postgres that the first relay leads to.
    pub(super) fn first_postgres(&self) -> String {
        self.postgres_name(0)
    }

    fn postgres_name(&self, relay: usize) -> String {
        format!("{}-postgres-{relay}", self.run)
    }

    /// A lane for a service.
    pub(super) async fn to_service(&self) -> Result<Lane, Fault> {
        self.lane(&self.services).await
    }

    /// A lane for a Postgres.
    pub(super) async fn to_postgres(&self) -> Result<Lane, Fault> {
        self.lane(&self.databases).await
    }

    async fn lane(&self, free: &Free) -> Result<Lane, Fault> {
        let take = || {
            let mut lanes = free.lock().unwrap_or_else(PoisonError::into_inner);
            lanes.pop().map(|(name, port, at)| Lane {
                name,
                port,
                at,
                free: Arc::clone(free),
            })
        };
        loop {
            if let Some(lane) = take() {
                return Ok(lane);
            }
            let mut count = self.count.lock().await;
            if let Some(lane) = take() {
                return Ok(lane);
            }
            self.raise(*count).await?;
            *count += 1;
        }
    }

    /// Raises one more relay.
    async fn raise(&self, number: usize) -> Result<(), Fault> {
        let doing = "raising the relay";
        let services = if number == 0 { FIRST_LANES } else { MORE_LANES };
        let mut lanes = vec![(self.postgres_name(number), POSTGRES)];
        for lane in 0..services {
            // No port that anybody would choose: a service that listens there has read PORT.
            let port = rand::rng().random_range(20_000..30_000);
            lanes.push((format!("{}-service-{number}-{lane}", self.run), port));
        }
        let name = format!("{}-relay-{number}", self.run);
        let id = self.engine.create(&name, self.body(&lanes)).await?;
        let request = NetworkConnectRequest {
            container: id.clone(),
            endpoint_config: Some(EndpointSettings::default()),
        };
        let joined = self
            .engine
            .docker
            .connect_network(&self.network, request)
            .await;
        joined.map_err(|e| fault(doing, &e))?;
        self.engine.start(&id).await.map_err(|e| fault(doing, &e))?;
        let looked = self.engine.docker.inspect_container(&id, None).await;
        let looked = looked.map_err(|e| fault(doing, &e))?;
        let ports = looked
            .network_settings
            .and_then(|n| n.ports)
            .unwrap_or_default();
        for ((name, port), inner) in lanes.into_iter().zip(FIRST..) {
            let at = ports
                .get(&format!("{inner}/tcp"))
                .and_then(|bound| bound.as_ref()?.first()?.host_port.as_ref()?.parse().ok())
                .ok_or_else(|| Fault::new(doing, format!("its port {inner} was not published")))?;
            let free = if port == POSTGRES {
                &self.databases
            } else {
                &self.services
            };
            let mut free = free.lock().unwrap_or_else(PoisonError::into_inner);
            free.insert(0, (name, port, at));
        }
        Ok(())
    }

    fn body(&self, lanes: &[(String, u16)]) -> ContainerCreateBody {
        let bound = || {
            Some(vec![PortBinding {
                host_ip: Some("127.0.0.1".into()),
                host_port: Some(String::new()),
            }])
        };
        let inner = || (FIRST..).take(lanes.len());
        // After one side has said its last, the other may still answer for as long as a service may take.
        let carry = |((name, port), inner): (&(String, u16), u16)| {
            format!(
                "socat -t 60 TCP4-LISTEN:{inner},fork,reuseaddr,backlog=1024,nodelay TCP4:{name}:{port},nodelay &\n"
            )
        };
        let script: String = lanes.iter().zip(inner()).map(carry).collect();
        ContainerCreateBody {
            image: Some(self.image.clone()),
            user: Some("65534:65534".into()),
            entrypoint: Some(vec!["sh".into(), "-c".into(), format!("{script}wait")]),
            cmd: Some(Vec::new()),
            exposed_ports: Some(inner().map(|port| format!("{port}/tcp")).collect()),
            labels: Some(labels::of(&self.run, "relay")),
            host_config: Some(HostConfig {
                port_bindings: Some(
                    inner()
                        .map(|port| (format!("{port}/tcp"), bound()))
                        .collect::<HashMap<_, _>>(),
                ),
                ..cage::tool()
            }),
            ..ContainerCreateBody::default()
        }
    }
}
