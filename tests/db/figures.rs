//! Figures, not tests: `cargo test --release --test all db::figures -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use grader::probe::trace::Trace;
use grader::runtime::postgres::StopMode;

use super::{cluster, service};

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

/// A world's Postgres (copy, start, logins, database) against a bare start from a ready data directory.
#[tokio::test]
#[ignore = "prints figures"]
async fn world_up() {
    let _prepared = cluster().await;
    let (mut world, mut database, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..15 {
        let start = Instant::now();
        let (cluster, _folder) = cluster().await;
        let middle = Instant::now();
        cluster.create_database("main").await.unwrap();
        world.push(start.elapsed());
        database.push(middle.elapsed());
        cluster.stop(StopMode::Fast).await.unwrap();
        let start = Instant::now();
        cluster.start_again().await.unwrap();
        bare.push(start.elapsed());
    }
    let (world, bare) = (median(world), median(bare));
    println!(
        "world up {world:.0} ms, of it the database {:.0} ms; bare start {bare:.0} ms; ratio {:.2}",
        median(database),
        world / bare
    );
}

/// What a window costs to open and close.
#[tokio::test]
#[ignore = "prints figures"]
async fn window() {
    let (cluster, _folder) = cluster().await;
    let database = cluster.create_database("main").await.unwrap();
    let client = service(&database.service_url).await;
    let mut times = Vec::new();
    for _ in 0..30 {
        let start = Instant::now();
        let trace = Trace::open(&database).await.unwrap();
        client.batch_execute("SELECT 1").await.unwrap();
        trace.close().await.unwrap();
        times.push(start.elapsed());
    }
    println!("a window with one statement {:.1} ms", median(times));
}
