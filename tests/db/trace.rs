//! What one request sent to the database, from a real server's log.

use grader::model::Statement;
use grader::probe::sql::Editor;
use grader::probe::trace::Trace;
use grader::runtime::postgres::{Cluster, ClusterOptions};

use super::{cluster, folder, service};

const SCHEMA: &str = "
    CREATE TABLE parent (id int PRIMARY KEY);
    CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, note text);
    INSERT INTO parent SELECT generate_series(1, 5);
    CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$
    BEGIN RETURN (SELECT count(*) * n FROM parent); END $$;";

fn texts<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Vec<&'a str> {
    statements.into_iter().map(|s| s.sql.as_str()).collect()
}

async fn every_kind_of_statement(cluster: Cluster) {
    let database = cluster.create_database("main").await.unwrap();
    let other = cluster.create_database("main").await.unwrap();
    let (one, two) = (
        service(&database.service_url).await,
        service(&database.service_url).await,
    );
    let stranger = service(&other.service_url).await;
    let editor = Editor::connect(&database).await.unwrap();
    editor.run(SCHEMA).await.unwrap();
    let prepared = one
        .prepare("SELECT id FROM parent WHERE id <= $1")
        .await
        .unwrap();
    one.batch_execute("SELECT 'before'").await.unwrap();

    let trace = Trace::open(&database).await.unwrap();
    one.batch_execute("SELECT id FROM parent WHERE id = 3")
        .await
        .unwrap();
    assert_eq!(one.query(&prepared, &[&4]).await.unwrap().len(), 4);
    let insert = "INSERT INTO child VALUES ($1, $2, $3)";
    two.execute(insert, &[&1, &2, &"it's\nnew"]).await.unwrap();
    two.query("SELECT twice($1)", &[&7]).await.unwrap();
    two.execute(insert, &[&1, &2, &None::<&str>])
        .await
        .unwrap_err();
    one.batch_execute("BEGIN; UPDATE child SET note = 'x'; COMMIT")
        .await
        .unwrap();
    one.batch_execute("SELEKT 1").await.unwrap_err();
    editor.run("SELECT 'the editor'").await.unwrap();
    Editor::connect(&database)
        .await
        .unwrap()
        .run("SELECT 'another editor'")
        .await
        .unwrap();
    stranger.batch_execute("SELECT 'elsewhere'").await.unwrap();
    let traced = trace.close().await.unwrap();
    one.batch_execute("SELECT 'after'").await.unwrap();

    assert!(!traced.cut);
    let all = &traced.statements;
    let find = |sql: &str| {
        all.iter()
            .find(|s| s.sql == sql && s.sqlstate.is_none())
            .unwrap()
    };
    let simple = find("SELECT id FROM parent WHERE id = 3");
    assert_eq!(
        (simple.session, simple.rows, simple.nested),
        (1, Some(1.0), false)
    );
    assert!(simple.plan.as_ref().unwrap().to_string().contains("parent"));
    let bound = find("SELECT id FROM parent WHERE id <= $1");
    assert_eq!(
        (bound.rows, &bound.parameters),
        (Some(4.0), &vec![Some("4".to_owned())])
    );
    let written = find(insert);
    let values = ["1", "2", "it's\nnew"].map(|v| Some(v.to_owned()));
    assert_eq!((written.session, &written.parameters[..]), (2, &values[..]));
    assert!(written.plan.is_some());
    assert_eq!(find("SELECT twice($1)").rows, Some(1.0));
    let nested: Vec<_> = all.iter().filter(|s| s.nested).collect();
    let inside = texts(nested.iter().copied()).join("\n");
    assert!(inside.contains("count(*) * n FROM parent"), "{inside}");
    assert!(
        inside.contains("FOR KEY SHARE"),
        "the foreign key check: {inside}"
    );
    let refused: Vec<_> = all
        .iter()
        .filter_map(|s| Some((s.sql.as_str(), s.sqlstate.as_deref()?)))
        .collect();
    assert_eq!(refused, [(insert, "23505"), ("SELEKT 1", "42601")]);
    let again = all
        .iter()
        .find(|s| s.sqlstate.as_deref() == Some("23505"))
        .unwrap();
    assert_eq!(again.parameters, [Some("1".into()), Some("2".into()), None]);
    assert_eq!(
        texts(traced.sent()),
        [
            "SELECT id FROM parent WHERE id = 3",
            "SELECT id FROM parent WHERE id <= $1",
            insert,
            "SELECT twice($1)",
            insert,
            "BEGIN; UPDATE child SET note = 'x'; COMMIT",
            "SELEKT 1",
        ]
    );
}

#[tokio::test]
async fn every_kind_of_statement_is_seen_and_only_the_services() {
    let (cluster, _folder) = cluster().await;
    every_kind_of_statement(cluster).await;
}

#[tokio::test]
async fn a_log_in_csv_tells_the_same() {
    let folder = folder();
    let mut options = ClusterOptions::new("test", folder.path());
    options
        .settings
        .push(("log_destination".into(), "csvlog".into()));
    let cluster = Cluster::start(options).await.unwrap();
    assert!(!cluster.capabilities().json_log);
    every_kind_of_statement(cluster).await;
}

#[tokio::test]
async fn windows_may_overlap_and_leave_the_server_quiet() {
    let (cluster, _folder) = cluster().await;
    let database = cluster.create_database("main").await.unwrap();
    let client = service(&database.service_url).await;
    let first = Trace::open(&database).await.unwrap();
    client.batch_execute("SELECT 1").await.unwrap();
    let second = Trace::open(&database).await.unwrap();
    client.batch_execute("SELECT 2").await.unwrap();
    assert_eq!(
        texts(&first.close().await.unwrap().statements),
        ["SELECT 1", "SELECT 2"]
    );
    client.batch_execute("SELECT 3").await.unwrap();
    assert_eq!(
        texts(&second.close().await.unwrap().statements),
        ["SELECT 2", "SELECT 3"]
    );
    let row = client
        .query_one("SHOW log_min_duration_statement", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, &str>(0), "-1");
    drop(Trace::open(&database).await.unwrap());
    let shown = || client.query_one("SHOW log_min_duration_statement", &[]);
    while shown().await.unwrap().get::<_, &str>(0) != "-1" {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
