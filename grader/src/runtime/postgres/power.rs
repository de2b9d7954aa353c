//! Stopping a server and starting it again, whatever it runs in.

use futures::FutureExt;
use futures::future::BoxFuture;

use super::cluster::{Cluster, StopMode};
use crate::model::Fault;

/// The switches of a server of ours. Its data, its address and its passwords outlive them all.
pub trait Power: Send + Sync {
    /// Stops it. Nothing happens when it is stopped already.
    ///
    /// # Errors
    /// When it does not end even when killed.
    fn stop(&self, mode: StopMode) -> BoxFuture<'_, Result<(), Fault>>;

    /// Starts it again; returns when it answers. Nothing happens when it runs.
    ///
    /// # Errors
    /// When it does not come up.
    fn start_again(&self) -> BoxFuture<'_, Result<(), Fault>>;

    /// Freezes it: connections stay open and nothing answers.
    ///
    /// # Errors
    /// When it cannot be frozen.
    fn pause(&self) -> BoxFuture<'_, Result<(), Fault>>;

    /// Lets a frozen server go on.
    ///
    /// # Errors
    /// When it cannot be thawed.
    fn resume(&self) -> BoxFuture<'_, Result<(), Fault>>;
}

impl Power for Cluster {
    fn stop(&self, mode: StopMode) -> BoxFuture<'_, Result<(), Fault>> {
        Self::stop(self, mode).boxed()
    }

    fn start_again(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Self::start_again(self).boxed()
    }

    fn pause(&self) -> BoxFuture<'_, Result<(), Fault>> {
        async {
            Self::pause(self).await;
            Ok(())
        }
        .boxed()
    }

    fn resume(&self) -> BoxFuture<'_, Result<(), Fault>> {
        async {
            Self::resume(self).await;
            Ok(())
        }
        .boxed()
    }
}
