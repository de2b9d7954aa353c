//! Batches that do not get to their end, and those that share the work.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::course::{Course, WELL, at_work};

/// Waits until nothing works in the course's folder any more.
#[track_caller]
fn nothing_is_left(course: &Course, within: Duration) {
    let began = Instant::now();
    loop {
        let left = at_work(&course.path(""));
        if left.is_empty() {
            return;
        }
        assert!(began.elapsed() < within, "left: {left:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_killed_and_resumed_batch_and_merged_shards_keep_the_same_book() {
    let course = Course::of_eight();
    let roster = course.arg("roster.csv");
    let roster = ["--roster", roster.as_str()];
    course.batch("whole", &roster).run().exits(1).says(&[
        "5 of 8 graded",
        "1 handed in nothing",
        "2 cannot be graded",
        "hal: the archive is not unpacked",
    ]);
    let book = course.read("whole/gradebook.csv");
    let ids: Vec<&str> = book.lines().filter_map(|l| l.split(',').next()).collect();
    assert_eq!(
        ids,
        ["id", "cy", "dan", "fay", "gus", "hal", "x-1", "x-2", "x-3"]
    );
    assert!(book.contains("x-2,ivy,missing,"), "{book}");
    let page = course.read("whole/cohort.html");
    assert!(page.contains("handed in the same files") && page.contains("reports/ada.html"));

    let stopped = course
        .batch("resumed", &roster)
        .args(&["--workers", "1"])
        .start();
    let stopped = stopped.until_it_says("[2/7]");
    let began = Instant::now();
    while !at_work(&course.path(""))
        .iter()
        .any(|line| line.contains("app.py"))
    {
        assert!(
            began.elapsed() < Duration::from_secs(100),
            "no service was seen"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    stopped.signal(Signal::SIGKILL);
    stopped.end();
    nothing_is_left(&course, Duration::from_secs(15));
    assert!(!course.path("resumed/gradebook.csv").exists());
    course
        .batch("resumed", &roster)
        .run()
        .exits(1)
        .says(&[" of 7 were done before"]);
    assert_eq!(course.read("resumed/gradebook.csv"), book);

    for shard in ["1/3", "2/3", "3/3"] {
        let out = shard.replace('/', "-");
        let ended = course.batch(&out, &roster).args(&["--shard", shard]).run();
        assert!(matches!(ended.code, Some(0 | 1)), "{ended}");
    }
    let merge = |outs: &[&str]| {
        let outs: Vec<String> = outs.iter().map(|out| course.arg(out)).collect();
        let all = course.arg("merged");
        let words = ["merge".to_owned(), "--out".to_owned(), all];
        crate::grade::bench::Grader::new(words.into_iter().chain(outs)).run()
    };
    merge(&["1-3", "2-3", "3-3", "resumed"])
        .exits(1)
        .says(&["5 of 8 graded"]);
    assert_eq!(course.read("merged/gradebook.csv"), book);
    assert_eq!(
        course.read("merged/cohort.html"),
        course.read("whole/cohort.html")
    );
    merge(&["1-3", "in"]).refuses(&["holds no results of `grader batch`"]);
}

#[test]
fn ctrl_c_lowers_every_child_and_the_next_batch_goes_on() {
    let course = Course::new();
    // These never come up, so that the signal finds them at work.
    for name in ["ada", "bob"] {
        course.folder(
            name,
            "import time; print('up', flush=True); time.sleep(600)",
        );
    }
    let batch = course.batch("out", &["--workers", "2"]).start();
    let began = Instant::now();
    while at_work(&course.path("out/work")).len() < 2 {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{:?}",
            at_work(&course.path(""))
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    let other = course.batch("out", &[]).run();
    other.refuses(&["another `grader batch` is at work in"]);
    let asked = Instant::now();
    batch.signal(Signal::SIGINT);
    let ended = batch
        .end()
        .exits(130)
        .says(&["interrupted: everything that was started is stopped"]);
    // Two seconds are promised; a busy machine may need more.
    assert!(asked.elapsed() < Duration::from_secs(6), "{ended}");
    nothing_is_left(&course, Duration::from_secs(2));
    std::fs::write(course.path("in/ada/app.py"), WELL).unwrap();
    std::fs::write(course.path("in/bob/app.py"), WELL).unwrap();
    let again = course.batch("out", &["--submission", "ada"]).run();
    again.exits(3).says(&["1 of 2 graded", "1 not graded yet"]);
}

#[test]
fn what_changed_is_done_again_and_nothing_else_is() {
    let course = Course::new();
    course.folder("ada", super::course::ENDS);
    course.folder("bob", "import sys; sys.exit('other')");
    course
        .batch("out", &[])
        .run()
        .exits(0)
        .says(&["2 of 2 graded"]);
    std::fs::write(course.path("in/bob/app.py"), "import sys; sys.exit('new')").unwrap();
    let ended = course.batch("out", &[]).run().exits(0);
    ended
        .says(&["1 of 2 were done before", "] bob: "])
        .never_says(&["] ada: "]);
    course
        .batch("out", &["--seed", "2"])
        .run()
        .exits(0)
        .never_says(&["done before"]);
    let key = course.path("out/reports/ada.key.json");
    let text = course
        .read("out/reports/ada.key.json")
        .replace("\"0.1.0\"", "\"0.0.9\"");
    std::fs::write(key, text).unwrap();
    let ended = course.batch("out", &["--seed", "2"]).run().exits(0);
    ended.says(&["1 of 2 were done before", "] ada: "]);
}
