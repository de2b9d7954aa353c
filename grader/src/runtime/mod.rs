//! Raising a submission beside a real Postgres.
//!
//! A [`Runtime`] builds a submission once and raises as many [`World`]s as the run needs: each a database and
//! one or more processes of the service. What goes wrong with the *service* is a [`BootStory`], told to the
//! learner; what goes wrong with *us* is a [`Fault`](crate::model::Fault). Both travel in [`Trouble`].

mod attach;
mod causes;
mod docker;
pub mod doctor;
mod door;
mod facts;
mod gate;
mod kept;
mod local;
mod machine;
mod open;
mod output;
pub mod postgres;
mod ready;
mod requirements;
mod shell;
mod spec;
mod story;
mod telling;
pub(crate) mod tls;
mod world;

use std::path::PathBuf;

use futures::future::BoxFuture;

use crate::model::{Fault, RuntimeKind};
use crate::submission::Submission;

pub(crate) use docker::engine_to_name;
pub use door::Door;
pub use facts::{BootFacts, Liveness, Stop};
pub use kept::{FileStore, Outgoing, StoreKind, Stores, WrittenFile};
pub use open::{Choice, Options, Refusal, open};
pub use spec::{Built, Limits, WorldSpec};
pub use story::{BootStory, Exited, Phase, Trouble};
#[cfg(test)]
pub(crate) use world::Host;
pub use world::{Changes, Released, World};

/// How submissions are raised. One behaviour, several ways: child processes, containers, a service that
/// already runs. Held as `Box<dyn Runtime>`, so that a way more needs no change elsewhere.
pub trait Runtime: Send + Sync {
    /// Which way this is.
    fn kind(&self) -> RuntimeKind;

    /// Why this way was chosen: one line, the first of the report.
    fn why(&self) -> &str;

    /// The folder of this run, for those who must keep machine paths out of reports; none when attached.
    fn folder(&self) -> Option<PathBuf>;

    /// What is raised, as it was handed in; none when attached.
    fn submission(&self) -> Option<&Submission> {
        None
    }

    /// The files of the submission that Git does not track, and that a clone of it would lack; none where that cannot
    /// be told.
    fn untracked(&self) -> Option<Vec<PathBuf>> {
        None
    }

    /// Builds the submission, or finds it built. Called once, before the first [`raise`](Runtime::raise).
    ///
    /// # Errors
    /// A [`BootStory`] of the build, or a fault of ours.
    fn build(&self) -> BoxFuture<'_, Result<Built, Trouble>>;

    /// Raises a world and waits until each of its replicas answers its ready operation. Worlds may be raised
    /// side by side.
    ///
    /// # Errors
    /// A [`BootStory`] of the release or the start, or a fault of ours.
    fn raise<'a>(&'a self, spec: &'a WorldSpec) -> BoxFuture<'a, Result<World, Trouble>>;

    /// Whether what we gave the service held so far: a database server that runs, on a disk with room. What a
    /// service does without them says nothing about it.
    ///
    /// # Errors
    /// A fault that says what gave way, and its cure.
    fn holds(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async { Ok(()) })
    }

    /// Opens a [`Door`]: the service reaches it at `name` and `port`, or where its address says; we hear who calls.
    /// Open it before the world that needs its address. `name` (lower case letters, digits and `-`) is not used
    /// twice in a run.
    ///
    /// # Errors
    /// `Unsupported` when attached; a fault of ours.
    fn door<'a>(&'a self, name: &'a str, port: u16) -> BoxFuture<'a, Result<Door, Trouble>>;

    /// Lowers every world still up, ends every process and removes every folder of this run. Well under two
    /// seconds, and safe to call twice.
    ///
    /// # Errors
    /// A fault, if something of ours could not be removed.
    fn close(&self) -> BoxFuture<'_, Result<(), Fault>>;
}
