//! Starting, stopping, freezing, and two graders at once.

use std::time::Duration;

use grader::runtime::postgres::{Cluster, ClusterOptions, StopMode};
use tokio::time::timeout;
use tokio_postgres::NoTls;

use super::{cluster, folder, service};

#[tokio::test]
async fn a_world_has_a_database_and_keeps_it_over_a_restart() {
    let (cluster, _folder) = cluster().await;
    let database = cluster.create_database("Main world").await.unwrap();
    assert!(database.name.starts_with("main_world_"), "{database:?}");
    let client = service(&database.service_url).await;
    client
        .batch_execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    let pid = cluster.pid().await.unwrap();
    for mode in [StopMode::Fast, StopMode::Immediate] {
        cluster.stop(mode).await.unwrap();
        cluster.stop(mode).await.unwrap();
        assert_eq!(cluster.pid().await, None);
        assert!(
            tokio_postgres::connect(&database.service_url, NoTls)
                .await
                .is_err()
        );
        cluster.start_again().await.unwrap();
        cluster.start_again().await.unwrap();
        let client = service(&database.service_url).await;
        let row = client
            .query_one("SELECT count(*) FROM t", &[])
            .await
            .unwrap();
        assert_eq!(row.get::<_, i64>(0), 1);
    }
    assert_ne!(cluster.pid().await.unwrap(), pid);
    cluster.drop_database(&database).await.unwrap();
    cluster.drop_database(&database).await.unwrap();
    assert!(
        tokio_postgres::connect(&database.service_url, NoTls)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_frozen_server_keeps_its_connections_and_answers_later() {
    let (cluster, _folder) = cluster().await;
    let database = cluster.create_database("main").await.unwrap();
    let client = service(&database.service_url).await;
    cluster.pause().await;
    let asked = client.query_one("SELECT 1", &[]);
    tokio::pin!(asked);
    assert!(
        timeout(Duration::from_millis(200), &mut asked)
            .await
            .is_err(),
        "it answered"
    );
    cluster.resume().await;
    assert_eq!(asked.await.unwrap().get::<_, i32>(0), 1);
    cluster.pause().await;
    timeout(Duration::from_secs(5), cluster.stop(StopMode::Fast))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn nothing_is_left_when_it_is_dropped_frozen_or_not() {
    for frozen in [false, true] {
        let (cluster, folder) = cluster().await;
        let (pid, data) = (cluster.pid().await.unwrap(), cluster.data().to_path_buf());
        if frozen {
            cluster.pause().await;
        }
        drop(cluster);
        assert!(!is_alive(pid), "the server still runs");
        assert!(
            !data.parent().unwrap().exists(),
            "its files are still there"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn its_process_names_the_run_it_belongs_to() {
    let folder = folder();
    let cluster = Cluster::start(ClusterOptions::new("run-4711", folder.path()))
        .await
        .unwrap();
    let environ = std::fs::read(format!("/proc/{}/environ", cluster.pid().await.unwrap())).unwrap();
    assert!(
        environ
            .split(|b| *b == 0)
            .any(|v| v == b"GRADER_RUN=run-4711")
    );
}

#[tokio::test]
async fn two_graders_prepare_one_data_directory() {
    let (cache, one, two) = (folder(), folder(), folder());
    let options = |folder: &tempfile::TempDir| ClusterOptions {
        cache: Some(cache.path().to_path_buf()),
        ..ClusterOptions::new("test", folder.path())
    };
    let (first, second) =
        tokio::join!(Cluster::start(options(&one)), Cluster::start(options(&two)));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(first.port(), second.port());
    let entries = std::fs::read_dir(cache.path())
        .unwrap()
        .map(|e| e.unwrap().path());
    let prepared: Vec<_> = entries.filter(|p| p.is_dir()).collect();
    assert_eq!(prepared.len(), 1, "{prepared:?}");
}

#[tokio::test]
async fn a_deep_folder_is_no_matter() {
    let folder = folder();
    let deep = folder.path().join("a-folder-with-a-long-name/".repeat(6));
    std::fs::create_dir_all(&deep).unwrap();
    let options = ClusterOptions {
        in_memory: false,
        ..ClusterOptions::new("test", &deep)
    };
    let cluster = Cluster::start(options).await.unwrap();
    assert!(cluster.data().starts_with(&deep));
    cluster.create_database("main").await.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_start_says_why() {
    let folder = folder();
    let mut options = ClusterOptions::new("test", folder.path());
    options
        .settings
        .push(("shared_buffers".into(), "a lot".into()));
    let fault = Cluster::start(options).await.err().unwrap().to_string();
    assert!(
        fault.contains("invalid value for parameter \"shared_buffers\""),
        "{fault}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

fn is_alive(pid: u32) -> bool {
    let asked = std::process::Command::new("kill")
        .args(["-0", &pid.to_string()])
        .output();
    asked.unwrap().status.success()
}
