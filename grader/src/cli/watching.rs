//! Ctrl-C, and worlds that are left up for a look.

use std::time::Duration;

use super::say;
use crate::run::Run;
use crate::runtime::Runtime;

/// Ends when the user asks to stop: Ctrl-C, or the SIGTERM of a supervisor.
pub(super) async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = match signal(SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(_) => return std::future::pending().await,
    };
    tokio::select! {
        // An error means that no handler could be set: then the default one ends the program.
        Ok(()) = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Lowers everything after an interruption, within the two seconds a waiting user has. What is left after
/// that is swept at the next start.
pub(super) async fn lower(runtime: &dyn Runtime) {
    let closed = tokio::time::timeout(Duration::from_secs(2), runtime.close()).await;
    if !matches!(closed, Ok(Ok(()))) {
        say("some of it could not be stopped in time; the next start of the grader clears it away");
    }
}

/// Says where the kept service answers, and waits for Ctrl-C.
pub(super) async fn keep(run: &Run) {
    for line in &run.kept {
        say(&format!("kept: {line}"));
    }
    say("kept: press Ctrl-C to stop it and see the report");
    interrupted().await;
}
