//! Builds that end well, and builds that are stopped.

use std::time::Instant;

use super::*;

#[tokio::test]
async fn a_build_is_made_once_and_holds_what_was_sent() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    bench.write(
        "Dockerfile",
        "FROM BASE\nWORKDIR /app\nCOPY . .\nRUN echo built\nUSER nobody\n",
    );
    bench.write(".dockerignore", "secret*\n!secret.kept\n");
    bench.write("secret.txt", "no");
    bench.write("secret.kept", "yes");
    bench.write("src/run.sh", "echo hi");
    bench.write("node_modules/x/index.js", "made again");
    let run = bench.path().join("src/run.sh");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(run, mode).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", bench.path().join("out")).unwrap();
    let first = bench.build().await.unwrap();
    assert!(!first.built.cached && first.built.made.is_none());
    assert!(
        first.built.log_tail.contains(&"built".to_owned()),
        "{first:?}"
    );
    let names = bench.prints(&first, &["ls", "/app", "/app/src"]);
    assert_eq!(
        names.split_whitespace().collect::<Vec<_>>(),
        [
            "/app:",
            "Dockerfile",
            "out",
            "secret.kept",
            "src",
            "/app/src:",
            "run.sh"
        ]
    );
    assert_eq!(
        bench
            .prints(&first, &["stat", "-c", "%a %Y %u", "/app/src/run.sh"])
            .trim(),
        "755 946684800 0"
    );
    // The link is the image's own now: it leads to the file there, not to ours.
    assert!(
        bench
            .prints(&first, &["cat", "/app/out"])
            .contains("nobody:x:65534")
    );
    let again = bench.build().await.unwrap();
    assert!(again.built.cached && again.id == first.id, "{again:?}");
    bench.write("src/run.sh", "echo ho");
    let other = bench.build().await.unwrap();
    assert!(!other.built.cached && other.id != first.id);
    bench.end().await;
}

#[tokio::test]
async fn the_log_is_kept_while_it_comes() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    bench.write("Dockerfile", "FROM BASE\nRUN echo one && echo two >&2\n");
    let submission = Submission::open(&bench.path()).unwrap();
    let (folder, labels) = (tempfile::tempdir().unwrap(), HashMap::new());
    let log = folder.path().join("build.log");
    let built = build(&bench.engine, &submission, &bench.limits, &labels)
        .keep(&log)
        .await;
    built.unwrap();
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(
        text.contains("RUN echo one && echo two") && text.contains("\none\n"),
        "{text}"
    );
    bench.end().await;
}

#[tokio::test]
async fn a_build_without_an_end_is_stopped_on_the_engine_too() {
    let Some(mut bench) = Bench::new().await else {
        return;
    };
    bench.limits.build = Duration::from_secs(3);
    let mark = bench.base.rsplit(':').next().unwrap().to_owned();
    bench.write(
        "Dockerfile",
        &format!("FROM BASE\nRUN echo begun && sleep 600 && echo {mark}\n"),
    );
    let begun = Instant::now();
    let story = bench.story().await;
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(story.summary, "the build command did not end in time");
    assert_eq!(story.phase, Phase::Build);
    assert!(story.log_tail.contains(&"begun".to_owned()), "{story:?}");
    assert!(!runs(&mark), "the step still runs");
    bench.end().await;
}

#[tokio::test]
async fn a_build_that_is_dropped_ends() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    let mark = bench.base.rsplit(':').next().unwrap().to_owned();
    bench.write(
        "Dockerfile",
        &format!("FROM BASE\nRUN echo begun && sleep 600 && echo {mark}\n"),
    );
    let began = async {
        while !runs(&mark) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        built = bench.build() => panic!("{built:?}"),
        () = began => {}
    }
    let until = Instant::now() + Duration::from_secs(20);
    while runs(&mark) {
        assert!(Instant::now() < until, "the step still runs");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bench.end().await;
}

#[tokio::test]
async fn a_build_that_writes_too_much_is_stopped() {
    let Some(mut bench) = Bench::new().await else {
        return;
    };
    bench.limits.build_bytes = 200 << 20;
    bench.write(
        "Dockerfile",
        "FROM BASE\nRUN dd if=/dev/zero of=/big bs=1048576 count=500 && sleep 600\n",
    );
    if Disk::of(&bench.engine, 1).await.is_none() {
        eprintln!("not run: the engine's disk is not on this machine");
        return bench.end().await;
    }
    bench.limits.build = Duration::from_secs(20);
    // Who else writes to this disk is acquitted with us; then the test has seen nothing, and looks again.
    let mut told = Vec::new();
    while told.len() < 5 && !told.contains(&"the build wrote too much to the disk".to_owned()) {
        let story = bench.story().await;
        assert!(!story.try_next.is_empty(), "{story:?}");
        told.push(story.summary);
    }
    assert!(
        told.contains(&"the build wrote too much to the disk".to_owned()),
        "{told:?}"
    );
    bench.end().await;
}

