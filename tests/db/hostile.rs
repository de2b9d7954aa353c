//! Databases that attack whoever looks at them (`fixtures/hostile/*.sql`). Everything we do is done to each; the
//! server's log then says who ran the traps.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use grader::probe::sql::{Editor, Observer, Token};
use grader::probe::trace::Trace;
use grader::runtime::postgres::{Cluster, Database, LockMode};

use super::{cluster, service};

#[tokio::test]
async fn an_implicit_cast_runs_as_nobody_else() {
    attacked("cast", "SELECT s::text FROM secrets s").await;
}

#[tokio::test]
async fn an_index_function_runs_as_nobody_else() {
    attacked("index", "EXPLAIN SELECT * FROM secrets WHERE word = 'x'").await;
}

#[tokio::test]
async fn a_trigger_runs_as_nobody_else() {
    attacked("trigger", "INSERT INTO secrets (word) VALUES ('more')").await;
}

#[tokio::test]
async fn views_policies_rules_and_domains_run_as_nobody_else() {
    attacked(
        "view",
        "SELECT * FROM seen; INSERT INTO words VALUES ('more')",
    )
    .await;
}

#[tokio::test]
async fn shadowed_system_functions_run_as_nobody_else() {
    attacked("path", "SELECT pg_backend_pid()").await;
}

/// Installs a fixture as the service would, proves that `naive` springs it, and then does all we ever do.
async fn attacked(name: &str, naive: &str) {
    let (cluster, _folder) = cluster().await;
    let data = cluster.data().to_path_buf();
    let database = cluster.create_database("victim").await.unwrap();
    install(&database, name).await;
    let log = Log {
        data,
        database: &database,
    };

    log.sprung_since_last().await;
    Editor::connect(&database)
        .await
        .unwrap()
        .run(naive)
        .await
        .unwrap();
    let control = log.sprung_since_last().await;
    assert!(!control.is_empty(), "the trap does not work");
    assert!(
        control
            .iter()
            .all(|line| line.ends_with(&by(database.role()))),
        "{control:#?}"
    );

    observe(&database).await;
    let looked = log.sprung_since_last().await;
    assert!(looked.is_empty(), "reading set something off: {looked:#?}");
    operate(&cluster, &database).await;
    let operated = log.sprung_since_last().await;
    assert!(
        operated.is_empty(),
        "the operator set something off: {operated:#?}"
    );
    edit(&database, naive).await;
    let edited = log.sprung_since_last().await;
    assert!(
        edited
            .iter()
            .all(|line| line.ends_with(&by(database.role()))),
        "{edited:#?}"
    );
    watch(&cluster, &database, naive).await;
    let watched = log.sprung_since_last().await;
    assert!(
        watched
            .iter()
            .all(|line| line.ends_with(&by(database.role()))),
        "{watched:#?}"
    );

    let files = std::fs::read_dir(&log.data).unwrap();
    let names: Vec<_> = files
        .map(|f| f.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        !names.iter().any(|n| n.starts_with("trap-sprung")),
        "{names:?}"
    );
    cluster.drop_database(&database).await.unwrap();
}

fn by(role: &str) -> String {
    format!("sprung by {role} as {role}")
}

async fn install(database: &Database, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hostile");
    for file in ["trap", name] {
        let sql = std::fs::read_to_string(folder.join(format!("{file}.sql"))).unwrap();
        // As the service does it, so that nothing of ours has a part in it.
        let client = service(&database.service_url).await;
        client.batch_execute(&sql).await.unwrap();
    }
}

async fn observe(database: &Database) {
    let observer = Observer::connect(database).await.unwrap();
    let catalog = observer.catalog().await.unwrap();
    assert!(catalog.tables.iter().any(|t| t.name == "secrets"));
    for table in observer.tables().await.unwrap() {
        let columns: Vec<_> = table.columns.iter().map(|c| c.name.as_str()).collect();
        let rows = observer.rows(&table, &columns).await.unwrap();
        assert_eq!(
            rows.rows.len() as u64,
            observer.count(&table).await.unwrap()
        );
    }
    let tokens = [Token::Text("zq7trap1".into()), Token::Number("2".into())];
    assert_eq!(
        observer.find(&tokens).await.unwrap().len(),
        2,
        "policies hide nothing from us"
    );
}

