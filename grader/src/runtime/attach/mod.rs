//! The attach runtime: a service that already runs, under a debugger or in somebody's compose file. It is asked,
//! never started, stopped or killed.

mod vet;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::Url;

use super::postgres::Database;
use super::ready::{Answer, Asker};
use super::world::Host;
use super::{
    BootFacts, BootStory, Built, Door, Liveness, Options, Phase, Refusal, Runtime, Stop, Stores,
    Trouble, World, WorldSpec,
};
use crate::model::{Fault, RuntimeKind, WorldKind};

/// Why nothing is restarted.
const NOT_OURS: &str = "the grader did not start this service, so it does not stop or restart it";

/// A service somebody else has started.
pub(crate) struct Attach {
    base: String,
    database: Option<Database>,
}

impl Attach {
    /// Checks that asking this service harms nobody: its address and its database.
    pub(crate) async fn open(url: &str, options: &Options) -> Result<Self, Refusal> {
        let base = vet::address(url, options.i_own_this).await?;
        let database = match &options.database_url {
            Some(url) => Some(vet::database(url, options.i_own_this, options.allow_data).await?),
            None => None,
        };
        Ok(Self { base, database })
    }
}

impl Runtime for Attach {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Attach
    }

    fn why(&self) -> &str {
        match self.database {
            Some(_) => "a service that already runs, and its database",
            None => {
                "a service that already runs; without --database-url only what shows from outside is graded"
            }
        }
    }

    fn folder(&self) -> Option<PathBuf> {
        None
    }

    fn build(&self) -> BoxFuture<'_, Result<Built, Trouble>> {
        async { Ok(Built::default()) }.boxed()
    }

    fn raise<'a>(&'a self, spec: &'a WorldSpec) -> BoxFuture<'a, Result<World, Trouble>> {
        async move {
            let why = match spec.kind {
                WorldKind::Main | WorldKind::Static if !spec.own_cluster => None,
                WorldKind::Replicas => Some("there is one process of this service, and the grader starts no other"),
                _ => Some("there is one running service with settings of its own; the grader starts no other"),
            };
            if let Some(why) = why {
                return Err(Trouble::Unsupported(why.into()));
            }
            let boot = self.wait(spec).await?;
            Ok(World::new(spec.clone(), self.database.clone(), None, Box::new(Running { boot })))
        }
        .boxed()
    }

    fn door<'a>(&'a self, _name: &'a str, _port: u16) -> BoxFuture<'a, Result<Door, Trouble>> {
        let why =
            "a service that already runs has its settings; the grader cannot tell it whom to call";
        async move { Err(Trouble::Unsupported(why.into())) }.boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Fault>> {
        async { Ok(()) }.boxed()
    }
}

impl Attach {
    /// Waits until it is ready. It runs already, so a few seconds must do.
    async fn wait(&self, spec: &WorldSpec) -> Result<BootFacts, Trouble> {
        let (asker, begun) = (Asker::new(&spec.ready, &self.base)?, Instant::now());
        let within = spec.within.min(Duration::from_secs(10));
        loop {
            let answer = asker.ask(&self.base).await;
            let seconds = begun.elapsed().as_secs_f64();
            if answer == Answer::Ready {
                let port = self
                    .base
                    .parse::<Url>()
                    .ok()
                    .and_then(|url| url.port_or_known_default());
                return Ok(BootFacts {
                    port_asked: 0,
                    port_used: port.unwrap_or_default(),
                    listens: Vec::new(),
                    base_url: self.base.clone(),
                    seconds,
                    release_seconds: None,
                });
            }
            if begun.elapsed() > within {
                return Err(self.story(&asker, &answer, within, seconds).into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn story(&self, asker: &Asker, answer: &Answer, within: Duration, seconds: f64) -> BootStory {
        let operation = asker.operation();
        let (summary, step) = told(&operation, answer, &self.base);
        BootStory {
            phase: Phase::Ready,
            summary,
            waited_for: format!(
                "`{operation}` to answer 2xx within {} s",
                within.as_secs_f64()
            ),
            command: String::new(),
            exit: None,
            last_answer: Some(answer.to_string()),
            log_tail: Vec::new(),
            try_next: vec![step],
            listens: Vec::new(),
            seconds,
        }
    }
}

/// What is wrong in one sentence, and what to try.
fn told(operation: &str, answer: &Answer, base: &str) -> (String, String) {
    let (summary, step) = match answer {
        Answer::Refused => (
            "nobody listens at the address of --url".to_owned(),
            "start the service, then the grader",
        ),
        Answer::Silence => (
            "the service accepts connections and never answers".to_owned(),
            "look at what it waits for",
        ),
        Answer::NotHttp => (
            "what listens there does not speak HTTP".to_owned(),
            "check scheme and port of --url",
        ),
        Answer::Untrusted(why) => (
            format!("the certificate of --url is not trusted by this machine: {why}"),
            "name the plain HTTP address behind the proxy, or trust its certificate: SSL_CERT_FILE=ca.pem",
        ),
        Answer::Elsewhere(..) => (
            format!("`{operation}` answers {answer} instead of 2xx"),
            "no redirect is followed, for a POST would lose its body: name the address it leads to in --url",
        ),
        // The contract's base path stands before every path already.
        Answer::Status(404) if said_twice(operation, base) => (
            format!("`{operation}` below --url answers {answer} instead of 2xx"),
            "leave the base path of the contract out of --url: it stands before every path already",
        ),
        other => (
            format!("`{operation}` answers {other} instead of 2xx"),
            "call it with curl and read the answer",
        ),
    };
    (summary, step.to_owned())
}

/// Whether the path of `--url` ends as the path of the operation begins.
fn said_twice(operation: &str, base: &str) -> bool {
    let path = operation.split(' ').next_back().unwrap_or_default();
    let own = base
        .parse::<Url>()
        .map(|u| u.path().trim_end_matches('/').to_owned());
    let own = own.unwrap_or_default();
    let mut starts = path.match_indices('/').skip(1).map(|(i, _)| &path[..i]);
    !own.is_empty() && starts.any(|start| own.ends_with(start))
}

/// A service that is not ours to start or stop.
struct Running {
    boot: BootFacts,
}

impl Host for Running {
    fn boots(&self) -> Vec<BootFacts> {
        vec![self.boot.clone()]
    }

    fn stop(&self, _how: Stop) -> BoxFuture<'_, Result<Vec<Liveness>, Trouble>> {
        async { Err(Trouble::Unsupported(NOT_OURS.into())) }.boxed()
    }

    fn start(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        async { Err(Trouble::Unsupported(NOT_OURS.into())) }.boxed()
    }

    fn pause(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        async { Err(Trouble::Unsupported(NOT_OURS.into())) }.boxed()
    }

    fn resume(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        async { Err(Trouble::Unsupported(NOT_OURS.into())) }.boxed()
    }

    fn alive(&self) -> Vec<Liveness> {
        vec![Liveness {
            pid: None,
            started: None,
            exit: None,
        }]
    }

    fn log_tail(&self, _lines: usize) -> Vec<String> {
        Vec::new()
    }

    fn stores(&self) -> BoxFuture<'_, Result<Stores, Trouble>> {
        let why = "the files and connections of a service that the grader did not start are not looked at";
        async move { Err(Trouble::Unsupported(why.into())) }.boxed()
    }

    fn lower(&self) -> BoxFuture<'_, Result<(), Fault>> {
        async { Ok(()) }.boxed()
    }
}
