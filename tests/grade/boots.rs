//! Services that do not come up, or elsewhere than asked: the right check fails, the report names the cause, and
//! what cannot be judged waits.

use super::bench::Grader;
use super::ended::Ended;
use super::service::{arg, folder, impatient, python};

const NEVER: &str = "boot.never-answers";

/// Graded in a project that gives a service two seconds to come up.
fn soon(app: &str) -> Ended {
    let (packs, service) = (impatient(2), python(app));
    Grader::listings(service.path(), &["--packs", arg(&packs)]).run()
}

#[track_caller]
fn all_wait_for(ended: Ended, id: &str, cause: &[&str]) -> Ended {
    let ended = ended.fails_alone(id, cause);
    let waiting = &ended.report()["waiting"];
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{ended}");
    assert_eq!(waiting[0]["root"], id, "{ended}");
    let blocked = ended.verdicts().matches(": blocked").count();
    assert!(blocked > 8 && waiting[0]["checks"] == blocked, "{ended}");
    ended
}

#[test]
fn a_start_command_that_exits() {
    let service = python("import sys; sys.exit('cannot find the answer')");
    let ended = Grader::listings(service.path(), &[]).run();
    all_wait_for(
        ended,
        NEVER,
        &[
            "ended with exit code 1",
            "cannot find the answer",
            "python3 app.py",
        ],
    );
}

#[test]
fn a_release_command_that_fails() {
    let files = [
        (
            "Procfile",
            "release: sh -c 'echo no such table; exit 4'\nweb: python3 app.py\n",
        ),
        ("app.py", "import lib; lib.serve()"),
    ];
    let service = folder(&files);
    let ended = Grader::listings(service.path(), &[]).run();
    all_wait_for(
        ended,
        NEVER,
        &["the release command", "exit code 4", "no such table"],
    );
}

#[test]
fn a_build_that_fails() {
    let service = python("import lib; lib.serve()");
    let build = "[build]\ncommand = \"sh -c 'echo no such package; exit 3'\"\n";
    std::fs::write(service.path().join("grader.toml"), build).unwrap();
    let ended = Grader::listings(service.path(), &[]).run();
    all_wait_for(
        ended,
        "boot.build-fails",
        &["exit code 3", "no such package"],
    );
}

#[test]
fn a_port_that_is_taken() {
    let holder = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let service = python(&format!("import lib; lib.serve(port={port})"));
    let ended = Grader::listings(service.path(), &[]).run();
    all_wait_for(
        ended,
        NEVER,
        &["Address already in use", "listen on the port in $PORT"],
    );
}

#[test]
fn accepting_and_never_answering() {
    let ended = soon(
        "import os, socket, time\nlistener = socket.create_server(('0.0.0.0', int(os.environ['PORT'])))\n\
         held = []\nwhile True: held.append(listener.accept())",
    );
    all_wait_for(
        ended,
        NEVER,
        &[
            "accepts connections and never answers",
            "`GET /healthz` to answer 2xx on the port in $PORT, within 2 s",
        ],
    );
}

#[test]
fn not_listening_at_all() {
    let ended = soon("import time\nprint('thinking', flush=True)\ntime.sleep(1000)");
    all_wait_for(ended, NEVER, &["GET /healthz", "thinking"]);
}

#[test]
fn unhealthy_for_good() {
    let ended =
        soon("import lib\nlib.Handler.do_GET = lambda self: self.send_error(503)\nlib.serve()");
    all_wait_for(ended, NEVER, &["503", "GET /healthz"]);
}

#[test]
fn another_port() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    drop(holder);
    let service = python(&format!("import lib; lib.serve(port={port})"));
    let ended = Grader::listings(service.path(), &["--only", "boot.port-ignored"]).run();
    ended.fails_alone(
        "boot.port-ignored",
        &[
            "a port of its own choice",
            &format!("it opened port {port}"),
        ],
    );
}

#[test]
fn one_loopback_address_only() {
    for host in ["127.0.0.1", "::1"] {
        if std::net::TcpListener::bind((host, 0)).is_err() {
            // A machine without IPv6.
            continue;
        }
        let service = python(&format!("import lib; lib.serve('{host}')"));
        let ended = Grader::listings(service.path(), &["--only", "boot.port-ignored"]).run();
        let cause = format!("listening on {host} only");
        ended.fails_alone("boot.port-ignored", &["the loopback address alone", &cause]);
    }
}
