//! What the containers of one world's service share.

use std::collections::BTreeMap;

use bollard::models::{ContainerCreateBody, EndpointSettings, HostConfig, NetworkingConfig};

use super::engine::Engine;
use super::{cage, labels};
use crate::runtime::ready::Asker;
use crate::runtime::{Limits, WorldSpec, shell};

/// The user a service runs as whose image would run it as root.
const SOMEBODY: &str = "10001:10001";

/// What keeps the IPv6 loopback address from a container on a network without IPv6. A service that listens on
/// `localhost` may mean it.
const LOOPBACK_V6: &str = "net.ipv6.conf.lo.disable_ipv6";

/// How a service is started in its image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// As the image says; what is told of it.
    OfImage(String),
    /// A line for the image's shell.
    Line(String),
}

impl Command {
    /// As a reader would type it.
    pub(super) fn told(&self) -> &str {
        match self {
            Self::OfImage(line) | Self::Line(line) => line,
        }
    }
}

/// Who the service runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunAs {
    /// Whom the image names.
    Image,
    /// Somebody without a name, in root's place.
    Somebody,
}

/// What the containers of a world's service have in common.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) engine: Engine,
    pub(super) spec: WorldSpec,
    pub(super) asker: Asker,
    pub(super) run: String,
    pub(super) network: String,
    /// The built image, by its id.
    pub(super) image: String,
    /// What the image calls volumes.
    pub(super) volumes: Vec<String>,
    /// The image of our own tools.
    pub(super) tools: String,
    pub(super) command: Command,
    /// Everything but the port.
    pub(super) variables: BTreeMap<String, String>,
    pub(super) run_as: RunAs,
    pub(super) limits: Limits,
    /// Whether it gets the IPv6 loopback address, as on a machine.
    pub(super) v6: bool,
    /// The OCI runtime, if not the engine's default.
    pub(super) oci_runtime: Option<String>,
}

impl Site {
    /// A container that runs `command` on the sealed network, under `name` there, with these variables.
    pub(super) fn body(
        &self,
        command: &Command,
        name: &str,
        what: &str,
        variables: &BTreeMap<String, String>,
    ) -> ContainerCreateBody {
        let mut env: Vec<String> = variables
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        // Whoever has no entry in the image's list of users would get `/`, where nobody can write.
        if self.run_as == RunAs::Somebody {
            env.push("HOME=/tmp".into());
        }
        let endpoint = EndpointSettings {
            aliases: Some(vec![name.to_owned()]),
            ..EndpointSettings::default()
        };
        let line = match command {
            Command::OfImage(_) => None,
            Command::Line(line) => Some(vec!["sh".to_owned(), "-c".to_owned(), shell::exec(line)]),
        };
        ContainerCreateBody {
            image: Some(self.image.clone()),
            user: (self.run_as == RunAs::Somebody).then(|| SOMEBODY.to_owned()),
            // An empty one takes the image's away.
            entrypoint: line.is_some().then(|| vec![String::new()]),
            cmd: line,
            env: Some(env),
            labels: Some(labels::of(&self.run, what)),
            // The image's own probes would use up the service's time.
            healthcheck: Some(bollard::models::HealthConfig {
                test: Some(vec!["NONE".into()]),
                ..bollard::models::HealthConfig::default()
            }),
            host_config: Some(HostConfig {
                network_mode: Some(self.network.clone()),
                sysctls: self
                    .v6
                    .then(|| [(LOOPBACK_V6.to_owned(), "0".to_owned())].into()),
                ..cage::service(
                    &self.engine,
                    &self.limits,
                    &self.volumes,
                    self.oci_runtime.as_deref(),
                )
            }),
            networking_config: Some(NetworkingConfig {
                endpoints_config: Some([(self.network.clone(), endpoint)].into()),
            }),
            ..ContainerCreateBody::default()
        }
    }
}
