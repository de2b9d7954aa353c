//! What we gave the service and what became of it: a relay, a Postgres or a memory that gives way is our fault.

use grader::model::Fault;
use grader::runtime::Runtime;

use super::bench::{Bench, docker, engine, name};

async fn gave_way(runtime: &dyn Runtime) -> Fault {
    let fault = runtime.holds().await.unwrap_err();
    assert!(fault.cure.is_some(), "{fault}");
    fault
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_holds_and_a_container_of_ours_that_ended_does_not() {
    if !engine() {
        return;
    }
    for (ours, told) in [("relay", "the relay"), ("postgres", "Postgres")] {
        let bench = Bench::python("import lib; lib.serve()", Some("nobody"));
        let (runtime, world) = bench.up().await;
        assert_eq!(runtime.holds().await, Ok(()));
        let container = format!("{}-{ours}-0", name(&*runtime));
        docker(&["kill", &container]);
        docker(&["wait", &container]);
        let fault = gave_way(&*runtime).await;
        assert!(
            fault
                .cause
                .contains(&format!("the container of {told} ended")),
            "{fault}"
        );
        assert!(world.alive()[0].runs(), "the service did nothing wrong");
        runtime.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_room_does_not_hold() {
    if !engine() {
        return;
    }
    let bench = Bench::python("import lib; lib.serve()", Some("nobody"));
    let bench = bench.limited(|l| l.database_bytes = 200 << 20);
    let (runtime, _world) = bench.up().await;
    assert_eq!(runtime.holds().await, Ok(()));
    let postgres = format!("{}-postgres-0", name(&*runtime));
    let fill = "dd if=/dev/zero of=/grader-data/junk bs=1M";
    let said = docker(&["exec", &postgres, "sh", "-c", fill]);
    assert!(said.contains("No space left"), "{said}");
    let fault = gave_way(&*runtime).await;
    assert!(
        fault.cause.contains("KiB are left in the memory"),
        "{fault}"
    );
    runtime.close().await.unwrap();
}
