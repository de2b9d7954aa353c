//! Doors: a service calls a listener of ours, whichever way it was raised.

use std::time::Duration;

use grader::runtime::{Choice, Door, Options, Runtime, World};
use grader::submission::Submission;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::bench::{Bench, spec};
use crate::docker::bench::{engine, name, things};

/// Asked for a number, it calls the door as often at once, and answers with what it was told; asked for an address, it
/// calls there, once.
const CALLER: &str = r#"
import concurrent.futures, lib, os, socket

def call(number, address=os.environ["SINK"]):
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=20) as door:
        greeting = door.recv(100)
        door.sendall(b"call %d" % number)
        door.shutdown(socket.SHUT_WR)
        rest = b""
        while part := door.recv(100):
            rest += part
    return greeting + rest

def get(handler):
    asked = handler.path[1:]
    if ":" in asked:
        body = call(0, asked) + b"\n"
    else:
        count = int(asked) if asked.isdigit() else 0
        with concurrent.futures.ThreadPoolExecutor(max(count, 1)) as pool:
            body = b"".join(line + b"\n" for line in pool.map(call, range(count)))
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)

lib.Handler.do_GET = get
lib.serve()
"#;

fn bench() -> Bench {
    let docker = "FROM python:3.12-slim\nCOPY lib.py app.py ./\nCMD [\"python\", \"app.py\"]\n";
    let bench = Bench::python(CALLER);
    bench.write("Dockerfile", docker);
    bench
}

async fn open(bench: &Bench, choice: Choice) -> Box<dyn Runtime> {
    let options = Options {
        choice,
        ..bench.options()
    };
    let submission = Submission::open(bench.folder.path()).unwrap();
    grader::runtime::open(Some(submission), options)
        .await
        .unwrap()
}

/// Speaks first, as a mail server does; then hears the caller to its end, and says what it heard.
async fn answer(door: &Door) {
    let mut call = door.accept().await.unwrap();
    call.write_all(b"220 hello; ").await.unwrap();
    let mut heard = String::new();
    call.read_to_string(&mut heard).await.unwrap();
    call.write_all(format!("heard {heard}").as_bytes())
        .await
        .unwrap();
    call.shutdown().await.unwrap();
}

/// Raises the service with a door and has it call that often at once; then once more, at a door that is opened when the
/// service is up.
async fn called(runtime: &dyn Runtime, times: usize) -> String {
    let door = runtime.door("sink", 25).await.unwrap();
    let mut spec = spec(30.0);
    spec.env.insert("SINK".into(), door.address());
    let world = runtime.raise(&spec).await.unwrap();
    let many = ask(&world, &times.to_string(), &door, times).await;
    let later = runtime.door("later", 80).await.unwrap();
    many + &ask(&world, &later.address(), &later, 1).await
}

/// Asks for something, and answers those who call at the door because of it.
async fn ask(world: &World, path: &str, door: &Door, times: usize) -> String {
    let asked = reqwest::get(format!("{}/{path}", world.base_url(0)));
    let answered = async {
        for _ in 0..times {
            answer(door).await;
        }
    };
    let both = async { tokio::join!(asked, answered).0 };
    let reply = tokio::time::timeout(Duration::from_secs(60), both).await;
    reply.unwrap().unwrap().text().await.unwrap()
}

fn all(times: usize) -> String {
    (0..times)
        .chain([0])
        .map(|number| format!("220 hello; heard call {number}\n"))
        .collect()
}

#[tokio::test]
async fn a_service_here_calls_a_door() {
    let bench = bench();
    let runtime = open(&bench, Choice::Local).await;
    let reply = called(runtime.as_ref(), 12).await;
    runtime.close().await.unwrap();
    assert_eq!(reply, all(12));
}

/// More callers at once than connections we hold: each is served, none is refused.
#[tokio::test]
async fn a_service_in_a_sealed_network_calls_a_door() {
    if !engine() {
        return;
    }
    let bench = bench();
    let runtime = open(&bench, Choice::Docker).await;
    let run = name(&*runtime);
    let reply = called(runtime.as_ref(), 12).await;
    let why = runtime.why().to_owned();
    runtime.close().await.unwrap();
    assert_eq!(reply, all(12));
    assert!(why.contains("sealed: none of"), "{why}");
    assert_eq!(things(&run), Vec::<String>::new());
}
