//! The sealed network of a run: names resolve on it, and nothing leads out of it.

use std::collections::HashMap;

use bollard::models::NetworkCreateRequest;

use super::engine::{Engine, fault, is_missing};
use super::labels;
use crate::model::Fault;

/// Makes the network of this name.
pub(super) async fn create(
    engine: &Engine,
    name: &str,
    run: &str,
    seal: bool,
) -> Result<(), Fault> {
    let request = NetworkCreateRequest {
        name: name.to_owned(),
        driver: Some("bridge".to_owned()),
        internal: Some(seal),
        enable_ipv6: Some(false),
        options: seal.then(|| host_off(engine)),
        labels: Some(labels::of(run, "network")),
        ..NetworkCreateRequest::default()
    };
    let made = engine.docker.create_network(request).await;
    made.map(drop)
        .map_err(|e| fault("making the sealed network", &e))
}

/// What keeps the host off a network. Where one is "internal", an engine still gives the host an address on it, on which
/// every listener of the host answers. Two options prevent that; which one an engine knows depends on its version.
fn host_off(engine: &Engine) -> HashMap<String, String> {
    let (option, value) = match engine.is_at_least(27, 1) {
        true => ("gateway_mode_ipv4", "isolated"),
        false => ("inhibit_ipv4", "true"),
    };
    let option = format!("com.docker.network.bridge.{option}");
    HashMap::from([(option, value.to_owned())])
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

#[cfg(test)]
mod tests {
    use super::super::engine::tests::greeted;
    use super::*;

    #[tokio::test]
    async fn each_engine_is_asked_for_what_it_knows() {
        let table = [
            ("20.10", "inhibit_ipv4", "true"),
            ("28", "gateway_mode_ipv4", "isolated"),
            ("28-rootless", "gateway_mode_ipv4", "isolated"),
        ];
        for (answers, option, value) in table {
            let options = host_off(&greeted(answers).await);
            let option = format!("com.docker.network.bridge.{option}");
            assert_eq!(options, [(option, value.to_owned())].into(), "{answers}");
        }
    }
}
