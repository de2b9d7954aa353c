//! Submissions without a Dockerfile, built to their end in the one that is made for them: the smallest service of each
//! compiled language. Python and Node are built so wherever a fixture without a Dockerfile is.

use super::bench::{Bench, base_images, engine, get, raised, spec};
use crate::grade::bench::has_turn;

const GO: [(&str, &str); 3] = [
    ("Procfile", "web: tiny\n"),
    ("go.mod", "module example.com/tiny\n\ngo 1.24\n"),
    (
        "main.go",
        r#"package main

import (
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("go at " + r.URL.Path))
	})
	http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}
"#,
    ),
];

/// One crate from the registry, so that the lockfile has something to hold.
const RUST: [(&str, &str); 4] = [
    ("Procfile", "web: target/release/tiny\n"),
    (
        "Cargo.toml",
        "[package]\nname = \"tiny\"\nversion = \"1.0.0\"\nedition = \"2021\"\n\n[dependencies]\nitoa = \"1\"\n",
    ),
    (
        "Cargo.lock",
        r#"version = 4

[[package]]
name = "itoa"
version = "1.0.19"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "3bd1574e617a9a6c1f8f8181bd7e841e1f20e4277607ef28945765188d6284d4"

[[package]]
name = "tiny"
version = "1.0.0"
dependencies = ["itoa"]
"#,
    ),
    (
        "src/main.rs",
        r#"use std::io::{BufRead, BufReader, Write};

fn main() {
    let port = std::env::var("PORT").unwrap().parse::<u16>().unwrap();
    let server = std::net::TcpListener::bind(("0.0.0.0", port)).unwrap();
    for mut stream in server.incoming().flatten() {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let body = "rust";
        let length = itoa::Buffer::new().format(body.len()).to_owned();
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ";
        let _ = write!(stream, "{head}{length}\r\n\r\n{body}");
    }
}
"#,
    ),
];

/// Builds it, raises it, and gives what it answers; built again, it is there already.
async fn comes_up(files: &[(&str, &str)], stage: &str) -> String {
    base_images(&[stage, "debian:bookworm-slim"]);
    let bench = Bench::of(files);
    let runtime = bench.open().await;
    let built = runtime.build().await;
    let built = built.unwrap_or_else(|trouble| panic!("{trouble:?}"));
    let made = built.made.unwrap();
    assert!(made.contains(&format!("FROM {stage} AS build")), "{made}");
    assert!(made.contains("\nFROM debian:bookworm-slim\n"), "{made}");
    let world = raised(&*runtime, &spec(60)).await;
    let boot = world.boots().remove(0);
    assert_eq!(boot.port_asked, boot.port_used);
    let said = get(&world, "/things").await;
    runtime.close().await.unwrap();
    let again = bench.open().await;
    assert!(again.build().await.unwrap().cached);
    again.close().await.unwrap();
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_in_go_is_built_without_a_dockerfile() {
    if engine() && has_turn("a service in go", 3) {
        assert_eq!(comes_up(&GO, "golang:1.24-bookworm").await, "go at /things");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_in_rust_is_built_without_a_dockerfile() {
    if engine() && has_turn("a service in rust", 3) {
        assert_eq!(comes_up(&RUST, "rust:1-slim-bookworm").await, "rust");
    }
}