async fn operate(cluster: &Cluster, database: &Database) {
    let operator = cluster.server().operator();
    operator
        .set_sequence(database, "public", "secrets_id_seq", 1000)
        .await
        .unwrap();
    operator
        .set_sequence(database, "public", "secrets", 1)
        .await
        .unwrap_err();
    for mode in [
        LockMode::Share,
        LockMode::Exclusive,
        LockMode::AccessExclusive,
    ] {
        let lock = operator
            .lock_table(database, "public", "secrets", mode)
            .await
            .unwrap();
        assert!(lock.pid() > 0);
        lock.release().await.unwrap();
    }
    // A view in the place of a table, should a learner swap them.
    if let Ok(lock) = operator
        .lock_table(database, "public", "seen", LockMode::Share)
        .await
    {
        lock.release().await.unwrap();
    }
    let slot = operator.create_slot(database).await.unwrap().unwrap();
    slot.read(100).await.unwrap();
    slot.drop().await.unwrap();
    let client = service(&database.service_url).await;
    let pid = client
        .query_one("SELECT pg_catalog.pg_backend_pid()", &[])
        .await
        .unwrap()
        .get(0);
    assert!(operator.end_backend(pid).await.unwrap());
    let _other = service(&database.service_url).await;
    assert!(operator.end_sessions(database).await.unwrap() >= 1);
}

async fn edit(database: &Database, naive: &str) {
    let editor = Editor::connect(database).await.unwrap();
    assert!(editor.pid() > 0);
    editor.run(naive).await.unwrap();
    editor
        .try_and_undo(&["UPDATE secrets SET word = 'other'", naive])
        .await
        .unwrap();
}

async fn watch(cluster: &Cluster, database: &Database, naive: &str) {
    let client = service(&database.service_url).await;
    let trace = Trace::open(database).await.unwrap();
    client.batch_execute(naive).await.unwrap();
    let traced = trace.close().await.unwrap();
    assert!(traced.sent().any(|s| s.sql == naive));
    let server = cluster.server();
    let mut tail = server.log_end().await.unwrap();
    server.read_log(&mut tail).await.unwrap();
    let other = cluster.create_database("victim").await.unwrap();
    cluster.drop_database(&other).await.unwrap();
}

/// The server's log as lines of traps.
struct Log<'a> {
    data: PathBuf,
    database: &'a Database,
}

impl Log<'_> {
    /// Trap lines since the last call: between the last two of our marks. Opening a window empties the log, and then the
    /// older mark is gone, so everything counts.
    async fn sprung_since_last(&self) -> Vec<String> {
        let client = service(&self.database.service_url).await;
        let mark = format!("mark {:?}", Instant::now());
        let raise = format!("DO $$ BEGIN RAISE LOG '{mark}'; END $$");
        client.batch_execute(&raise).await.unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let text = std::fs::read_to_string(self.data.join("log/server.json")).unwrap();
            let lines = text
                .lines()
                .filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok());
            let messages: Vec<_> = lines
                .filter_map(|l| Some(l.get("message")?.as_str()?.to_owned()))
                .collect();
            if messages.contains(&mark) {
                let before = &messages[..messages.iter().position(|m| *m == mark).unwrap()];
                let last = before.iter().rposition(|m| m.starts_with("mark "));
                let new = &before[last.map_or(0, |at| at + 1)..];
                return new
                    .iter()
                    .filter(|m| m.starts_with("trap "))
                    .cloned()
                    .collect();
            }
            assert!(Instant::now() < end, "the mark does not appear");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
