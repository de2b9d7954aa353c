//! A runtime of the test's own.

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::model::{Fault, RuntimeKind};
use crate::runtime::{
    BootFacts, BootStory, Built, Door, Host, Liveness, Runtime, Stop, Stores, Trouble, World,
    WorldSpec,
};

/// Raises worlds that nobody answers in, or tells a story.
#[derive(Default)]
pub(super) struct Fake {
    pub(super) story: Option<BootStory>,
    pub(super) gives_way: bool,
}

impl Runtime for Fake {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Local
    }

    fn why(&self) -> &str {
        "a fake"
    }

    fn folder(&self) -> Option<std::path::PathBuf> {
        None
    }

    fn build(&self) -> BoxFuture<'_, Result<Built, Trouble>> {
        async { Ok(Built::default()) }.boxed()
    }

    fn raise<'a>(&'a self, spec: &'a WorldSpec) -> BoxFuture<'a, Result<World, Trouble>> {
        let raised = match &self.story {
            Some(story) => Err(story.clone().into()),
            None => Ok(World::new(spec.clone(), None, None, Box::new(Nobody))),
        };
        async move { raised }.boxed()
    }

    fn holds(&self) -> BoxFuture<'_, Result<(), Fault>> {
        let full = Fault::new("looking at the disk", "it is full");
        async { if self.gives_way { Err(full) } else { Ok(()) } }.boxed()
    }

    fn door<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, Result<Door, Trouble>> {
        async { Err(Trouble::Unsupported("a fake".into())) }.boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Fault>> {
        async { Ok(()) }.boxed()
    }
}

struct Nobody;

impl Host for Nobody {
    fn boots(&self) -> Vec<BootFacts> {
        Vec::new()
    }

    fn stop(&self, _: Stop) -> BoxFuture<'_, Result<Vec<Liveness>, Trouble>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn start(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        async { Ok(()) }.boxed()
    }

    fn pause(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        async { Ok(()) }.boxed()
    }

    fn resume(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        async { Ok(()) }.boxed()
    }

    fn alive(&self) -> Vec<Liveness> {
        Vec::new()
    }

    fn log_tail(&self, _: usize) -> Vec<String> {
        Vec::new()
    }

    fn stores(&self) -> BoxFuture<'_, Result<Stores, Trouble>> {
        async { Ok(Stores::default()) }.boxed()
    }

    fn lower(&self) -> BoxFuture<'_, Result<(), Fault>> {
        async { Ok(()) }.boxed()
    }
}
