//! How services end: asked, forced, in spite of themselves; and what is left of them.

use std::time::{Duration, Instant};

use grader::runtime::{Exited, Stop};

use super::bench::{Bench, about, processes_in, spec};

#[tokio::test]
async fn a_restart_is_another_process_on_the_same_database() {
    let bench = Bench::python("import lib; lib.serve()");
    let runtime = bench.open().await;
    let world = runtime.raise(&spec(20.0)).await.unwrap();
    let (before, was) = (about(&world, 0).await, world.alive().remove(0));
    let ended = world.stop(Stop::Term).await.unwrap().remove(0);
    assert_eq!(ended.exit, Some(Exited::Signal(15)));
    assert_eq!(ended.pid, was.pid);
    world.start().await.unwrap();
    let after = about(&world, 0).await;
    assert_ne!(before["pid"], after["pid"]);
    assert_ne!(before["env"]["PORT"], after["env"]["PORT"]);
    assert_eq!(before["env"]["DATABASE_URL"], after["env"]["DATABASE_URL"]);
    assert_ne!(world.alive()[0], was);
    world.restart(Stop::Kill).await.unwrap();
    runtime.close().await.unwrap();
    bench.nothing_runs();
}

#[tokio::test]
async fn a_server_that_cannot_reuse_its_address_comes_up_again() {
    let app = "import http.server, lib\nhttp.server.HTTPServer.allow_reuse_address = False\n\
               lib.Handler.protocol_version = 'HTTP/1.0'\nlib.serve()";
    let bench = Bench::python(app);
    let runtime = bench.open().await;
    let world = runtime.raise(&spec(20.0)).await.unwrap();
    // The server closes first, so its end of the connection waits out its minute.
    about(&world, 0).await;
    for how in [Stop::Term, Stop::Kill] {
        world.restart(how).await.unwrap();
        about(&world, 0).await;
    }
    runtime.close().await.unwrap();
}

#[tokio::test]
async fn the_pid_we_know_is_the_services_own() {
    let bench = Bench::python("import lib; lib.serve()");
    let runtime = bench.open().await;
    let world = runtime.raise(&spec(20.0)).await.unwrap();
    assert_eq!(about(&world, 0).await["pid"], world.alive()[0].pid.unwrap());
    runtime.close().await.unwrap();
}

#[tokio::test]
async fn a_service_that_dies_is_seen_to_be_dead() {
    let app = "import lib, os\nlib.Handler.do_POST = lambda self: os._exit(7)\nlib.serve()";
    let bench = Bench::python(app);
    let runtime = bench.open().await;
    let world = runtime.raise(&spec(20.0)).await.unwrap();
    assert!(world.alive()[0].runs());
    reqwest::Client::new()
        .post(world.base_url(0) + "/")
        .send()
        .await
        .unwrap_err();
    until(|| !world.alive()[0].runs()).await;
    assert_eq!(world.alive()[0].exit, Some(Exited::Code(7)));
    runtime.close().await.unwrap();
}

#[tokio::test]
async fn who_leaves_the_group_and_who_ignores_term_end_all_the_same() {
    let app = "import lib, os, signal, subprocess\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n\
               subprocess.Popen(['sleep', '1000'], start_new_session=True)\n\
               subprocess.Popen(['env', '-i', '/bin/sleep', '1000'])\nlib.serve()";
    let bench = Bench::python(app);
    let runtime = bench.open().await;
    let _world = runtime.raise(&spec(20.0)).await.unwrap();
    assert_eq!(processes_in(&bench.worlds()).len(), 3);
    let begun = Instant::now();
    runtime.close().await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    bench.nothing_runs();
}

/// Forks twice with a session of its own, then empties its environment and leaves its folder.
const DAEMON: &str = "import os, sys\nif os.fork(): os.wait(); sys.exit()\nos.setsid()\nif os.fork(): os._exit(0)\n\
                      os.chdir('/')\nos.dup2(os.open('/dev/null', os.O_RDWR), 1); os.dup2(1, 2)\n\
                      os.execve('/bin/sleep', ['sleep', sys.argv[1]], {})\n";

