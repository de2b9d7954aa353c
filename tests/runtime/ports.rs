//! Services that listen where nobody asked them to.

use super::bench::{Bench, spec};

/// A port that was free a moment ago.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

#[tokio::test]
async fn a_service_that_ignores_port_is_found_on_its_own() {
    let own = free_port();
    let bench = Bench::python(&format!("import lib; lib.serve(port={own})"));
    let runtime = bench.open().await;
    let world = runtime.raise(&spec(20.0)).await.unwrap();
    let boot = world.boots().remove(0);
    assert_eq!(boot.port_used, own);
    assert_ne!(boot.port_asked, own);
    assert_eq!(world.base_url(0), format!("http://127.0.0.1:{own}"));
    runtime.close().await.unwrap();
    bench.nothing_runs();
}

#[tokio::test]
async fn a_second_port_opened_first_does_not_count_as_ignoring_port() {
    let own = free_port();
    let app = format!(
        "import lib, threading, time\nthreading.Thread(target=lib.serve, args=('0.0.0.0', {own}), daemon=True).start()\n\
         time.sleep(1.5)\nlib.serve()"
    );
    let bench = Bench::python(&app);
    let runtime = bench.open().await;
    let boot = runtime.raise(&spec(20.0)).await.unwrap().boots().remove(0);
    assert_eq!(boot.port_used, boot.port_asked);
    runtime.close().await.unwrap();
}

#[tokio::test]
async fn a_service_on_one_loopback_only_is_found_there() {
    for (host, shown) in [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")] {
        if host == "::1" && std::net::TcpListener::bind("[::1]:0").is_err() {
            continue;
        }
        let bench = Bench::python(&format!("import lib; lib.serve('{host}')"));
        let runtime = bench.open().await;
        let world = runtime.raise(&spec(20.0)).await.unwrap();
        let boot = world.boots().remove(0);
        assert_eq!(boot.base_url, format!("http://{shown}:{}", boot.port_asked));
        assert!(boot.loopback_only(), "{:?}", boot.listens);
        runtime.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_fixed_port_that_is_taken_is_told() {
    let holder = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let taken = holder.local_addr().unwrap().port();
    let bench = Bench::python(&format!("import lib; lib.serve(port={taken})"));
    let story = bench.story(&spec(20.0)).await;
    assert!(
        story.try_next[0].contains("listen on the port in $PORT"),
        "{:?}",
        story.try_next
    );
}
