//! Services that are healthy and answer everything else as no client should have to bear: the run ends, within its
//! limits, with findings and without a fault.

use std::time::Duration;

use super::bench::{Grader, peak};
use super::ended::Ended;
use super::service::rude;

/// Graded in full; the grader's memory stays bounded, whatever comes.
#[track_caller]
fn graded(manner: &str, says: &str) -> Ended {
    let service = rude(manner);
    let (ended, peak) = peak(Grader::listings(service.path(), &["--timeout", "60"]).start());
    let ended = ended
        .exits(1)
        .says(&["fix first: endpoints.", says])
        .never_says(&["our fault"]);
    assert!(ended.took < Duration::from_secs(60), "{ended}");
    let report = ended.report();
    assert!(
        report["totals"]["fail"].as_u64() > Some(0) && report["totals"]["broken"] == 0,
        "{ended}"
    );
    assert!(
        peak.is_none_or(|kib| kib < 64 * 1024),
        "{peak:?} KiB at most\n{ended}"
    );
    ended
}

const HEAD: &str = "HEAD = b'HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\n'\n";

#[test]
fn an_answer_without_end() {
    let manner = "def rude(request, write):\n    write(HEAD + b'\\r\\n\"')\n    while True: write(b'x' * 65536)";
    graded(&format!("{HEAD}{manner}"), "more than 4194304 bytes");
}

#[test]
fn an_answer_of_a_hundred_megabytes() {
    let manner = "def rude(request, write):\n    write(HEAD + b'Content-Length: 104857600\\r\\n\\r\\n')\n    for _ in range(1600): write(b'x' * 65536)";
    graded(&format!("{HEAD}{manner}"), "more than 4194304 bytes");
}

#[test]
fn a_small_answer_that_unpacks_to_a_gigabyte() {
    let manner = "
# One block after another that does not look back: squeezed once, sent 64 times, so that a start is quick.
zlib, zeros, crc = gzip.zlib, bytes(1 << 24), 0
squeeze = zlib.compressobj(9, wbits=-15)
block = squeeze.compress(zeros) + squeeze.flush(zlib.Z_FULL_FLUSH)
for _ in range(64): crc = zlib.crc32(zeros, crc)
tail = squeeze.flush() + crc.to_bytes(4, 'little') + (1 << 30).to_bytes(4, 'little')
bomb = bytes([31, 139, 8, 0, 0, 0, 0, 0, 2, 255]) + 64 * block + tail

def rude(request, write):
    write(HEAD + b'Content-Encoding: gzip\\r\\nContent-Length: %d\\r\\n\\r\\n' % len(bomb))
    write(bomb)";
    graded(&format!("{HEAD}{manner}"), "endpoints.");
}

#[test]
fn what_is_not_http() {
    let manner = "def rude(request, write): write(b'SSH-2.0-OpenSSH_9.2\\r\\n')";
    graded(manner, "something that is not HTTP");
}

#[test]
fn headers_without_end() {
    let manner = "def rude(request, write):\n    write(b'HTTP/1.1 200 OK\\r\\n')\n    while True: write(b'X: ' + b'y' * 1000 + b'\\r\\n')";
    graded(manner, "something that is not HTTP");
}

#[test]
fn a_run_ends_when_its_time_is_up() {
    let service = rude("def rude(request, write): time.sleep(1000)");
    let ended = Grader::listings(service.path(), &["--timeout", "6"])
        .run()
        .exits(1);
    assert!(ended.took < Duration::from_secs(12), "{ended}");
    ended
        .says(&["the run did not end within 6 s"])
        .never_says(&["our fault"]);
}
