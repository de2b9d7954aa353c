//! `grader grade --url`: services that somebody else has started, bare and behind a proxy.

mod judged;
mod proxy;
mod refused;

use std::path::{Path, PathBuf};

use grader::model::WorldKind;
use grader::runtime::{Choice, Options, Runtime, World, WorldSpec};
use grader::submission::Submission;

use super::bench::{Grader, root};
use super::ended::Ended;

/// A service that runs, as somebody might have started it by hand, beside an empty database of its own.
struct Theirs {
    runtime: Box<dyn Runtime>,
    world: World,
    pack: PathBuf,
}

impl Theirs {
    /// Builds and starts a submission; `ready` is its health check, base path included.
    async fn start(service: &Path, pack: PathBuf, ready: &str) -> Self {
        let submission = Submission::open(service).unwrap();
        let options = Options {
            choice: Choice::Local,
            ..Options::default()
        };
        let runtime = grader::runtime::open(Some(submission), options)
            .await
            .unwrap();
        runtime.build().await.unwrap();
        let spec = WorldSpec {
            ready: ("GET".to_owned(), ready.to_owned()),
            ..WorldSpec::new("theirs", WorldKind::Main)
        };
        let world = runtime.raise(&spec).await.unwrap();
        Self {
            runtime,
            world,
            pack,
        }
    }

    /// The reference of the first project.
    async fn listings() -> Self {
        let pack = root().join("projects/1-listings");
        Self::start(&super::bench::reference(), pack, "/healthz").await
    }

    /// A service below `/api/v2` with logins.
    async fn boathouse() -> Self {
        let pack = root().join("fixtures/contracts/boathouse");
        Self::start(&pack.join("service"), pack.clone(), "/api/v2/health").await
    }

    fn url(&self) -> String {
        self.world.base_url(0)
    }

    fn database(&self) -> &str {
        &self.world.database().unwrap().service_url
    }

    /// Attaches to it, wherever that may be; nothing about its folder is known.
    async fn attach(&self, url: &str, args: &[&str]) -> Ended {
        let pack = self.pack.to_str().unwrap();
        let nowhere = crate::runtime::bench::open_folder();
        let grader = Grader::grade(
            &nowhere.path().join("none"),
            &["--url", url, "--project", pack],
        );
        let grader = grader.args(args);
        // The proxies of these tests share the thread of the test.
        tokio::task::spawn_blocking(move || grader.run())
            .await
            .unwrap()
    }

    async fn stop(self) {
        assert!(self.world.alive()[0].runs(), "attaching ends nothing");
        self.runtime.close().await.unwrap();
    }
}
