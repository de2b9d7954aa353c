//! Clearing up: after a run, and after runs whose grader is gone.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bollard::query_parameters::{ListContainersOptionsBuilder, ListNetworksOptionsBuilder};
use futures::future::join_all;

use super::engine::{Engine, fault};
use super::labels::{self, BEGUN, OWNER, RUN};
use super::network;
use super::owner::{self, Life};
use crate::model::Fault;

/// How old the things of an owner that cannot be seen from here must be before they are taken away, and then only
/// where nothing of its run is running: it may be another machine's that shares the engine.
const OLD: Duration = Duration::from_secs(600);

/// What a run left, or has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Things {
    /// Ids of containers.
    pub(super) containers: Vec<String>,
    /// Names of networks.
    pub(super) networks: Vec<String>,
    owner: String,
    begun: u64,
    runs: bool,
}

impl Things {
    /// Whether nobody is there any more who will take them away.
    fn are_abandoned(&self, now: u64) -> bool {
        match owner::life(&self.owner) {
            Life::Lives => false,
            Life::Gone => true,
            Life::Unknown => !self.runs && now.saturating_sub(self.begun) > OLD.as_secs(),
        }
    }
}

/// Everything of ours on the engine, by run; with `run`, of that one alone.
pub(super) async fn things(
    engine: &Engine,
    run: Option<&str>,
) -> Result<BTreeMap<String, Things>, Fault> {
    let doing = "looking for what earlier runs left";
    let filters = labels::filter(RUN, run);
    let containers = ListContainersOptionsBuilder::default()
        .all(true)
        .filters(&filters)
        .build();
    let networks = ListNetworksOptionsBuilder::default()
        .filters(&filters)
        .build();
    let (containers, networks) = tokio::try_join!(
        engine.docker.list_containers(Some(containers)),
        engine.docker.list_networks(Some(networks))
    )
    .map_err(|e| fault(doing, &e))?;
    let mut found: BTreeMap<String, Things> = BTreeMap::new();
    for container in containers {
        let labels = container.labels.unwrap_or_default();
        if let Some(things) = entry(&mut found, &labels) {
            things.containers.extend(container.id);
            things.runs |= container.state.is_some_and(|s| s.to_string() == "running");
        }
    }
    for network in networks {
        let labels = network.labels.unwrap_or_default();
        if let Some(things) = entry(&mut found, &labels) {
            things.networks.extend(network.name);
        }
    }
    Ok(found)
}

fn entry<'a>(
    found: &'a mut BTreeMap<String, Things>,
    labels: &HashMap<String, String>,
) -> Option<&'a mut Things> {
    let things = found.entry(labels.get(RUN)?.clone()).or_default();
    things.owner = labels.get(OWNER).cloned().unwrap_or_default();
    let begun = labels.get(BEGUN).and_then(|b| b.parse().ok()).unwrap_or(0);
    things.begun = things.begun.max(begun);
    Some(things)
}

/// The runs nobody will clear up after, and what they left.
pub(super) async fn abandoned(engine: &Engine) -> Result<BTreeMap<String, Things>, Fault> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default().as_secs();
    let mut found = things(engine, None).await?;
    found.retain(|_, things| things.are_abandoned(now));
    Ok(found)
}

/// Clears up after every run whose grader is gone. What cannot be cleared up must not stop this run.
pub(super) async fn sweep(engine: &Engine) -> Result<(), Fault> {
    for (_, things) in abandoned(engine).await? {
        clear(engine, &things).await.ok();
    }
    Ok(())
}

/// Removes all that a run has, also what the engine was still making when the run was told to end.
pub(super) async fn end(engine: &Engine, run: &str) -> Result<(), Fault> {
    let mut cleared = Ok(());
    for _ in 0..5 {
        let Some(things) = things(engine, Some(run)).await?.remove(run) else {
            return Ok(());
        };
        cleared = clear(engine, &things).await;
    }
    cleared
}

async fn clear(engine: &Engine, things: &Things) -> Result<(), Fault> {
    let removed = things.containers.iter().map(|id| engine.remove(id));
    let removed = join_all(removed).await;
    removed.into_iter().collect::<Result<(), Fault>>()?;
    for name in &things.networks {
        network::remove(engine, name).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_living_stays() {
        let things = |owner: &str, begun, runs| Things {
            owner: owner.to_owned(),
            begun,
            runs,
            ..Things::default()
        };
        let now = 1_000_000;
        assert!(!things(&owner::me(), 0, false).are_abandoned(now));
        let stranger = "1.1.another-machine";
        assert!(!things(stranger, now - 10, false).are_abandoned(now));
        assert!(!things(stranger, 0, true).are_abandoned(now));
        assert!(things(stranger, 0, false).are_abandoned(now));
    }
}
