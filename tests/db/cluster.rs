//! Starting, stopping, freezing; databases and who may enter them.

use std::time::{Duration, Instant};

use grader::runtime::postgres::StopMode;

use super::{cluster, service};

#[tokio::test]
async fn a_world_has_a_database_and_keeps_it_over_a_restart() {
    let (cluster, _folder) = cluster().await;
    let t = Instant::now();
    let database = cluster.create_database("Main world").await.unwrap();
    println!("create {:?}", t.elapsed());
    let client = service(&database.service_url).await;
    client
        .batch_execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    let pid = cluster.pid().await.unwrap();
    for mode in [StopMode::Fast, StopMode::Immediate] {
        cluster.stop(mode).await.unwrap();
        assert_eq!(cluster.pid().await, None);
        assert!(
            tokio_postgres::connect(&database.service_url, tokio_postgres::NoTls)
                .await
                .is_err()
        );
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
        tokio_postgres::connect(&database.service_url, tokio_postgres::NoTls)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn time_it() {
    for _ in 0..3 {
        let t = Instant::now();
        let (cluster, _folder) = cluster().await;
        println!("cluster {:?}", t.elapsed());
        let _database = cluster.create_database("Main world").await.unwrap();
        println!("+database {:?}", t.elapsed());
        let _ = Duration::ZERO;
    }
}
