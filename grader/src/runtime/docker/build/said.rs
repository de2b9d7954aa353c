//! What a builder says, heard on a runtime of the build's own.
//!
//! A BuildKit build talks back over a second connection, its session, which the client library serves in a task that
//! nobody can end. Here it ends with the runtime it was spawned on: nothing of a build outlives it, on either side.

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::BuildInfo;
use bollard::query_parameters::BuildImageOptions;
use futures::{StreamExt, TryStreamExt};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{self, Receiver};

use super::body::body;
use super::context::Context;
use crate::model::{Doing, Fault};

/// Messages that may wait.
const WAITING: usize = 64;

/// A build that runs. When this is dropped, its connections close, and the engine stops the build.
pub(super) struct Said {
    messages: Receiver<Result<BuildInfo, Error>>,
    runtime: Option<Runtime>,
}

impl Said {
    /// Asks the engine for the build.
    pub(super) fn begin(
        client: Docker,
        options: BuildImageOptions,
        context: Context,
    ) -> Result<Self, Fault> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("grader-build")
            .enable_all()
            .build()
            .doing("starting a build")?;
        let (sender, messages) = mpsc::channel(WAITING);
        runtime.spawn(async move {
            let content = bollard::body_try_stream(body(context).map_ok(Into::into));
            let mut said = Box::pin(client.build_image(options, None, Some(content)));
            while let Some(message) = said.next().await {
                if sender.send(message).await.is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            messages,
            runtime: Some(runtime),
        })
    }

    /// The next message; none when the builder has said all.
    pub(super) async fn next(&mut self) -> Option<Result<BuildInfo, Error>> {
        self.messages.recv().await
    }
}

impl Drop for Said {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // The other way of ending a runtime may not be taken from within one.
            runtime.shutdown_background();
        }
    }
}
