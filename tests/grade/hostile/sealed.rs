//! From inside a graded container, nothing is reached: not the internet, not this machine, not another run.

use std::collections::BTreeSet;
use std::net::{IpAddr, TcpListener, TcpStream};

use grader::model::WorldKind;
use grader::runtime::{Choice, Options, WorldSpec, open};
use grader::submission::Submission;
use nix::ifaddrs::getifaddrs;

use super::super::bench::{Grader, reference};
use super::container;
use crate::docker::bench::{docker, engine, name};
use crate::runtime::bench::open_folder;

/// Addresses on the internet that answer everybody.
const OUTSIDE: [&str; 3] = ["1.1.1.1:53", "8.8.8.8:53", "deb.debian.org:80"];

/// Every address of this machine but its loopback ones, which inside a container are the container's own.
fn addresses() -> BTreeSet<IpAddr> {
    let of = |interface: nix::ifaddrs::InterfaceAddress| {
        let address = interface.address?;
        let v4 = address.as_sockaddr_in().map(|a| IpAddr::from(a.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|a| IpAddr::from(a.ip())))
    };
    let all = getifaddrs().unwrap().filter_map(of);
    all.filter(|ip| !ip.is_loopback()).collect()
}

fn at(ip: IpAddr, port: u16) -> String {
    std::net::SocketAddr::new(ip, port).to_string()
}

/// Every container of a run, by address and by name, with every port that anything of a run listens on.
fn neighbours(label: &str, port: u16) -> BTreeSet<String> {
    let ids = docker(&["ps", "--quiet", "--filter", &format!("label={label}")]);
    let format = "{{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
    let mut targets = BTreeSet::new();
    for id in ids.lines() {
        for host in docker(&["inspect", "--format", format, id]).split_whitespace() {
            for port in [5432, port, 9000, 9001, 9002] {
                targets.insert(format!("{}:{port}", host.trim_start_matches('/')));
            }
        }
    }
    targets
}

#[tokio::test]
async fn a_graded_container_reaches_nobody() {
    if !engine() {
        return;
    }
    // The second run: the reference, up and answering.
    let cache = open_folder();
    let options = Options {
        choice: Choice::Docker,
        cache: Some(cache.path().to_owned()),
        ..Options::default()
    };
    let neighbour = open(Some(Submission::open(&reference()).unwrap()), options)
        .await
        .unwrap();
    let spec = WorldSpec::new("main", WorldKind::Main);
    let world = neighbour.raise(&spec).await.unwrap();
    let label = format!("org.grader.run={}", name(&*neighbour));
    let mut targets = neighbours(&label, world.boots()[0].port_used);
    assert!(targets.len() >= 3 * 5, "{targets:?}");

    // This machine: somebody listens on every address, and so do the second run's published ports.
    let listener = TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0"));
    let listener = listener.unwrap();
    let here = listener.local_addr().unwrap().port();
    let published: reqwest::Url = world.base_url(0).parse().unwrap();
    for ip in addresses() {
        if ip.is_ipv4() {
            TcpStream::connect((ip, here)).unwrap();
        }
        targets.insert(at(ip, here));
        targets.insert(at(ip, published.port().unwrap()));
    }
    targets.extend(OUTSIDE.map(str::to_owned));

    let scanner = open_folder();
    for name in ["Dockerfile", "scan.py"] {
        std::fs::copy(container("scanner").join(name), scanner.path().join(name)).unwrap();
    }
    let lines: Vec<_> = targets.iter().cloned().collect();
    std::fs::write(scanner.path().join("targets.txt"), lines.join("\n")).unwrap();
    let grader = Grader::listings(scanner.path(), &["--runtime", "docker"]);
    let ended = tokio::task::spawn_blocking(|| grader.run()).await.unwrap();
    // The control: it can reach what it may.
    let none = format!("tried {}, reached 0:", targets.len());
    ended
        .exits(1)
        .says(&["sealed: none of", "own database reached", &none]);
    assert!(world.alive()[0].runs());
    neighbour.close().await.unwrap();
}
