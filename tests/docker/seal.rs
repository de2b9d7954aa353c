//! From inside a graded container nothing is reached but its own database, and an open network is not passed over.

use std::net::{TcpListener, UdpSocket};

use grader::runtime::{Trouble, World};

use super::bench::{Bench, engine, get, name, spec};

/// A service that tries to connect to whatever it is asked for: `/try/HOST/PORT`, or to look up a name: `/name/HOST`.
const SPY: &str = "
import lib, socket, urllib.parse, os
plain = lib.Handler.do_GET
def attempt(self):
    parts = self.path.split('/')
    if parts[1] not in ('try', 'name'):
        return plain(self)
    try:
        if parts[1] == 'try':
            socket.create_connection((parts[2], int(parts[3])), timeout=2).close()
            said = 'reached'
        else:
            said = 'found ' + socket.gethostbyname(parts[2])
    except OSError as error:
        said = 'no: ' + str(error)
    self.send_response(200)
    self.send_header('Content-Length', str(len(said)))
    self.end_headers()
    self.wfile.write(said.encode())
lib.Handler.do_GET = attempt
lib.serve()";

async fn cannot(world: &World, host: &str, port: u16) {
    let said = get(world, &format!("/try/{host}/{port}")).await;
    assert!(said.starts_with("no: "), "{host}:{port}: {said}");
}

/// The addresses of this machine.
fn own_addresses() -> Vec<String> {
    let mut addresses: Vec<String> = nix::ifaddrs::getifaddrs()
        .unwrap()
        .filter_map(|i| Some(i.address?.as_sockaddr_in()?.ip().to_string()))
        .filter(|ip| ip != "127.0.0.1")
        .collect();
    // The one that leads out, whatever it is called.
    let out = UdpSocket::bind("0.0.0.0:0").unwrap();
    if out.connect("198.51.100.1:9").is_ok() {
        addresses.push(out.local_addr().unwrap().ip().to_string());
    }
    addresses
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leads_out_of_a_graded_container() {
    if !engine() {
        return;
    }
    let (one, two) = (
        Bench::python(SPY, Some("nobody")),
        Bench::python(SPY, Some("nobody")),
    );
    let ((runtime, world), (other_runtime, other)) = tokio::join!(one.up(), two.up());
    // The control: what it should reach, it reaches.
    let config: tokio_postgres::Config = world.database().unwrap().service_url.parse().unwrap();
    let tokio_postgres::config::Host::Tcp(postgres) = &config.get_hosts()[0] else {
        panic!("{config:?}")
    };
    assert_eq!(
        get(&world, &format!("/try/{postgres}/5432")).await,
        "reached"
    );

    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let here = listener.local_addr().unwrap().port();
    for address in own_addresses() {
        cannot(&world, &address, here).await;
        // Nor what is published there: the other run's way in.
        let published = other
            .base_url(0)
            .rsplit(':')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        cannot(&world, &address, published).await;
    }
    for (host, port) in [
        ("1.1.1.1", 53),
        ("8.8.8.8", 53),
        ("host.docker.internal", here),
    ] {
        cannot(&world, host, port).await;
    }
    let other_name = name(&*other_runtime);
    for host in [
        format!("{other_name}-postgres-0"),
        format!("{other_name}-relay-0"),
    ] {
        cannot(&world, &host, 5432).await;
    }
    let inspected = super::bench::docker(&["network", "inspect", &other_name]);
    let inspected: serde_json::Value = serde_json::from_str(&inspected).unwrap();
    let others = inspected[0]["Containers"].as_object().unwrap().values();
    let mut asked = 0;
    for container in others {
        let address = container["IPv4Address"].as_str().unwrap();
        let address = address.split('/').next().unwrap().to_owned();
        for port in [5432, other.boots()[0].port_asked, 9000, 9001] {
            cannot(&world, &address, port).await;
            asked += 1;
        }
    }
    assert!(
        asked >= 12,
        "the other run has three containers: {inspected}"
    );
    // A name that is looked up outside can carry a secret there.
    let looked = get(&world, "/name/example.com").await;
    assert!(looked.starts_with("no: "), "{looked}");
    runtime.close().await.unwrap();
    other_runtime.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_left_open_is_a_loud_fault() {
    if !engine() {
        return;
    }
    let mut bench = Bench::python("import lib; lib.serve()", Some("nobody"));
    bench.options.leave_open = true;
    let runtime = bench.open().await;
    runtime.build().await.unwrap();
    let Err(Trouble::Fault(fault)) = runtime.raise(&spec(60)).await.map(drop) else {
        panic!("a service was started on an open network")
    };
    assert!(fault.cause.contains("NOT SEALED"), "{fault}");
    assert!(fault.cure.is_some());
    runtime.close().await.unwrap();

    bench.options.allow_unsealed = true;
    let (runtime, _world) = bench.up().await;
    assert!(runtime.why().contains("NOT SEALED"), "{}", runtime.why());
    runtime.close().await.unwrap();
}
