//! A submission in containers, and what to expect of it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use grader::model::WorldKind;
use grader::runtime::{BootStory, Choice, Limits, Options, Runtime, Trouble, World, WorldSpec};
use grader::submission::Submission;
use tempfile::TempDir;

use crate::runtime::bench::{SERVICE, open_folder};

/// What a service of these tests stands on: an image that `ci/base-images` builds for the references too.
pub(crate) const BASE: &str = "python:3.12-slim";

/// Whether an engine answers. Where none does, the test is not run, and says so; it fails where `GRADER_TEST_DOCKER`
/// says that one must (`ci/test` does).
pub(crate) fn engine() -> bool {
    let asked = Command::new("docker").args(["version"]).output();
    let answers = asked.is_ok_and(|o| o.status.success());
    if !answers {
        assert!(
            std::env::var_os("GRADER_TEST_DOCKER").is_none(),
            "no Docker engine answers, and GRADER_TEST_DOCKER is set"
        );
        eprintln!("NOT RUN: no Docker engine answers (ci/provision starts one)");
    }
    answers
}

/// Sees to it that base images are there that not every run needs: `ci/base-images` with these words.
pub(crate) fn base_images(words: &[&str]) {
    let program = crate::grade::bench::root().join("ci/base-images");
    let made = Command::new(program).args(words).output().unwrap();
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{words:?}: {said}");
}

/// What `docker …` prints.
pub(crate) fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A submission and a cache; both go when this does.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) cache: TempDir,
    pub(crate) options: Options,
}

impl Bench {
    /// A service whose `app.py` is this, run by `user` (none: root). `lib.py` is [`SERVICE`].
    pub(crate) fn python(app: &str, user: Option<&str>) -> Self {
        let user = user.map_or_else(String::new, |user| format!("USER {user}\n"));
        let dockerfile = format!(
            "FROM {BASE}\nWORKDIR /app\nCOPY *.py ./\n{user}CMD [\"python\", \"-u\", \"app.py\"]\n"
        );
        Self::of(&[
            ("Dockerfile", dockerfile.as_str()),
            ("lib.py", SERVICE),
            ("app.py", app),
        ])
    }

    /// A submission of these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let bench = Self {
            folder: open_folder(),
            cache: open_folder(),
            options: Options {
                choice: Choice::Docker,
                ..Options::default()
            },
        };
        for (name, text) in files {
            bench.write(name, text);
        }
        bench
    }

    /// A file of it.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// With these limits.
    pub(crate) fn limited(mut self, limit: impl FnOnce(&mut Limits)) -> Self {
        limit(&mut self.options.limits);
        self
    }

    pub(crate) async fn open(&self) -> Box<dyn Runtime> {
        let submission = Submission::open(self.folder.path()).unwrap();
        let options = Options {
            cache: Some(self.cache.path().to_owned()),
            ..self.options.clone()
        };
        grader::runtime::open(Some(submission), options)
            .await
            .unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    /// Up, with its runtime.
    pub(crate) async fn up(&self) -> (Box<dyn Runtime>, World) {
        let runtime = self.open().await;
        let world = raised(&*runtime, &spec(60)).await;
        (runtime, world)
    }

    /// The story of a service that does not come up within so many seconds.
    pub(crate) async fn story(&self, seconds: u64) -> BootStory {
        let runtime = self.open().await;
        let trouble = match runtime.build().await {
            Ok(_) => runtime.raise(&spec(seconds)).await.map(drop),
            Err(trouble) => Err(trouble),
        };
        runtime.close().await.unwrap();
        match trouble {
            Err(Trouble::Story(story)) => *story,
            other => panic!("{other:?}"),
        }
    }
}

/// A main world within so many seconds.
pub(crate) fn spec(seconds: u64) -> WorldSpec {
    WorldSpec {
        within: Duration::from_secs(seconds),
        ..WorldSpec::new("main", WorldKind::Main)
    }
}

/// Built and raised.
pub(crate) async fn raised(runtime: &dyn Runtime, spec: &WorldSpec) -> World {
    let built = runtime.build().await;
    built.unwrap_or_else(|trouble| panic!("{trouble:?}"));
    let world = runtime.raise(spec).await;
    world.unwrap_or_else(|trouble| panic!("{trouble:?}"))
}

/// What a GET of this path answers, in its body.
pub(crate) async fn get(world: &World, path: &str) -> String {
    let url = format!("{}{path}", world.base_url(0));
    let answer = reqwest::get(url).await.unwrap();
    answer.text().await.unwrap()
}

/// The name of a run, as everything of it on the engine begins.
pub(crate) fn name(runtime: &dyn Runtime) -> String {
    let folder: PathBuf = runtime.folder().unwrap();
    format!("grader-{}", folder.file_name().unwrap().to_string_lossy())
}

/// Containers and networks of a run that are on the engine, by name.
pub(crate) fn things(run: &str) -> Vec<String> {
    let label = format!("label=org.grader.run={run}");
    let containers = docker(&["ps", "-a", "--filter", &label, "--format", "{{.Names}}"]);
    let networks = docker(&["network", "ls", "--filter", &label, "--format", "{{.Name}}"]);
    (containers + &networks)
        .lines()
        .map(str::to_owned)
        .collect()
}
