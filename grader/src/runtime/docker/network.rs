//! The sealed network of a run: names resolve on it, and nothing leads out of it.

use std::collections::HashMap;

use bollard::models::NetworkCreateRequest;

use super::engine::{Engine, fault, is_missing};
use super::labels;
use crate::model::Fault;

/// Makes the network of this name. Where a network is "internal", an engine still gives the host an address on
/// it, on which every listener of the host answers. Two options keep the host off; which one an engine knows
/// depends on its version.
pub(super) async fn create(
    engine: &Engine,
    name: &str,
    run: &str,
    seal: bool,
) -> Result<(), Fault> {
    let mut options = HashMap::new();
    if seal && engine.is_at_least(27, 1) {
        options.insert(
            "com.docker.network.bridge.gateway_mode_ipv4".to_owned(),
            "isolated".to_owned(),
        );
    } else if seal {
        options.insert(
            "com.docker.network.bridge.inhibit_ipv4".to_owned(),
            "true".to_owned(),
        );
    }
    let request = NetworkCreateRequest {
        name: name.to_owned(),
        driver: Some("bridge".to_owned()),
        internal: Some(seal),
        enable_ipv6: Some(false),
        options: Some(options),
        labels: Some(labels::of(run, "network")),
        ..NetworkCreateRequest::default()
    };
    let made = engine.docker.create_network(request).await;
    made.map(drop)
        .map_err(|e| fault("making the sealed network", &e))
}

/// Removes it. Nothing happens if it is gone.
///
/// # Errors
/// Also when a container is still on it.
pub(super) async fn remove(engine: &Engine, name: &str) -> Result<(), Fault> {
    match engine.docker.remove_network(name).await {
        Err(error) if !is_missing(&error) => Err(fault("removing the sealed network", &error)),
        _ => Ok(()),
    }
}
