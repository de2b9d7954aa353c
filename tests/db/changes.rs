//! What was committed, as the server's log of changes tells it.

use grader::probe::changes::{Changes, Deed, count};
use grader::probe::sql::Editor;

use super::{cluster, service};

const SCHEMA: &str = "
    CREATE TABLE venue (id int PRIMARY KEY, name text);
    CREATE TABLE log (what text, at timestamptz DEFAULT now()) PARTITION BY RANGE (at);
    CREATE TABLE log_all PARTITION OF log DEFAULT;";

#[tokio::test]
async fn transactions_and_their_rows_are_told_once() {
    let (cluster, _folder) = cluster().await;
    let database = cluster.create_database("main").await.unwrap();
    let other = cluster.create_database("main").await.unwrap();
    let editor = Editor::connect(&database).await.unwrap();
    editor.run(SCHEMA).await.unwrap();
    editor
        .run("INSERT INTO venue VALUES (1, 'before')")
        .await
        .unwrap();
    let stranger = service(&other.service_url).await;
    let client = service(&database.service_url).await;

    let changes = Changes::open(&database).await.unwrap().unwrap();
    assert_eq!(changes.take().await.unwrap(), []);
    client
        .batch_execute(
            "BEGIN; INSERT INTO venue VALUES (2, 'It''s'); UPDATE venue SET name = 'zq7'; COMMIT",
        )
        .await
        .unwrap();
    client
        .batch_execute("BEGIN; DELETE FROM venue; ROLLBACK")
        .await
        .unwrap();
    client
        .batch_execute("INSERT INTO log (what) VALUES ('x')")
        .await
        .unwrap();
    stranger
        .batch_execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    let commits = changes.take().await.unwrap();
    assert_eq!(commits.len(), 2, "{commits:?}");
    let tables: Vec<_> = commits[0]
        .rows
        .iter()
        .map(|r| (r.table.as_str(), r.deed))
        .collect();
    assert_eq!(
        tables,
        [
            ("public.venue", Deed::Insert),
            ("public.venue", Deed::Update),
            ("public.venue", Deed::Update)
        ]
    );
    assert!(commits[0].says("it's") && commits[0].says("ZQ7"));
    assert_eq!(commits[1].rows[0].table, "public.log_all");
    assert_eq!(count(&commits, Deed::Update)["public.venue"], 2);
    assert_eq!(changes.take().await.unwrap(), [], "nothing is told twice");
    changes.close().await.unwrap();
    cluster.drop_database(&database).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_stays_open_is_no_fault_of_ours() {
    let (cluster, _folder) = cluster().await;
    let database = cluster.create_database("main").await.unwrap();
    let client = service(&database.service_url).await;
    client
        .batch_execute("CREATE TABLE t (a int); BEGIN; INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    assert!(Changes::open(&database).await.unwrap().is_none());
    client.batch_execute("COMMIT").await.unwrap();
    let changes = Changes::open(&database).await.unwrap().unwrap();
    changes.close().await.unwrap();
}
