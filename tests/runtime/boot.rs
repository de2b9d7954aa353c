//! Services that come up, and the stories of those that do not.

use grader::model::WorldKind;
use grader::runtime::{Exited, Phase, WorldSpec};

use super::bench::{Bench, about, spec};

#[tokio::test]
async fn a_service_comes_up_with_the_contracts_variables_and_nothing_else() {
    let bench = Bench::python("import lib; lib.serve()");
    let runtime = bench.open().await;
    runtime.build().await.unwrap();
    let mut spec = spec(20.0);
    spec.env.insert("JWT_SECRET".into(), "s3cret".into());
    let world = runtime.raise(&spec).await.unwrap();
    let boot = world.boots().remove(0);
    assert_eq!(boot.port_asked, boot.port_used);
    assert!(
        boot.listens
            .iter()
            .any(|a| a.port() == boot.port_asked && a.ip().is_unspecified())
    );
    let about = about(&world, 0).await;
    let mut names: Vec<_> = about["env"].as_object().unwrap().keys().cloned().collect();
    // The shell and the C library may add their own.
    names.retain(|name| !["PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"].contains(&name.as_str()));
    names.sort();
    assert_eq!(
        names,
        [
            "DATABASE_URL",
            "GRADER_RUN",
            "HOME",
            "JWT_SECRET",
            "LANG",
            "PATH",
            "PORT",
            "TZ"
        ]
    );
    assert_eq!(
        about["env"]["DATABASE_URL"],
        world.database().unwrap().service_url.as_str()
    );
    assert_ne!(about["uid"], 0, "never as root");
    assert!(
        about["cwd"]
            .as_str()
            .unwrap()
            .starts_with(bench.cache.path().canonicalize().unwrap().to_str().unwrap())
    );
    if nix_is_root() {
        assert_eq!(about["groups"], serde_json::json!([]), "no group of root's");
    }
    assert!(world.log_tail(10).contains(&"asked /healthz".to_owned()));
    world.lower().await.unwrap();
    assert!(!world.alive()[0].runs());
    runtime.close().await.unwrap();
    bench.nothing_runs();
}

fn nix_is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::metadata(folder.path()).unwrap().uid() == 0
}

#[tokio::test]
async fn a_start_command_that_ends_is_told_with_its_last_words() {
    let bench = Bench::python("print('one'); import flask_of_another_world");
    let story = bench.story(&spec(20.0)).await;
    assert_eq!(story.phase, Phase::Start);
    assert_eq!(story.exit, Some(Exited::Code(1)));
    assert_eq!(
        story.summary,
        "the start command ended before the service answered (exit code 1)"
    );
    assert!(
        story.log_tail.contains(&"one".to_owned()),
        "{:?}",
        story.log_tail
    );
    assert!(
        story.try_next[0].contains("flask_of_another_world"),
        "{:?}",
        story.try_next
    );
    assert!(
        story
            .waited_for
            .contains("`GET /healthz` to answer 2xx on the port in $PORT")
    );
}

#[tokio::test]
async fn a_command_that_is_not_there_is_told() {
    let story = Bench::web("no-such-server --port $PORT")
        .story(&spec(20.0))
        .await;
    assert_eq!(
        (story.phase, story.exit),
        (Phase::Start, Some(Exited::Code(127)))
    );
    assert!(
        story.try_next[0].contains("no-such-server"),
        "{:?}",
        story.try_next
    );
}

#[tokio::test]
async fn a_service_that_never_listens_is_told() {
    let story = Bench::web("sleep 1000").story(&spec(0.6)).await;
    assert_eq!((story.phase, story.exit), (Phase::Ready, None));
    assert_eq!(story.summary, "the service runs and listens on no port");
    assert!(story.listens.is_empty());
}

#[tokio::test]
async fn a_service_that_accepts_and_never_answers_is_told() {
    let app = "import os, socket, time\n\
               s = socket.create_server(('0.0.0.0', int(os.environ['PORT'])))\n\
               held = []\nwhile True: held.append(s.accept())\n";
    let story = Bench::python(app).story(&spec(1.0)).await;
    assert_eq!(story.phase, Phase::Ready);
    assert_eq!(
        story.summary,
        "the service accepts connections and never answers"
    );
    assert_eq!(story.listens.len(), 1);
}

#[tokio::test]
async fn a_service_that_is_not_ready_or_speaks_another_tongue_is_told() {
    let app = "import lib, os\nlib.Handler.do_GET = lambda self: self.send_error(503)\nlib.serve()";
    let story = Bench::python(app).story(&spec(1.5)).await;
    assert_eq!(
        story.summary,
        "`GET /healthz` answers 503 Service Unavailable instead of 2xx"
    );
    assert_eq!(
        story.last_answer.as_deref(),
        Some("503 Service Unavailable")
    );
    let app = "import os, socket\n\
               s = socket.create_server(('0.0.0.0', int(os.environ['PORT'])))\n\
               while True:\n    c, _ = s.accept(); c.recv(9999); c.sendall(b'220 hello\\r\\n'); c.close()\n";
    let story = Bench::python(app).story(&spec(1.5)).await;
    assert_eq!(
        story.summary,
        "what listens on the port does not speak HTTP"
    );
}

#[tokio::test]
async fn the_release_runs_once_before_the_first_start_and_its_failure_is_told() {
    let procfile = "release: echo released >> $HOME/../releases\nweb: python3 app.py\n";
    let app = "import lib, os\nassert open(os.environ['HOME'] + '/../releases').read() == 'released\\n'\nlib.serve()";
    let bench = Bench::new(&[
        ("Procfile", &procfile.replace("$HOME/..", "$HOME")),
        ("app.py", &app.replace("/../", "/")),
    ]);
    let runtime = bench.open().await;
    let world = runtime.raise(&spec(20.0)).await.unwrap();
    assert!(world.boots()[0].release_seconds.is_some());
    world.restart(grader::runtime::Stop::Term).await.unwrap();
    runtime.close().await.unwrap();
    let failing = Bench::new(&[(
        "Procfile",
        "release: echo no such table; exit 3\nweb: python3 app.py\n",
    )]);
    let story = failing.story(&spec(20.0)).await;
    assert_eq!(
        (story.phase, story.exit),
        (Phase::Release, Some(Exited::Code(3)))
    );
    assert_eq!(story.log_tail, ["no such table"]);
}

#[tokio::test]
async fn replicas_are_two_processes_on_one_database() {
    let bench = Bench::python("import lib; lib.serve()");
    let runtime = bench.open().await;
    let world = runtime
        .raise(&WorldSpec::new("twins", WorldKind::Replicas))
        .await
        .unwrap();
    let (one, two) = (about(&world, 0).await, about(&world, 1).await);
    assert_ne!(one["pid"], two["pid"]);
    assert_ne!(one["env"]["PORT"], two["env"]["PORT"]);
    assert_eq!(one["env"]["DATABASE_URL"], two["env"]["DATABASE_URL"]);
    runtime.close().await.unwrap();
    bench.nothing_runs();
}
