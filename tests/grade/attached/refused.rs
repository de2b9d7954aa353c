//! Addresses where nothing can be graded, and what is said of each.

use std::process::{Child, Command, Stdio};

use super::super::bench::{Grader, root};
use super::super::ended::Ended;
use super::proxy;
use crate::runtime::bench::open_folder;

async fn attached(url: &str, args: &[&str]) -> Ended {
    let pack = root().join("fixtures/contracts/boathouse");
    let nowhere = open_folder();
    let grader = Grader::grade(&nowhere.path().join("none"), &["--url", url]);
    let grader = grader
        .args(&["--project", pack.to_str().unwrap()])
        .args(args);
    tokio::task::spawn_blocking(move || grader.run())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_dead_address() {
    // A port that was free a moment ago, and that nobody else is given meanwhile.
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    drop(held);
    let ended = attached(&format!("http://127.0.0.1:{port}"), &[]).await;
    ended.fails_alone(
        "boot.never-answers",
        &["nobody listens at the address of --url"],
    );
}

#[tokio::test]
async fn a_proxy_that_sends_elsewhere() {
    let url = proxy::elsewhere("https://boathouse.example").await;
    let ended = attached(&url, &[]).await;
    let cause = [
        "308 to https://boathouse.example/api/v2/health",
        "no redirect is followed",
    ];
    ended.fails_alone("boot.never-answers", &cause);
}

#[tokio::test]
async fn a_base_path_said_twice() {
    let url = proxy::below("/api/v2", "http://127.0.0.1:1").await;
    let url = url.replace("/api/v2", "");
    let ended = attached(&format!("{url}/club/api/v2"), &[]).await;
    ended.fails_alone(
        "boot.never-answers",
        &["leave the base path of the contract out of --url"],
    );
}

#[tokio::test]
async fn addresses_that_are_refused_at_once() {
    for (url, says) in [
        ("http://192.0.2.1:8080", "192.0.2.1 is not this machine"),
        ("http://127.0.0.1:1/?a=b", "neither query nor fragment"),
        ("ftp://127.0.0.1", "neither http nor https"),
    ] {
        attached(url, &[]).await.refuses(&[says]);
    }
    let ended = attached("http://mara:secret@127.0.0.1:1", &[]).await;
    ended
        .refuses(&["a user and a password in it would stand in every report"])
        .never_says(&["secret"]);
}

/// A server of TLS that ends with its test.
struct Tls(Child, String);

impl Drop for Tls {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Serves HTTPS with a certificate that nobody has heard of.
fn tls(folder: &std::path::Path) -> Tls {
    let made = Command::new("openssl")
        .args("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout key.pem -out cert.pem".split(' '))
        .current_dir(folder)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let server = "
import http.server, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('cert.pem', 'key.pem')
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
print(server.server_port, flush=True)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
";
    let mut child = Command::new("python3")
        .args(["-c", server])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let out = child.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
    Tls(child, line.trim().to_owned())
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts() {
    let folder = open_folder();
    let server = tls(folder.path());
    let ended = attached(&format!("https://localhost:{}", server.1), &[]).await;
    let cause = [
        "the certificate of --url is not trusted by this machine",
        "SSL_CERT_FILE",
    ];
    ended.fails_alone("boot.never-answers", &cause);
    let ended = attached(&format!("http://127.0.0.1:{}", server.1), &[]).await;
    ended
        .exits(1)
        .says(&["does not speak HTTP", "check scheme and port of --url"]);
}
