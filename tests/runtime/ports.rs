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

#[tokio::test]
async fn an_answer_of_somebody_elses_on_our_port_is_not_the_services() {
    // The first start leaves the port to the stranger below; the second, on another port, serves.
    let app = "import lib, os, time\nif not os.path.exists('seen'):\n    open('part', 'w').write(os.environ['PORT'])\n\
               \x20   os.rename('part', 'seen')\n    time.sleep(1000)\nlib.serve()";
    let bench = Bench::python(app);
    let runtime = bench.open().await;
    let spec = spec(20.0);
    let stranger = async {
        let seen = loop {
            let worlds = bench
                .try_worlds()
                .map(|worlds| worlds.join("main/app/seen"));
            if let Some(Ok(port)) = worlds.map(std::fs::read_to_string) {
                break port;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        };
        let port: u16 = seen.parse().unwrap();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
            .await
            .unwrap();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut request).await;
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await;
        }
    };
    let world = tokio::select! {
        world = runtime.raise(&spec) => world.unwrap(),
        () = stranger => unreachable!("it serves for ever"),
    };
    let boot = world.boots().remove(0);
    assert_eq!(boot.port_asked, boot.port_used);
    assert_eq!(
        super::bench::about(&world, 0).await["env"]["PORT"],
        boot.port_used.to_string()
    );
    runtime.close().await.unwrap();
    bench.nothing_runs();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_service_that_hides_its_sockets_is_believed() {
    // PR_SET_DUMPABLE: a plain user sees nothing of such a process.
    let app = "import ctypes, lib\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\nlib.serve()";
    let bench = Bench::python(app);
    let runtime = bench.open().await;
    let boot = runtime.raise(&spec(20.0)).await.unwrap().boots().remove(0);
    assert_eq!(boot.port_used, boot.port_asked);
    if !nix::unistd::geteuid().is_root() {
        assert!(boot.listens.is_empty() && !boot.loopback_only());
    }
    runtime.close().await.unwrap();
    bench.nothing_runs();
}
