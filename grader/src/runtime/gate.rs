//! What is still on its way up when the run ends.

use std::time::Duration;

use tokio::sync::{RwLock, watch};

use crate::model::Fault;

/// Lets work through until it is closed. Work that is under way then is dropped, so that nothing is started after
/// everything was ended.
pub(crate) struct Gate {
    closed: watch::Sender<bool>,
    under_way: RwLock<()>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self {
            closed: watch::Sender::new(false),
            under_way: RwLock::new(()),
        }
    }

    /// What the work gives, or that the run is over.
    pub(crate) async fn pass<T, E: From<Fault>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let _under_way = self.under_way.read().await;
        let mut closed = self.closed.subscribe();
        tokio::select! {
            biased;
            _ = closed.wait_for(|closed| *closed) => {
                Err(Fault::new("raising the service", "the run is over").into())
            }
            done = work => done,
        }
    }

    /// Lets nothing more through, and waits until what was under way is dropped: not longer than `patience`, because
    /// somebody may hold such work without driving it.
    pub(crate) async fn close(&self, patience: Duration) {
        self.closed.send_replace(true);
        tokio::time::timeout(patience, self.under_way.write())
            .await
            .ok();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn work_under_way_is_dropped_and_later_work_refused() {
        let gate = Arc::new(Gate::new());
        assert_eq!(gate.pass(async { Ok::<_, Fault>(1) }).await, Ok(1));
        let (started, mut seen) = watch::channel(false);
        let under_way = tokio::spawn({
            let gate = gate.clone();
            async move {
                gate.pass(async {
                    started.send_replace(true);
                    std::future::pending::<Result<(), Fault>>().await
                })
                .await
            }
        });
        seen.wait_for(|started| *started).await.unwrap();
        gate.close(Duration::from_secs(5)).await;
        assert!(under_way.await.unwrap().is_err());
        assert!(gate.pass(async { Ok::<_, Fault>(1) }).await.is_err());
    }
}
