//! Waiting for a condition, never for a time.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::model::Fault;

/// How long something that a service has acknowledged may take to be seen.
pub const SOON: Duration = Duration::from_secs(3);

/// How often a condition is looked at.
const STEP: Duration = Duration::from_millis(50);

/// How long one is willing to look again.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    end: Instant,
}

impl Patience {
    /// From now on, for so long.
    pub fn new(lasts: Duration) -> Self {
        Self {
            end: Instant::now() + lasts,
        }
    }

    /// Waits a moment and says whether to look again.
    pub async fn lasts(&self) -> bool {
        sleep(STEP).await;
        Instant::now() < self.end
    }
}

/// Looks until there is something, for at most `lasts`.
///
/// # Errors
/// The first fault of `look`.
pub async fn until<T, F>(lasts: Duration, mut look: impl FnMut() -> F) -> Result<Option<T>, Fault>
where
    F: Future<Output = Result<Option<T>, Fault>>,
{
    let patience = Patience::new(lasts);
    loop {
        let found = look().await?;
        if found.is_some() || !patience.lasts().await {
            return Ok(found);
        }
    }
}
