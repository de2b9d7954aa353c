//! A disk that is full is no fault of the learner's. Each grader here sees small disks of its own, in a mount
//! namespace that ends with it.

use std::process::Command;

use super::bench::Grader;
use super::ended::Ended;
use super::service::python;
use crate::runtime::bench::open_folder;

/// Little memory, so that the data lies in the cache folder, and this many MiB there.
fn with_room(mebibytes: u32, app: &str) -> Option<Ended> {
    if !may_mount() {
        return None;
    }
    let (service, cache) = (python(app), open_folder());
    let place = cache.path().display();
    let mounts = format!(
        "mount -t tmpfs -o size=64m,mode=1777 none /dev/shm && \
         mount -t tmpfs -o size={mebibytes}m,mode=755 none {place} && exec \"$@\""
    );
    let words = [
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        &mounts,
        "sh",
    ];
    let grader = Grader::listings(service.path(), &["--runtime", "local"]);
    // A toolchain in root's home would be copied, and is larger than these disks.
    let grader = grader
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", cache.path());
    let ended = grader.cache(cache.path()).through("unshare", &words).run();
    let left = std::fs::read_dir(cache.path()).unwrap().count();
    assert_eq!(left, 0, "the small disk was not there: {ended}");
    Some(ended)
}

/// Only root may mount, and not in every container.
fn may_mount() -> bool {
    let words = ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"];
    let tried = Command::new("unshare").args(words).output();
    let may = tried.is_ok_and(|o| o.status.success());
    if !may {
        eprintln!("not run: this user may not mount a small disk");
    }
    may
}

fn ours(ended: Ended) {
    let ended = ended.exits(3).says(&["our fault, not yours"]);
    let report = ended.report();
    assert_eq!(report["totals"]["fail"], 0, "{ended}");
    assert_eq!(report["verdict"], "fault", "{ended}");
}

#[test]
fn no_room_to_set_up_postgres() {
    if let Some(ended) = with_room(20, "import lib; lib.serve()") {
        ours(ended.says(&["free some"]));
    }
}

/// The service itself stays up, and cannot keep what it is sent. Any other that fills the same disk does the same.
#[test]
fn a_disk_that_fills_up_during_the_run() {
    let app = "
import lib, os

def refuse(request):
    request.rfile.read(int(request.headers.get('Content-Length', 0)))
    request.send_response(500)
    request.send_header('Content-Length', '0')
    request.end_headers()

for verb in ('POST', 'PUT', 'PATCH', 'DELETE'):
    setattr(lib.Handler, 'do_' + verb, refuse)

with open(os.path.join(os.environ['HOME'], 'junk'), 'wb') as junk:
    try:
        while junk.write(bytes(1 << 20)):
            junk.flush()
    except OSError:
        pass
lib.serve()
";
    if let Some(ended) = with_room(400, app) {
        ours(ended.says(&["KiB are left on the disk", "free some space there"]));
    }
}
