//! A world that is started otherwise, released again, and raised from what Git tracks.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use grader::model::WorldKind;
use grader::runtime::{Exited, Liveness, Phase, Stop, Trouble, WorldSpec};

use super::bench::{Bench, about, spec};

const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
async fn changes_hold_for_one_start() {
    let bench = Bench::python("import lib\nlib.serve()\n");
    let runtime = bench.open().await;
    let world = runtime.raise(&spec(30.0)).await.unwrap();
    world.stop(Stop::Kill).await.unwrap();
    let changes = vec![
        ("COLOUR".to_owned(), Some("red".to_owned())),
        ("DATABASE_URL".to_owned(), None),
    ];
    world.launch(&changes).await.unwrap();
    world.ready(SOON).await.unwrap();
    let told = about(&world, 0).await["env"].clone();
    assert_eq!(told["COLOUR"], "red");
    assert_eq!(told.get("DATABASE_URL"), None);
    world.restart(Stop::Kill).await.unwrap();
    let told = about(&world, 0).await["env"].clone();
    assert_eq!(told.get("COLOUR"), None);
    assert!(told["DATABASE_URL"].as_str().is_some());
    runtime.close().await.unwrap();
    bench.nothing_runs();
}

#[tokio::test]
async fn a_launch_that_fails_is_a_story_and_can_be_made_good() {
    let bench = Bench::python(
        "import lib, os, sys\nif not os.environ.get('COLOUR', 'red'): sys.exit('COLOUR is empty')\nlib.serve()\n",
    );
    let runtime = bench.open().await;
    let world = runtime.raise(&spec(30.0)).await.unwrap();
    world.stop(Stop::Kill).await.unwrap();
    let empty = vec![("COLOUR".to_owned(), Some(String::new()))];
    world.launch(&empty).await.unwrap();
    let Err(Trouble::Story(story)) = world.ready(SOON).await else {
        panic!("it must not come up");
    };
    assert_eq!(
        (story.phase, story.exit),
        (Phase::Start, Some(Exited::Code(1)))
    );
    assert_eq!(story.log_tail, ["COLOUR is empty"]);
    assert!(!world.alive().iter().all(Liveness::runs));
    world.start().await.unwrap();
    runtime.close().await.unwrap();
    bench.nothing_runs();
}

#[tokio::test]
async fn the_release_runs_as_often_as_asked() {
    let bench = Bench::python("import lib\nlib.serve()\n");
    bench.write("Procfile", "release: sh release.sh\nweb: python3 app.py\n");
    bench.write(
        "release.sh",
        "echo run >> runs\ntest ! -e refuse || exit 3\n",
    );
    let runtime = bench.open().await;
    let world = runtime.raise(&spec(30.0)).await.unwrap();
    let ended = world.release(2).await.unwrap();
    assert!(
        ended.len() == 2 && ended.iter().all(Result::is_ok),
        "{ended:?}"
    );
    let app = bench.worlds().join("main/app");
    let runs = std::fs::read_to_string(app.join("runs")).unwrap();
    assert_eq!(runs.lines().count(), 3);
    std::fs::write(app.join("refuse"), "").unwrap();
    let ended = world.release(1).await.unwrap();
    let story = ended[0].as_ref().unwrap_err();
    assert_eq!(
        (story.phase, story.exit),
        (Phase::Release, Some(Exited::Code(3)))
    );
    runtime.close().await.unwrap();
    bench.nothing_runs();
}

#[tokio::test]
async fn a_clone_lacks_what_git_does_not_track() {
    let bench = Bench::python("import lib, extra\nlib.serve()\n");
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.args(args).current_dir(bench.folder.path());
        assert!(git.output().unwrap().status.success(), "{args:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    bench.write("extra.py", "");
    bench.write("notes/idea.txt", "");
    let clone = WorldSpec {
        tracked: true,
        ..WorldSpec::new("clone", WorldKind::Fresh)
    };
    let runtime = bench.open().await;
    let untracked = runtime.untracked().unwrap();
    assert_eq!(untracked, ["extra.py", "notes/idea.txt"].map(PathBuf::from));
    runtime.raise(&spec(30.0)).await.unwrap();
    let Err(Trouble::Story(story)) = runtime.raise(&clone).await else {
        panic!("the clone must not come up");
    };
    assert_eq!(story.phase, Phase::Start);
    runtime.close().await.unwrap();
    git(&["add", "extra.py"]);
    let runtime = bench.open().await;
    runtime.raise(&clone).await.unwrap();
    runtime.close().await.unwrap();
    bench.nothing_runs();
}
