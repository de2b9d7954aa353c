//! A world of containers that is started otherwise, released again, and raised from what Git tracks.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use grader::model::WorldKind;
use grader::runtime::{Exited, Liveness, Phase, Stop, Trouble, World, WorldSpec};

use super::bench::{Bench, engine, get, name, raised, spec, things};

const SOON: Duration = Duration::from_secs(60);

/// The variables a service says it has.
async fn told(world: &World) -> serde_json::Value {
    let about: serde_json::Value = serde_json::from_str(&get(world, "/").await).unwrap();
    about["env"].clone()
}

fn set(name: &str, value: &str) -> (String, Option<String>) {
    (name.to_owned(), Some(value.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_hold_for_one_start() {
    if !engine() {
        return;
    }
    let bench = Bench::python("import lib; lib.serve()", Some("nobody"));
    let (runtime, world) = bench.up().await;
    let before = world.base_url(0);
    world.stop(Stop::Kill).await.unwrap();
    let changes = vec![set("COLOUR", "red"), ("DATABASE_URL".to_owned(), None)];
    world.launch(&changes).await.unwrap();
    world.ready(SOON).await.unwrap();
    let env = told(&world).await;
    assert_eq!(env["COLOUR"], "red");
    assert_eq!(env.get("DATABASE_URL"), None);
    world.restart(Stop::Kill).await.unwrap();
    let env = told(&world).await;
    assert_eq!(env.get("COLOUR"), None);
    assert!(env["DATABASE_URL"].as_str().is_some());
    assert_eq!(world.base_url(0), before, "its way in stays");
    let run = name(&*runtime);
    runtime.close().await.unwrap();
    assert_eq!(things(&run), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_launch_that_fails_is_a_story_and_can_be_made_good() {
    if !engine() {
        return;
    }
    let app = "
import lib, os, sys
if not os.environ.get('COLOUR', 'red'): sys.exit('COLOUR is empty')
lib.serve(port=8000 if os.environ['PORT'] == 'abc' else None)";
    let bench = Bench::python(app, Some("nobody"));
    let (runtime, world) = bench.up().await;
    world.stop(Stop::Kill).await.unwrap();
    world.launch(&vec![set("COLOUR", "")]).await.unwrap();
    let Err(Trouble::Story(story)) = world.ready(SOON).await else {
        panic!("it must not come up");
    };
    assert_eq!(
        (story.phase, story.exit),
        (Phase::Start, Some(Exited::Code(1)))
    );
    assert_eq!(story.log_tail, ["COLOUR is empty"]);
    assert!(!world.alive().iter().all(Liveness::runs));

    // On a port of its own choice it is followed, as at any start; asking twice is no other answer.
    world.launch(&vec![set("PORT", "abc")]).await.unwrap();
    for _ in 0..2 {
        world.ready(SOON).await.unwrap();
        let boot = world.boots().remove(0);
        assert_eq!(boot.port_used, 8000, "{boot:?}");
        assert_eq!(told(&world).await["PORT"], "abc");
    }
    world.restart(Stop::Kill).await.unwrap();
    assert_ne!(world.boots()[0].port_used, 8000);
    runtime.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_release_runs_as_often_as_asked() {
    if !engine() {
        return;
    }
    let release = "
import os, socket, sys
host = os.environ['DATABASE_URL'].split('@')[-1].split(':')[0]
socket.create_connection((host, 5432)).close()
print('released')
sys.exit(3 if os.path.exists('/app/refuse.py') else 0)";
    let bench = Bench::python("import lib; lib.serve()", Some("nobody"));
    bench.write("release.py", release);
    bench.write(
        "grader.toml",
        "[docker.release]\ncommand = 'python release.py'\n",
    );
    let (runtime, world) = bench.up().await;
    assert!(world.boots()[0].release_seconds.is_some());
    let ended = world.release(2).await.unwrap();
    assert!(
        ended.len() == 2 && ended.iter().all(Result::is_ok),
        "{ended:?}"
    );
    assert!(told(&world).await["DATABASE_URL"].as_str().is_some());
    runtime.close().await.unwrap();

    bench.write("refuse.py", "");
    let story = bench.story(60).await;
    assert_eq!(
        (story.phase, story.exit),
        (Phase::Release, Some(Exited::Code(3)))
    );
    assert_eq!(story.log_tail, ["released"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_lacks_what_git_does_not_track() {
    if !engine() {
        return;
    }
    let bench = Bench::python("import lib, extra; lib.serve()", Some("nobody"));
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.args(args).current_dir(bench.folder.path());
        assert!(git.output().unwrap().status.success(), "{args:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    bench.write("extra.py", "");
    let clone = WorldSpec {
        tracked: true,
        ..WorldSpec::new("clone", WorldKind::Fresh)
    };
    let (runtime, _world) = bench.up().await;
    assert_eq!(runtime.untracked().unwrap(), [PathBuf::from("extra.py")]);
    let Err(Trouble::Story(story)) = runtime.raise(&clone).await else {
        panic!("the clone must not come up");
    };
    assert_eq!(story.phase, Phase::Start);
    assert!(story.summary.contains("exit code 1"), "{story:?}");
    runtime.close().await.unwrap();

    git(&["add", "extra.py"]);
    let runtime = bench.open().await;
    raised(&*runtime, &clone).await;
    runtime.close().await.unwrap();

    // Without its Dockerfile nobody can tell how a clone is built.
    git(&["rm", "-q", "--cached", "Dockerfile"]);
    let runtime = bench.open().await;
    raised(&*runtime, &spec(60)).await;
    let Err(Trouble::Story(story)) = runtime.raise(&clone).await else {
        panic!("the clone must not be built");
    };
    assert_eq!(story.phase, Phase::Build);
    assert!(
        story.waited_for.contains("a tracked Dockerfile"),
        "{story:?}"
    );
    runtime.close().await.unwrap();
}
