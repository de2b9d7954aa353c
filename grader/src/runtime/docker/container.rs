//! The few things we do with any container.

use std::time::Duration;

use bollard::container::AttachContainerResults;
use bollard::models::{ContainerCreateBody, ContainerStateStatusEnum};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, KillContainerOptionsBuilder,
    RemoveContainerOptionsBuilder, WaitContainerOptionsBuilder,
};
use futures::StreamExt;

use super::engine::{Engine, fault, is_missing};
use crate::model::Fault;

/// How much a tool of ours may say.
const SAID: usize = 4 << 20;

/// How a container stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    pub(super) running: bool,
    /// Its first process, as the engine's machine numbers it.
    pub(super) pid: Option<u32>,
    pub(super) code: i64,
    /// Whether the kernel ended something in it because its memory was used up.
    pub(super) short_of_memory: bool,
}

impl Engine {
    /// Makes a container; it does not run yet.
    pub(super) async fn create(
        &self,
        name: &str,
        body: ContainerCreateBody,
    ) -> Result<String, Fault> {
        let image = body.image.clone().unwrap_or_default();
        let options = CreateContainerOptionsBuilder::default().name(name).build();
        let made = self.docker.create_container(Some(options), body).await;
        made.map(|made| made.id)
            .map_err(|e| fault(format!("making a container of {image}"), &e))
    }

    /// Starts it. The engine's own words come back where the container's command cannot be run.
    pub(super) async fn start(&self, id: &str) -> Result<(), bollard::errors::Error> {
        self.docker.start_container(id, None).await
    }

    /// Its output from now on; `input` where it is to be written to.
    pub(super) async fn attach(&self, id: &str) -> Result<AttachContainerResults, Fault> {
        let options = AttachContainerOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .stream(true)
            .build();
        let attached = self.docker.attach_container(id, Some(options)).await;
        attached.map_err(|e| fault("listening to a container", &e))
    }

    /// Waits until it does not run.
    pub(super) async fn ended(&self, id: &str) {
        let options = WaitContainerOptionsBuilder::default()
            .condition("not-running")
            .build();
        // An exit code other than 0 comes as an error; so does the end of the engine. Both end the waiting.
        let mut waiting = self.docker.wait_container(id, Some(options));
        let _ = waiting.next().await;
    }

    /// How it stands; none if there is no such container.
    pub(super) async fn standing(&self, id: &str) -> Result<Option<Standing>, Fault> {
        let looked = match self.docker.inspect_container(id, None).await {
            Ok(looked) => looked,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(fault("looking at a container", &error)),
        };
        let state = looked.state.unwrap_or_default();
        let restarting = state.status == Some(ContainerStateStatusEnum::RESTARTING);
        Ok(Some(Standing {
            running: state.running.unwrap_or_default() && !restarting,
            pid: state
                .pid
                .and_then(|pid| u32::try_from(pid).ok())
                .filter(|pid| *pid > 0),
            code: state.exit_code.unwrap_or_default(),
            short_of_memory: state.oom_killed.unwrap_or_default(),
        }))
    }

    /// Sends its first process a signal. One that does not run needs none.
    pub(super) async fn signal(&self, id: &str, signal: &str) -> Result<(), Fault> {
        let options = KillContainerOptionsBuilder::default()
            .signal(signal)
            .build();
        match self.docker.kill_container(id, Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) => match self.standing(id).await? {
                Some(standing) if standing.running => {
                    Err(fault(format!("sending {signal} to a container"), &error))
                }
                _ => Ok(()),
            },
        }
    }

    /// Freezes it: connections stay open and nothing answers.
    pub(super) async fn pause(&self, id: &str) -> Result<(), Fault> {
        let paused = self.docker.pause_container(id).await;
        paused.map_err(|e| fault("freezing a container", &e))
    }

    /// Lets it go on; nothing happens where it is not frozen.
    pub(super) async fn resume(&self, id: &str) -> Result<(), Fault> {
        match self.docker.unpause_container(id).await {
            Err(error) => {
                let says = error.to_string();
                let idle = says.contains("is not paused") || says.contains("is not running");
                match idle || is_missing(&error) {
                    true => Ok(()),
                    false => Err(fault("thawing a container", &error)),
                }
            }
            Ok(()) => Ok(()),
        }
    }

    /// Ends and removes it, with all it wrote. Nothing happens if it is gone, or somebody is at it already.
    pub(super) async fn remove(&self, id: &str) -> Result<(), Fault> {
        let options = RemoveContainerOptionsBuilder::default()
            .force(true)
            .v(true)
            .build();
        for pause in [50, 200, 1000, 0] {
            let error = match self
                .docker
                .remove_container(id, Some(options.clone()))
                .await
            {
                Ok(()) => return Ok(()),
                Err(error) if is_missing(&error) => return Ok(()),
                Err(error) => error,
            };
            if error.to_string().contains("already in progress") {
                return Ok(());
            }
            if pause == 0 {
                return Err(fault("removing a container", &error));
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        Ok(())
    }

    /// Runs a tool of ours to its end and gives what it said; the container is gone then.
    pub(super) async fn run(
        &self,
        name: &str,
        body: ContainerCreateBody,
        limit: Duration,
    ) -> Result<String, Fault> {
        let doing = "running a tool in a container";
        let id = self.create(name, body).await?;
        let ran = async {
            let mut attached = self.attach(&id).await?;
            self.start(&id).await.map_err(|e| fault(doing, &e))?;
            let mut said = Vec::new();
            while let Some(Ok(output)) = attached.output.next().await {
                if said.len() < SAID {
                    said.extend_from_slice(&output.into_bytes());
                }
            }
            Ok(String::from_utf8_lossy(&said).into_owned())
        };
        let ran = tokio::time::timeout(limit, ran).await;
        self.remove(&id).await?;
        ran.unwrap_or_else(|_| {
            let cause = format!("it did not end within {} s", limit.as_secs());
            Err(Fault::new(doing, cause))
        })
    }
}
