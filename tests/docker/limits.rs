//! A container that uses up what it may use, at boot: it is told so, soon, and nobody else notices.

use std::time::Instant;

use grader::runtime::{Exited, Phase};

use super::bench::{Bench, engine};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_for_memory_is_told_so() {
    if !engine() {
        return;
    }
    let hoard = "x = []\nwhile True: x.append(bytearray(10**6))";
    let bench = Bench::python(hoard, Some("nobody")).limited(|l| l.memory_bytes = 128 << 20);
    let story = bench.story(60).await;
    assert_eq!(
        (story.phase, story.exit),
        (Phase::Start, Some(Exited::Signal(9)))
    );
    assert_eq!(
        story.summary,
        "it was killed for using more memory than it may (128 MiB)"
    );
    assert!(story.try_next[0].contains("use less memory"), "{story:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_processes_are_told() {
    if !engine() {
        return;
    }
    let crowd = "
import os, time
while True:
    try:
        if os.fork() == 0:
            time.sleep(1000)
    except OSError:
        time.sleep(0.05)";
    let bench = Bench::python(crowd, Some("nobody")).limited(|l| l.processes = 64);
    let story = bench.story(5).await;
    assert_eq!(
        story.summary,
        "the service runs and listens on no port, with as many processes and threads as it may have (64)"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_output_is_counted_and_not_kept() {
    if !engine() {
        return;
    }
    let flood = "
line = 'all work and no play ' * 50
while True: print(line, flush=False)";
    let bench = Bench::python(flood, Some("nobody")).limited(|l| l.log_bytes = 1 << 20);
    let begun = Instant::now();
    let story = bench.story(4).await;
    assert!(
        story.try_next[0].starts_with("write less: it put out"),
        "{story:?}"
    );
    assert!(begun.elapsed().as_secs() < 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_memory_file_systems_have_a_size() {
    if !engine() {
        return;
    }
    let fill = "
import os, sys
def size(path):
    try:
        with open(path, 'wb') as file:
            while True: file.write(b'x' * 2**20)
    except OSError as error:
        pass
    finally:
        print(path, os.path.getsize(path) >> 20, flush=True)
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size('/tmp/one')
size('/var/tmp/two')
sys.exit(3)";
    let bench = Bench::python(fill, Some("nobody")).limited(|l| {
        l.scratch_bytes = 16 << 20;
        l.file_bytes = 8 << 20;
    });
    let story = bench.story(60).await;
    assert_eq!(story.exit, Some(Exited::Code(3)), "{story:?}");
    assert_eq!(story.log_tail, ["/tmp/one 8", "/var/tmp/two 8"]);
}
