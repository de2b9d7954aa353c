//! A grader that is killed outright leaves containers behind; the next one to start removes them.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal::SIGKILL;

use super::super::bench::Grader;
use super::super::service::{arg, impatient};
use super::container;
use crate::runtime::bench::open_folder;
use crate::runtime::engine::{self, labelled, run_label};

#[test]
fn nothing_is_left_of_a_killed_grader_after_the_next_start() {
    if !engine::answers() {
        return;
    }
    let cache = open_folder();
    let mut grader = Grader::listings(&container("log-bomb"), &["--runtime", "docker"])
        .cache(cache.path())
        .start();
    // Killed in the middle: the network, the relay, Postgres and the service are there.
    let began = Instant::now();
    let label = loop {
        assert!(grader.runs(), "{}", grader.end());
        let runs = std::fs::read_dir(cache.path().join("runs"));
        let folder = runs
            .ok()
            .and_then(|runs| runs.flatten().map(|run| run.path()).find(|p| p.is_dir()));
        if let Some(label) = folder.as_deref().map(run_label)
            && labelled(&label).len() >= 4
        {
            break label;
        }
        assert!(began.elapsed() < Duration::from_secs(100), "it raises nothing");
        std::thread::sleep(Duration::from_millis(100));
    };
    grader.signal(SIGKILL);
    assert_eq!(grader.end().code, None);
    let packs = impatient(5);
    let args = ["--runtime", "docker", "--packs", arg(&packs)];
    Grader::listings(&container("memory-bomb"), &args)
        .cache(cache.path())
        .run()
        .exits(1);
    assert_eq!(labelled(&label), Vec::<String>::new());
    let runs = std::fs::read_dir(cache.path().join("runs")).unwrap();
    assert_eq!(runs.flatten().filter(|r| r.path().is_dir()).count(), 0);
}
