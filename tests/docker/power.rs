//! Stopping, killing, freezing and starting again, of the service and of its Postgres.

use std::time::Duration;

use grader::model::WorldKind;
use grader::runtime::postgres::StopMode;
use grader::runtime::{Exited, Stop, StoreKind, WorldSpec};

use super::bench::{Bench, engine, get, raised, spec};

async fn answers(world: &grader::runtime::World) -> bool {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(1));
    let url = format!("{}/", world.base_url(0));
    let asked = client.build().unwrap().get(url).send().await;
    asked.is_ok_and(|answer| answer.status().is_success())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_stopped_killed_frozen_and_started_again() {
    if !engine() {
        return;
    }
    let bench = Bench::python("import lib; lib.serve()", Some("nobody"));
    let (runtime, world) = bench.up().await;
    let before = world.alive();
    assert!(before[0].runs() && before[0].pid.is_some());

    world.pause().await.unwrap();
    assert!(!answers(&world).await);
    assert_eq!(world.alive(), before, "frozen is not ended");
    world.resume().await.unwrap();
    assert!(answers(&world).await);

    let stopped = world.stop(Stop::Term).await.unwrap();
    assert_eq!(stopped[0].exit, Some(Exited::Signal(15)));
    assert!(!answers(&world).await);
    world.start().await.unwrap();
    assert!(answers(&world).await);
    assert_ne!(world.alive(), before, "another process");

    world.pause().await.unwrap();
    let killed = world.stop(Stop::Kill).await.unwrap();
    assert_eq!(killed[0].exit, Some(Exited::Signal(9)));
    world.start().await.unwrap();
    assert!(answers(&world).await);
    runtime.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_stand_on_one_database() {
    if !engine() {
        return;
    }
    let bench = Bench::python("import lib; lib.serve()", Some("nobody"));
    let runtime = bench.open().await;
    let both = WorldSpec {
        within: Duration::from_secs(60),
        ..WorldSpec::new("replicas", WorldKind::Replicas)
    };
    let world = raised(&*runtime, &both).await;
    let boots = world.boots();
    assert_eq!(boots.len(), 2);
    assert_ne!(boots[0].base_url, boots[1].base_url);
    let mut urls = Vec::new();
    for boot in &boots {
        let about = reqwest::get(&boot.base_url).await.unwrap();
        let about: serde_json::Value = about.json().await.unwrap();
        urls.push(about["env"]["DATABASE_URL"].clone());
    }
    assert_eq!(urls[0], urls[1]);
    runtime.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_world_with_its_own_postgres_can_stop_it() {
    if !engine() {
        return;
    }
    let bench = Bench::python("import lib; lib.serve()", Some("nobody"));
    let runtime = bench.open().await;
    let mut own = spec(60);
    own.own_cluster = true;
    let world = raised(&*runtime, &own).await;
    let shared = raised(
        &*runtime,
        &WorldSpec {
            name: "other".into(),
            ..spec(60)
        },
    )
    .await;
    let power = world.cluster().unwrap();
    assert!(shared.cluster().is_none());
    let url = world.database().unwrap();
    let server = url.server().unwrap().clone();
    let there = async || server.create_database("probe").await.is_ok();
    assert!(there().await);
    for mode in [StopMode::Fast, StopMode::Immediate] {
        power.stop(mode).await.unwrap();
        power.stop(mode).await.unwrap();
        assert!(!there().await);
        power.start_again().await.unwrap();
        power.start_again().await.unwrap();
        assert!(there().await, "its data and passwords outlive {mode:?}");
    }
    power.pause().await.unwrap();
    let frozen = tokio::time::timeout(Duration::from_secs(1), there()).await;
    assert!(frozen.is_err());
    power.resume().await.unwrap();
    assert!(there().await);
    runtime.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_container_keeps_besides_its_database_is_seen() {
    if !engine() {
        return;
    }
    let app = "
import json, lib, os, socket, sqlite3
db = sqlite3.connect('/tmp/data.db')
db.execute('create table t(a)')
db.commit()
json.dump([1, 2], open('/var/tmp/things.json', 'w'))
postgres = socket.create_connection((os.environ['DATABASE_URL'].split('@')[-1].split(':')[0], 5432))
other = socket.create_server(('127.0.0.1', 0))
held = socket.create_connection(other.getsockname())
lib.serve()";
    let bench = Bench::python(app, None);
    let (runtime, world) = bench.up().await;
    let stores = world.stores().await.unwrap();
    let [database] = stores.databases.as_slice() else {
        panic!("{stores:?}")
    };
    assert_eq!(
        (database.path.as_str(), database.kind),
        ("/tmp/data.db", StoreKind::Sqlite)
    );
    assert!(database.held && database.written, "{stores:?}");
    let written: Vec<_> = stores.written.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(written, ["/var/tmp/things.json"]);
    // Itself and our Postgres are not others.
    assert!(stores.outgoing.is_empty(), "{stores:?}");
    assert!(get(&world, "/").await.contains("DATABASE_URL"));
    runtime.close().await.unwrap();
}
