//! Nothing is left of a run that is closed, wherever it was.

use std::time::{Duration, Instant};

use super::bench::{Bench, engine, name, spec, things};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_closed_on_its_way_up_leaves_nothing() {
    if !engine() {
        return;
    }
    let bench = Bench::python("import time; time.sleep(1000)", Some("nobody"));
    let runtime = bench.open().await;
    let run = name(&*runtime);
    runtime.build().await.unwrap();
    let seconds = spec(60);
    tokio::select! {
        raised = runtime.raise(&seconds) => panic!("{:?}", raised.map(drop)),
        () = tokio::time::sleep(Duration::from_millis(1500)) => {}
    }
    assert!(!things(&run).is_empty());
    let begun = Instant::now();
    runtime.close().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(things(&run), Vec::<String>::new());
    runtime.close().await.unwrap();
}