#[tokio::test]
async fn a_flood_of_output_is_kept_in_bounds_and_stopped() {
    let Some(mut bench) = Bench::new().await else {
        return;
    };
    bench.limits.build = Duration::from_secs(4);
    bench.limits.log_bytes = 10_000;
    bench.write(
        "Dockerfile",
        "FROM BASE\nRUN while :; do echo a line of some length, and no end of them; done\n",
    );
    let submission = Submission::open(&bench.path()).unwrap();
    let (folder, labels) = (tempfile::tempdir().unwrap(), HashMap::new());
    let log = folder.path().join("build.log");
    let built = build(&bench.engine, &submission, &bench.limits, &labels);
    let Err(Trouble::Story(story)) = built.keep(&log).await else {
        panic!("it has no end");
    };
    assert_eq!(story.summary, "the build command did not end in time");
    assert_eq!(std::fs::metadata(&log).unwrap().len(), 10_000);
    bench.end().await;
}

#[tokio::test]
async fn the_newest_images_of_a_submission_stay() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    let mut ids = Vec::new();
    for n in 0..5 {
        bench.write("Dockerfile", &format!("FROM BASE\nRUN echo {n} > /n\n"));
        ids.push(bench.build().await.unwrap().id);
    }
    let mut there = Vec::new();
    for id in &ids {
        there.push(bases::inspect(&bench.engine, id).await.unwrap().is_some());
    }
    assert_eq!(there.iter().filter(|there| **there).count(), 3, "{there:?}");
    assert!(there[4], "the newest stays");
    bench.end().await;
}

#[tokio::test]
async fn the_classic_builder_builds_fails_and_stops_too() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    let mark = bench.base.rsplit(':').next().unwrap().to_owned();
    let drive = async |text: &str, seconds: u64| {
        bench.write("Dockerfile", text);
        let submission = Submission::open(&bench.path()).unwrap();
        let text = text.replace("BASE", &bench.base);
        let mut progress = Progress::default();
        let request = Request {
            context: Context::of(&submission, text).unwrap(),
            tag: "grader-build:classic",
            labels: &HashMap::from([(shelf::LABEL.to_owned(), shelf::whose(&bench.path()))]),
            platform: &Platform {
                name: String::new(),
                buildkit: false,
            },
        };
        let within = Duration::from_secs(seconds);
        let ended = drive(&bench.engine, request, within, None, &mut progress).await;
        (ended.unwrap(), progress)
    };
    let (ended, progress) = drive("FROM BASE\nRUN echo said\n", 60).await;
    assert_eq!(ended, Ended::Well);
    assert!(
        progress.tail(9).contains(&"said".to_owned()),
        "{progress:?}"
    );
    let (ended, progress) = drive("FROM BASE\nRUN echo no; exit 4\n", 60).await;
    let Ended::Failed(error) = ended else {
        panic!("{ended:?}");
    };
    let why = fail::why(&error, &progress);
    assert!(
        matches!(
            why,
            fail::Why::Command {
                exit: Exited::Code(4),
                ..
            }
        ),
        "{why:?}"
    );
    let (ended, _) = drive(&format!("FROM BASE\nRUN sleep 600; echo {mark}\n"), 3).await;
    assert_eq!(ended, Ended::TooSlow);
    assert!(!runs(&mark), "the step still runs");
    bench.end().await;
}

#[tokio::test]
async fn two_at_once_make_one_image() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    bench.write(
        "Dockerfile",
        "FROM BASE\nRUN sleep 1 && cat /dev/urandom | dd of=/random count=1\n",
    );
    let (one, two) = tokio::join!(bench.build(), bench.build());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(
        bench.prints(&one, &["cat", "/etc/name"]),
        bench.prints(&two, &["cat", "/etc/name"])
    );
    assert!(bench.build().await.unwrap().built.cached);
    bench.end().await;
}

/// Whether a process of this machine has the mark in its command line.
fn runs(mark: &str) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return false;
    };
    let lines = processes
        .flatten()
        .map(|entry| entry.path().join("cmdline"));
    lines
        .filter_map(|path| std::fs::read(path).ok())
        .any(|line| String::from_utf8_lossy(&line).contains(mark))
}
