//! Engines as they introduce themselves. `answers/` holds what real ones said: Debian's 20.10, its 28.5, and the same
//! rootless on a machine where it has no control groups.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixListener;

use super::*;

/// The engine that gives these answers.
pub(in super::super) async fn greeted(answers: &str) -> Engine {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/runtime/docker/engine/answers");
    let text = std::fs::read(folder.join(format!("{answers}.json"))).unwrap();
    let answers: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let place = tempfile::tempdir().unwrap();
    let socket = place.path().join("docker.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let mut lines = reader.by_ref().lines().map_while(Result::ok);
            let asked = lines.next().unwrap_or_default();
            let rest: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
            assert!(asked.starts_with("GET "), "{asked} {rest:?}");
            let what = ["version", "info"]
                .into_iter()
                .find(|what| asked.contains(&format!("/{what} ")));
            let body = what.map_or(String::new(), |what| answers[what].to_string());
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
            let length = body.len();
            let answer = format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}");
            reader.into_inner().write_all(answer.as_bytes()).ok();
        }
    });
    let host = format!("unix://{}", socket.display());
    greet(connect(&host).unwrap(), host).await.unwrap()
}

#[tokio::test]
async fn an_engine_says_what_it_is_and_what_it_cannot_do() {
    let old = greeted("20.10").await;
    assert_eq!(old.told(), "Docker Engine 20.10.24+dfsg1");
    assert_eq!(old.platform, "linux/amd64");
    assert!(old.init && old.runtimes.contains(&"runc".to_owned()));
    assert!(old.is_at_least(20, 10) && !old.is_at_least(27, 1));
    let new = greeted("28").await;
    assert_eq!(new.told(), "Docker Engine 28.5.2+dfsg4");
    assert!(new.is_at_least(27, 1) && new.is_at_least(28, 5) && !new.is_at_least(28, 6));
    let rootless = greeted("28-rootless").await;
    assert_eq!(
        rootless.told(),
        "Docker Engine 28.5.2+dfsg4, NOT LIMITED in memory, processes, processors"
    );
}

#[test]
fn an_engine_elsewhere_is_refused() {
    assert!(here("tcp://127.0.0.1:2375").is_ok());
    assert!(here("unix:///var/run/docker.sock").is_ok());
    assert!(here("tcp://build.example:2376").is_err());
}

#[test]
fn a_socket_that_is_not_there_one_nobody_serves_and_one_that_is_not_ours_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docker.sock");
    let says = || reachable(&path).unwrap_err();
    assert!(says().cause.starts_with("there is no socket"));
    drop(UnixListener::bind(&path).unwrap());
    assert!(says().cause.ends_with("is down"), "{}", says());
    assert!(says().cure.is_some());
    let not_ours = std::io::Error::from(ErrorKind::PermissionDenied);
    let not_ours = unreachable(&path, &not_ours);
    assert!(not_ours.cause.starts_with("you may not use the socket"));
    assert!(not_ours.cure.unwrap().contains("usermod -aG docker"));
}

/// What asking an engine ends in.
async fn told_of(socket: &Path) -> Fault {
    let docker = connect(&format!("unix://{}", socket.display())).unwrap();
    fault("looking", &docker.version().await.unwrap_err())
}

#[tokio::test]
async fn an_engine_that_went_away_is_told_in_plain_words() {
    let folder = tempfile::tempdir().unwrap();
    let before = folder.path().join("before.sock");
    drop(UnixListener::bind(&before).unwrap());
    // One that hangs up on whoever connects: before, while or after it reads the question.
    let meanwhile = folder.path().join("meanwhile.sock");
    let listener = UnixListener::bind(&meanwhile).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            stream.shutdown(std::net::Shutdown::Both).ok();
        }
    });
    for socket in [before, meanwhile] {
        for _ in 0..20 {
            let said = told_of(&socket).await;
            assert!(
                said.cause.starts_with("the engine cannot be reached: "),
                "{said}"
            );
            assert!(said.cure.unwrap().starts_with("the engine went away"));
        }
    }
}
