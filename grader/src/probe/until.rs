//! Waiting for a condition, never for a time.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::model::Fault;

/// How long something that a service has acknowledged may take to be seen.
pub const SOON: Duration = Duration::from_secs(3);

/// How often a condition is looked at.
const STEP: Duration = Duration::from_millis(50);

/// Looks until there is something, for at most `patience`.
///
/// # Errors
/// The first fault of `look`.
pub async fn until<T, F>(
    patience: Duration,
    mut look: impl FnMut() -> F,
) -> Result<Option<T>, Fault>
where
    F: Future<Output = Result<Option<T>, Fault>>,
{
    let deadline = Instant::now() + patience;
    loop {
        let found = look().await?;
        if found.is_some() || Instant::now() >= deadline {
            return Ok(found);
        }
        sleep(STEP).await;
    }
}
