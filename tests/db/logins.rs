//! Who may do what.

use grader::probe::sql::{Editor, Observer};
use grader::runtime::postgres::{Adopt, Database, LockMode, Login, Server};
use tokio_postgres::{Config, NoTls};

use super::{cluster, service};

/// The SQLSTATE with which SQL is refused to the service's own role.
async fn refused(database: &Database, sql: &str) -> String {
    let client = service(&database.service_url).await;
    match client.batch_execute(sql).await {
        Ok(()) => "allowed".to_owned(),
        Err(error) => error.code().unwrap().code().to_owned(),
    }
}

#[tokio::test]
async fn the_service_owns_its_database_and_nothing_else() {
    let (cluster, _folder) = cluster().await;
    let mine = cluster.create_database("main").await.unwrap();
    let other = cluster.create_database("main").await.unwrap();
    for sql in [
        "CREATE TABLE t (a int)",
        "CREATE SCHEMA mine",
        "CREATE EXTENSION pgcrypto",
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
    ] {
        assert_eq!(refused(&mine, sql).await, "allowed", "{sql}");
    }
    for sql in [
        "SET ROLE grader_operator",
        "SET SESSION AUTHORIZATION grader_observer",
        "CREATE ROLE friend",
        "CREATE DATABASE more",
        "ALTER SYSTEM SET fsync = on",
        "SET log_min_duration_statement = -1",
        "SET auto_explain.log_min_duration = -1",
        "SELECT pg_read_file('PG_VERSION')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_reload_conf()",
    ] {
        assert_eq!(refused(&mine, sql).await, "42501", "{sql}");
    }
    for elsewhere in [
        other.name.as_str(),
        "grader",
        "postgres",
        "template1",
        "template0",
    ] {
        let mut config: Config = mine.service_url.parse().unwrap();
        let error = config.dbname(elsewhere).connect(NoTls).await.err().unwrap();
        let code = error.code().unwrap().code().to_owned();
        assert!(
            ["42501", "55000", "3D000"].contains(&code.as_str()),
            "{elsewhere}: {error}"
        );
    }
    let mut config: Config = mine.service_url.parse().unwrap();
    config.user("grader_operator").dbname("grader");
    let error = config.connect(NoTls).await.err().unwrap();
    assert_eq!(
        error.code().unwrap().code(),
        "28000",
        "the operator is let in by the socket alone"
    );
}

#[tokio::test]
async fn the_observer_cannot_write() {
    let (cluster, _folder) = cluster().await;
    let database = cluster.create_database("main").await.unwrap();
    let editor = Editor::connect(&database).await.unwrap();
    editor
        .run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    let observer = Observer::connect(&database).await.unwrap();
    let sql = "SELECT usename::text, application_name FROM pg_stat_activity WHERE usename = 'grader_observer'";
    let client = service(&database.service_url).await;
    assert_eq!(client.query(sql, &[]).await.unwrap().len(), 1);
    let rights = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication \
                  FROM pg_roles WHERE rolname = $1";
    for (role, expected) in [
        ("grader_observer", [false, true, false, false, false]),
        ("grader_watch", [false, false, false, false, true]),
        (database.role(), [false; 5]),
    ] {
        let row = client.query_one(rights, &[&role]).await.unwrap();
        assert_eq!(
            [0, 1, 2, 3, 4].map(|i| row.get::<_, bool>(i)),
            expected,
            "{role}"
        );
    }
    assert_eq!(observer.tables().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_operator_does_what_it_says() {
    let (cluster, _folder) = cluster().await;
    let database = cluster.create_database("main").await.unwrap();
    let operator = cluster.server().operator();
    let editor = Editor::connect(&database).await.unwrap();
    editor
        .run("CREATE TABLE t (id serial PRIMARY KEY, a int)")
        .await
        .unwrap();
    operator
        .set_sequence(&database, "public", "t_id_seq", 5000)
        .await
        .unwrap();
    let client = service(&database.service_url).await;
    let row = client
        .query_one("INSERT INTO t (a) VALUES (1) RETURNING id", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, i32>(0), 5000);

    let lock = operator
        .lock_table(&database, "public", "t", LockMode::Share)
        .await
        .unwrap();
    let writing = client.execute("UPDATE t SET a = 2", &[]);
    tokio::pin!(writing);
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    let other = service(&database.service_url).await;
    loop {
        tokio::select! {
            done = &mut writing => panic!("the lock did not hold: {done:?}"),
            row = other.query_one(waits, &[]) => {
                if row.unwrap().get::<_, i64>(0) == 1 {
                    break;
                }
            }
        }
    }
    lock.release().await.unwrap();
    assert_eq!(writing.await.unwrap(), 1);

    client.execute("BEGIN", &[]).await.unwrap();
    let sessions = operator.sessions(&database).await.unwrap();
    assert_eq!(sessions.len(), 2, "ours is left out: {sessions:?}");
    assert_eq!(sessions.iter().filter(|s| s.is_left_open()).count(), 1);

    assert_eq!(
        operator.end_sessions(&database).await.unwrap(),
        2,
        "ours is left alone"
    );
    operator.admit(&database, false).await.unwrap();
    let refused = tokio_postgres::connect(&database.service_url, tokio_postgres::NoTls).await;
    let error = refused.map(drop).unwrap_err();
    assert_eq!(error.code().unwrap().code(), "53300");
    operator.admit(&database, true).await.unwrap();
    service(&database.service_url).await;
    assert!(client.execute("SELECT 1", &[]).await.is_err());
    assert!(editor.run("SELECT 1").await.unwrap().refused().is_none());
    assert!(!operator.end_backend(1).await.unwrap());
    let slot = operator.create_slot(&database).await.unwrap().unwrap();
    slot.drop().await.unwrap();
}

#[tokio::test]
async fn a_database_we_did_not_make_can_be_read_and_written_as_the_service() {
    let (cluster, _folder) = cluster().await;
    let made = cluster.create_database("main").await.unwrap();
    let database = Database::attached(&made.service_url).unwrap();
    assert_eq!((&database.name, database.role()), (&made.name, made.role()));
    let editor = Editor::connect(&database).await.unwrap();
    editor
        .run("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    let observer = Observer::connect(&database).await.unwrap();
    let tables = observer.tables().await.unwrap();
    assert_eq!(observer.count(&tables[0]).await.unwrap(), 1);
    assert!(database.server().is_err());
    let fault = Database::attached("postgres://127.0.0.1/").unwrap_err();
    assert!(fault.to_string().contains("names no user"), "{fault}");
}

#[tokio::test]
async fn only_a_superuser_can_adopt_a_server() {
    let (cluster, _folder) = cluster().await;
    let database = cluster.create_database("main").await.unwrap();
    let url: Config = database.service_url.parse().unwrap();
    let mut reach = Config::new();
    reach
        .host("127.0.0.1")
        .port(cluster.port())
        .dbname(&database.name);
    let operator = Login {
        role: url.get_user().unwrap().to_owned(),
        password: String::from_utf8(url.get_password().unwrap().to_vec()).unwrap(),
    };
    let service = ("127.0.0.1".to_owned(), cluster.port());
    let fault = Server::adopt(Adopt {
        reach,
        operator,
        service,
    })
    .await
    .unwrap_err();
    assert!(fault.to_string().ends_with("is no superuser"), "{fault}");
}