/// The processes that sleep for so many seconds.
fn sleepers(seconds: &str) -> usize {
    let mut system = sysinfo::System::new();
    let what = sysinfo::ProcessRefreshKind::nothing()
        .with_cmd(sysinfo::UpdateKind::Always)
        .without_tasks();
    system.refresh_processes_specifics(sysinfo::ProcessesToUpdate::All, true, what);
    let sleeps = |p: &&sysinfo::Process| p.cmd() == ["sleep", seconds];
    system.processes().values().filter(sleeps).count()
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_that_left_everything_behind_ends_with_its_run() {
    // While another test's service runs, an orphan could be that one's.
    alone("runtime::ends::leaves_daemons");
}

/// Runs an ignored test in a process of its own.
fn alone(test: &str) {
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored"])
        .status()
        .unwrap();
    assert!(status.success());
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "run by a_daemon_that_left_everything_behind_ends_with_its_run, alone in its process"]
async fn leaves_daemons() {
    let (built, served) = (
        format!("1{}", std::process::id()),
        format!("2{}", std::process::id()),
    );
    let bench = Bench::python(&format!(
        "import lib, subprocess\nsubprocess.run(['python3', 'daemon.py', '{served}'])\nlib.serve()"
    ));
    bench.write("daemon.py", DAEMON);
    let build = format!("[build]\ncommand = 'python3 daemon.py {built}'\n");
    bench.write("grader.toml", &build);
    let runtime = bench.open().await;
    runtime.build().await.unwrap();
    until(|| sleepers(&built) == 0).await;
    let world = runtime.raise(&spec(20.0)).await.unwrap();
    until(|| sleepers(&served) == 1).await;
    world.lower().await.unwrap();
    assert_eq!(sleepers(&served), 0);
    // The server that worlds share is no orphan: the next world stands on it.
    let next = runtime
        .raise(&grader::runtime::WorldSpec {
            name: "next".into(),
            ..spec(20.0)
        })
        .await
        .unwrap();
    until(|| sleepers(&served) == 1).await;
    drop(next);
    runtime.close().await.unwrap();
    assert_eq!(sleepers(&served), 0);
    bench.nothing_runs();
    let mut system = sysinfo::System::new();
    system.refresh_processes(sysinfo::ProcessesToUpdate::All, true);
    let me = sysinfo::Pid::from_u32(std::process::id());
    let mut children = system.processes().values();
    assert!(
        children.all(|p| p.parent() != Some(me) || p.thread_kind().is_some()),
        "not waited for"
    );
}

#[tokio::test]
async fn an_interrupted_build_and_an_interrupted_start_leave_nothing() {
    let slow = "sh -c 'setsid sleep 1000 & sleep 1000'";
    let building = Bench::web("true");
    building.write("grader.toml", &format!("[build]\ncommand = \"{slow}\"\n"));
    for bench in [building, Bench::web(slow)] {
        let runtime = bench.open().await;
        let spec = spec(60.0);
        let strays = || {
            !processes_in(&bench.cache.path().join("builds")).is_empty()
                || bench
                    .try_worlds()
                    .is_some_and(|worlds| processes_in(&worlds).len() >= 2)
        };
        tokio::select! {
            _ = runtime.raise(&spec) => panic!("it never ends"),
            () = until(strays) => {}
        }
        let begun = Instant::now();
        runtime.close().await.unwrap();
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        bench.nothing_runs();
    }
}

#[tokio::test]
async fn a_flood_of_output_stays_in_bounds() {
    let app = "import lib, threading, sys\ndef flood():\n    while True: sys.stdout.write('x' * 10000 + '\\n')\n\
               threading.Thread(target=flood, daemon=True).start()\nlib.serve()";
    let bench = Bench::python(app);
    let submission = grader::submission::Submission::open(bench.folder.path()).unwrap();
    let mut options = bench.options();
    options.limits.log_bytes = 1 << 20;
    let runtime = grader::runtime::open(Some(submission), options)
        .await
        .unwrap();
    let world = runtime.raise(&spec(20.0)).await.unwrap();
    let logs = || -> u64 {
        let files = walkdir::WalkDir::new(bench.cache.path().join("runs"))
            .into_iter()
            .flatten();
        files
            .filter(|f| f.path().ends_with("logs/main.0.log"))
            .map(|f| f.metadata().unwrap().len())
            .sum()
    };
    until(|| logs() >= 1 << 20).await;
    let asked = about(&world, 0).await;
    assert!(asked["cwd"].is_string());
    assert_eq!(logs(), 1 << 20);
    assert!(world.log_tail(5).iter().all(|line| line.len() <= 2000));
    runtime.close().await.unwrap();
    bench.nothing_runs();
}

#[test]
fn a_killed_run_leaves_nothing_after_the_next_start() {
    // Its orphans come to the process that started it, where another test's end could take them for its own.
    alone("runtime::ends::kills_a_run");
}

#[tokio::test]
#[ignore = "run by a_killed_run_leaves_nothing_after_the_next_start, alone in its process"]
async fn kills_a_run() {
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_child_subreaper(true).unwrap();
    let bench = Bench::python(
        "import lib, subprocess\nsubprocess.Popen(['sleep', '1000'], start_new_session=True)\nlib.serve()",
    );
    // The helper below is this binary again, holding a run until it is killed.
    let mut holder = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "runtime::ends::holds_a_run",
            "--ignored",
            "--nocapture",
        ])
        .env("HELD_SUBMISSION", bench.folder.path())
        .env("HELD_CACHE", bench.cache.path())
        .spawn()
        .unwrap();
    until(|| {
        processes_in(&bench.cache.path().join("runs")).len() >= 2
            && bench.cache.path().join("up").exists()
    })
    .await;
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(
        processes_in(&bench.cache.path().join("runs")).len() >= 2,
        "they outlive their grader"
    );
    let runtime = bench.open().await;
    assert!(processes_in(&bench.cache.path().join("runs")).is_empty());
    runtime.close().await.unwrap();
    bench.nothing_runs();
}

#[tokio::test]
#[ignore = "run by kills_a_run, which kills it"]
async fn holds_a_run() {
    let submission = std::path::PathBuf::from(std::env::var_os("HELD_SUBMISSION").unwrap());
    let cache = std::path::PathBuf::from(std::env::var_os("HELD_CACHE").unwrap());
    let submission = grader::submission::Submission::open(&submission).unwrap();
    let options = grader::runtime::Options {
        choice: grader::runtime::Choice::Local,
        cache: Some(cache.clone()),
        ..Default::default()
    };
    let runtime = grader::runtime::open(Some(submission), options)
        .await
        .unwrap();
    let _world = runtime.raise(&spec(20.0)).await.unwrap();
    std::fs::write(cache.join("up"), "").unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn two_graders_at_once_leave_each_other_alone() {
    let bench = Bench::python("import lib; lib.serve()");
    let (one, two) = tokio::join!(bench.open(), bench.open());
    let (main, other) = (spec(20.0), spec(20.0));
    let (first, second) = tokio::join!(one.raise(&main), two.raise(&other));
    let (first, second) = (first.unwrap(), second.unwrap());
    one.close().await.unwrap();
    assert!(!first.alive()[0].runs());
    assert!(about(&second, 0).await["pid"].is_number());
    two.close().await.unwrap();
    bench.nothing_runs();
}

/// Waits for a condition that no event tells of.
async fn until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "it never came true"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
