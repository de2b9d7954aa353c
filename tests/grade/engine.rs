//! An engine that goes away in the middle of a run: our fault, and the next start clears up.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::bench::{Grader, reference};
use crate::docker::bench::{Bench, docker, engine};
use crate::runtime::bench::open_folder;

/// A way to the engine that can be taken away. To whoever has no other, it is the engine.
struct Between {
    at: PathBuf,
    open: Arc<Mutex<Vec<UnixStream>>>,
}

impl Between {
    fn lead(at: PathBuf, engine: PathBuf) -> Self {
        let listener = UnixListener::bind(&at).unwrap();
        let open = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&open);
        std::thread::spawn(move || {
            for one in listener.incoming().flatten() {
                let Ok(other) = UnixStream::connect(&engine) else {
                    continue;
                };
                let both = [one.try_clone().unwrap(), other.try_clone().unwrap()];
                kept.lock().unwrap().extend(both);
                carry(one.try_clone().unwrap(), other.try_clone().unwrap());
                carry(other, one);
            }
        });
        Self { at, open }
    }

    /// Nobody is there any more, and who was being answered is not.
    fn go_away(&self) {
        std::fs::remove_file(&self.at).unwrap();
        for stream in self.open.lock().unwrap().drain(..) {
            stream.shutdown(Shutdown::Both).ok();
        }
    }
}

fn carry(mut from: UnixStream, mut to: UnixStream) {
    std::thread::spawn(move || {
        io::copy(&mut from, &mut to).ok();
        to.shutdown(Shutdown::Write).ok();
    });
}

/// The socket of the engine that the docker command talks to; none where it is no socket.
fn socket() -> Option<PathBuf> {
    let host = docker(&[
        "context",
        "inspect",
        "--format",
        "{{.Endpoints.docker.Host}}",
    ]);
    let host = std::env::var("DOCKER_HOST").unwrap_or(host);
    let path = host.trim().strip_prefix("unix://").map(PathBuf::from);
    path.filter(|path| Path::new(path).exists())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_goes_away_is_our_fault_and_what_it_kept_is_swept() {
    let Some(socket) = engine().then(socket).flatten() else {
        eprintln!("NOT RUN: no engine answers on a socket");
        return;
    };
    let (place, cache) = (open_folder(), open_folder());
    let between = Between::lead(place.path().join("docker.sock"), socket);
    let grader = Grader::listings(&reference(), &["--runtime", "docker"]);
    let grader = grader.env("DOCKER_HOST", format!("unix://{}", between.at.display()));
    let running = grader.cache(cache.path()).start();
    let running = running.until_it_says("pass boot.never-answers");
    let left = {
        let owner = format!(" {}.", running.pid());
        move || {
            let format = "{{.ID}} {{.Label \"org.grader.owner\"}}";
            let labelled = ["--filter", "label=org.grader.run", "--format", format];
            let all = docker(&[&["ps", "-a"], labelled.as_slice()].concat());
            let of_it = all.lines().filter(|line| line.contains(&owner));
            let ids = of_it.filter_map(|line| line.split(' ').next());
            ids.map(str::to_owned).collect::<Vec<_>>()
        }
    };
    between.go_away();
    let ended = running.end().exits(3).says(&["the engine went away"]);
    let report = ended.report();
    assert_eq!(report["totals"]["fail"], 0, "{ended}");
    assert_eq!(report["verdict"], "fault", "{ended}");

    // An engine that is started again has the containers of before, and none of them runs.
    let ids = left();
    assert!(ids.len() >= 3, "{ids:?}");
    for id in &ids {
        docker(&["kill", id]);
    }
    let next = Bench::python("import lib; lib.serve()", Some("nobody"));
    let swept = next.open().await;
    assert_eq!(left(), Vec::<String>::new());
    swept.close().await.unwrap();
}
