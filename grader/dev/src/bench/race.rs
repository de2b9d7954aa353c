//! Races left to chance, and races that a table lock makes happen.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use futures::future::join_all;
use grader::probe::sql::{Editor, Ran};
use grader::runtime::postgres::{Cluster, Database, LockMode};

/// How often each race is run.
const TRIALS: usize = 50;
/// How many do the same at once.
const RACERS: usize = 2;
/// How long a racer may take to come to the lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// A thing that services do, as its statements, and what the table shows when all of it happened.
struct Deed {
    name: &'static str,
    wrong: bool,
    read: &'static str,
    write: fn(&str) -> String,
    check: &'static str,
    right: &'static str,
}

const DEEDS: [Deed; 4] = [
    Deed {
        name: "read, add one, write",
        wrong: true,
        read: "SELECT n FROM counter",
        write: |n| format!("UPDATE counter SET n = {n} + 1"),
        check: "SELECT n FROM counter",
        right: "2",
    },
    Deed {
        name: "add one in one statement",
        wrong: false,
        read: "SELECT n FROM counter",
        write: |_| "UPDATE counter SET n = n + 1".to_owned(),
        check: "SELECT n FROM counter",
        right: "2",
    },
    Deed {
        name: "look, then insert",
        wrong: true,
        read: "SELECT count(*) FROM open_names WHERE name = 'a'",
        write: |n| format!("INSERT INTO open_names SELECT 'a' WHERE {n} = 0"),
        check: "SELECT count(*) FROM open_names",
        right: "1",
    },
    Deed {
        name: "look, then insert under a unique key",
        wrong: false,
        read: "SELECT count(*) FROM unique_names WHERE name = 'a'",
        write: |n| {
            format!("INSERT INTO unique_names SELECT 'a' WHERE {n} = 0 ON CONFLICT DO NOTHING")
        },
        check: "SELECT count(*) FROM unique_names",
        right: "1",
    },
];

/// How often each deed goes wrong, free and forced.
pub(super) async fn table(cluster: &Cluster) -> Result<String> {
    let mut out = format!(
        "\n## Races\n\n{RACERS} sessions do the same at once, {TRIALS} times: free, and with the table locked against \
         writers until all have read and wait.\n\n| what they do | is it wrong? | went wrong, free | forced | a forced \
         trial |\n|---|---|--:|--:|--:|\n"
    );
    for deed in &DEEDS {
        let database = cluster.create_database("race").await?;
        let (free, _) = trials(&database, deed, false).await?;
        let (forced, each) = trials(&database, deed, true).await?;
        cluster.drop_database(&database).await?;
        let wrong = if deed.wrong { "yes" } else { "no" };
        writeln!(
            out,
            "| {} | {wrong} | {free} | {forced} | {} ms |",
            deed.name,
            each.as_millis()
        )?;
    }
    Ok(out)
}

async fn trials(database: &Database, deed: &Deed, forced: bool) -> Result<(usize, Duration)> {
    let main = Editor::connect(database).await?;
    let mut racers = Vec::new();
    for _ in 0..RACERS {
        racers.push(Editor::connect(database).await?);
    }
    let (mut wrong, began) = (0, Instant::now());
    for _ in 0..TRIALS {
        let clean = "DROP TABLE IF EXISTS counter, open_names, unique_names; CREATE TABLE counter AS SELECT 0 AS n; \
                     CREATE TABLE open_names (name text); CREATE TABLE unique_names (name text PRIMARY KEY)";
        one(&main, clean).await?;
        let lock = if forced {
            let table = ["counter", "open_names", "unique_names"];
            let table = table
                .into_iter()
                .find(|t| deed.check.contains(*t))
                .unwrap_or("counter");
            let operator = database.server()?.operator();
            Some(
                operator
                    .lock_table(database, "public", table, LockMode::Share)
                    .await?,
            )
        } else {
            None
        };
        let race = join_all(racers.iter().map(async |racer| {
            let read = one(racer, deed.read).await?;
            one(racer, &(deed.write)(&read)).await
        }));
        let release = async {
            if let Some(lock) = lock {
                let end = Instant::now() + PATIENCE;
                while database.server()?.operator().waiting(database).await? < RACERS as i64 {
                    if Instant::now() > end {
                        bail!("the racers never came to the lock");
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                lock.release().await?;
            }
            Ok(())
        };
        let (done, released) = tokio::join!(race, release);
        released?;
        for racer in done {
            racer?;
        }
        wrong += usize::from(one(&main, deed.check).await? != deed.right);
    }
    Ok((wrong, began.elapsed() / u32::try_from(TRIALS)?))
}

/// Runs a statement; the first cell of its answer.
async fn one(editor: &Editor, sql: &str) -> Result<String> {
    match editor.run(sql).await? {
        Ran::Done { rows, .. } => {
            let cell = rows.first().and_then(|r| r.first().cloned().flatten());
            Ok(cell.unwrap_or_default())
        }
        Ran::Refused(refused) => bail!("{}: {sql}", refused.message),
    }
}
