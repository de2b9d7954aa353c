//! Schemas with known verdicts (`fixtures/schema/shop/*/*.sql`), filled with what a plan plants, read back through
//! the observer, labelled and judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use grader::pack::Pack;
use grader::probe::sql::Observer;
use grader::runtime::postgres::{Cluster, ClusterOptions, Database};
use grader::schema::domain::{Domain, View, What};
use grader::schema::facts::Facts;
use grader::schema::judge::{Flaw, Policies, judge};
use grader::schema::label::{Labels, Stored};
use grader::schema::plan::Plan;
use serde_json::Value;

use super::shop;

const SEEDS: u64 = 5;

/// A schema, and what is wrong with it.
struct Variant {
    name: String,
    sql: String,
}

impl Variant {
    fn all(sort: &str) -> Vec<Self> {
        let mut files: Vec<PathBuf> = fs::read_dir(folder().join(sort))
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        files.sort();
        let read = |path: PathBuf| Self {
            name: format!("{sort}/{}", path.file_stem().unwrap().to_string_lossy()),
            sql: fs::read_to_string(&path).unwrap(),
        };
        files.into_iter().map(read).collect()
    }

    /// The values of a header line, `-- wrong: …`.
    fn said(&self, word: &str) -> Vec<&str> {
        let head = format!("-- {word}: ");
        let lines = self.sql.lines();
        lines
            .filter_map(|l| l.strip_prefix(head.as_str()))
            .collect()
    }

    fn expected(&self) -> BTreeSet<String> {
        let sorted = |line: &&str| {
            let words: Vec<&str> = line.split(' ').collect();
            let mut columns: Vec<&str> = words
                .get(2)
                .map(|c| c.split(',').collect())
                .unwrap_or_default();
            columns.sort_unstable();
            let differ = if words.contains(&"differ") {
                " differ"
            } else {
                ""
            };
            format!("{} {} {}{differ}", words[0], words[1], columns.join(","))
        };
        self.said("wrong").iter().map(sorted).collect()
    }
}

fn folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join("fixtures/schema/shop")
}

fn found(flaw: &Flaw) -> String {
    let mut columns = flaw.columns.clone();
    columns.sort();
    let table = flaw.table.split('.').next_back().unwrap();
    let differ = if flaw.differ { " differ" } else { "" };
    format!("{:?} {table} {}{differ}", flaw.form, columns.join(","))
}

#[tokio::test]
async fn honest_schemas_are_accused_of_nothing() {
    all("honest").await;
}

#[tokio::test]
async fn flawed_schemas_are_accused_of_what_is_wrong() {
    all("flawed").await;
}

async fn all(sort: &str) {
    let folder = tempfile::tempdir().unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let cluster = Cluster::start(ClusterOptions::new("test", folder.path()))
        .await
        .unwrap();
    let pack = shop();
    let domain = Domain::of(&pack);
    let only = std::env::var("VARIANT").unwrap_or_default();
    let (mut wrong, mut worst) = (Vec::new(), Duration::ZERO);
    for variant in Variant::all(sort).iter().filter(|v| v.name.contains(&only)) {
        let database = cluster.create_database("shop").await.unwrap();
        for seed in 0..SEEDS {
            let (facts, stored) = store(variant, &pack, &domain, &database, seed).await;
            let begun = Instant::now();
            let labels = Labels::of(&domain, &facts, &stored);
            let judged = judge(&labels, &stored, Policies(true));
            worst = worst.max(begun.elapsed());
            let found: BTreeSet<String> = judged.flaws.iter().map(found).collect();
            let says = |f: &Flaw| {
                f.witness
                    .rows
                    .iter()
                    .all(|r| r.len() == f.witness.columns.len())
                    && !f.says.is_empty()
            };
            if found != variant.expected()
                || !judged.flaws.iter().all(says)
                || !judged.unsure.is_empty()
            {
                wrong.push(format!(
                    "{} seed {seed}: {found:?}, unsure {:?}",
                    variant.name, judged.unsure
                ));
                if !only.is_empty() {
                    explain(&labels, &stored);
                    println!("{judged:#?}");
                }
                break;
            }
        }
        cluster.drop_database(&database).await.unwrap();
    }
    println!("{sort}: slowest {worst:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn explain(labels: &Labels, stored: &[Stored]) {
    for table in &labels.tables {
        println!(
            "{} {:?}",
            stored[table.table].table,
            table.part.as_ref().map(Vec::len)
        );
        if let Some(view) = labels.view(table) {
            println!("   seen from {:?}", view.roots);
            for l in &table.labels {
                println!(
                    "   {} = {} {:?} {}",
                    l.name,
                    view.name(&labels.domain, l.attribute),
                    l.spelling,
                    l.aged
                );
            }
        }
        println!("   unclear {:?}", table.unclear);
    }
}

/// Makes the tables, fills them with a plan's facts as the service would have, and reads them back.
async fn store(
    variant: &Variant,
    pack: &Pack,
    domain: &Domain,
    database: &Database,
    seed: u64,
) -> (Facts, Vec<Stored>) {
    let (client, connection) =
        tokio_postgres::connect(&database.service_url, tokio_postgres::NoTls)
            .await
            .unwrap();
    let connection = tokio::spawn(connection);
    let keys = variant.said("keys").first().copied().unwrap_or("integer");
    let mut facts = Plan::of(pack, seed).facts.clone();
    for (n, thing) in facts.things.iter_mut().enumerate() {
        let kind = &domain.kinds[thing.kind];
        thing.key = kind.keyed.then(|| match keys {
            "uuid" => format!(
                "{:08x}-5f0c-4c11-8a55-{:012x}",
                seed * 7919 + n as u64 * 104_729,
                n * 7
            ),
            "slug" => format!("{}-{}", kind.name, n * 37 + 11),
            _ => (1_000_003 * (thing.kind + 1) + n).to_string(),
        });
    }
    let before = facts.clone();
    for what in variant.said("change") {
        change(domain, &mut facts, what);
    }
    let key = match keys {
        "uuid" => "uuid",
        "slug" => "text",
        _ => "bigint",
    };
    let base = fs::read_to_string(folder().join("base.sql"))
        .unwrap()
        .replace("KEYTYPE", key);
    let (tables, fill) = base.split_once("-- fill").unwrap();
    let spread = "DO $$ DECLARE s record; n int := 0; BEGIN FOR s IN SELECT c.oid::regclass AS name FROM pg_class c WHERE relkind = 'S' \
        LOOP n := n + 1; PERFORM setval(s.name, 50000017 + 1000003 * n); END LOOP; END $$;";
    let sql = [
        "DROP OWNED BY CURRENT_USER; DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA IF NOT EXISTS public; CREATE SCHEMA planted;",
        &planted(domain, &before, &facts),
        tables,
        spread,
        fill,
        &variant.sql.replace("KEYTYPE", key),
        "DROP SCHEMA planted CASCADE;",
    ];
    for part in sql {
        if let Err(e) = client.batch_execute(part).await {
            panic!("{}: {e:?}", variant.name);
        }
    }
    let observer = Observer::connect(database).await.unwrap();
    let mut stored = Vec::new();
    let unread: Vec<&str> = variant.said("unread");
    for table in observer.tables().await.unwrap() {
        let rows = observer.rows(&table, &[]).await.unwrap();
        let read = !unread.contains(&table.name.as_str());
        stored.push(Stored { table, rows, read });
    }
    drop(client);
    connection.await.unwrap().unwrap();
    (facts, stored)
}

/// Changes a fact of the thing to which most others refer.
fn change(domain: &Domain, facts: &mut Facts, what: &str) {
    let (kind, fact) = what.split_once('.').unwrap();
    let kind = domain.kind(kind).unwrap();
    let fact = domain.kinds[kind].fact(fact).unwrap();
    let referred = |n: &usize| {
        facts
            .things
            .iter()
            .filter(|t| t.refs.contains(&Some(*n)))
            .count()
    };
    let of_kind = (0..facts.things.len()).filter(|n| facts.things[*n].kind == kind);
    let thing = of_kind.max_by_key(referred).unwrap();
    facts.things[thing].change(fact, Value::from(format!("Changed zq7zz{thing:05}")));
}

/// A table for each kind with a column for each thing and fact seen from it, as it is and (`was`) as it was.
fn planted(domain: &Domain, before: &Facts, now: &Facts) -> String {
    let mut sql = String::new();
    for kind in 0..domain.kinds.len() {
        let view = View::of(domain, kind);
        let mut columns: BTreeMap<String, usize> = BTreeMap::new();
        for n in 0..view.attrs.len() {
            columns.entry(view.name(domain, n)).or_insert(n);
        }
        let names: Vec<String> = columns
            .keys()
            .flat_map(|c| [format!("\"{c}\" text"), format!("\"was {c}\" text")])
            .collect();
        let table = format!("planted.\"{}\"", domain.kinds[kind].name);
        sql.push_str(&format!("CREATE TABLE {table} ({});\n", names.join(", ")));
        for row in now.rows(&view) {
            let cell = |facts: &Facts, n: usize| match (
                facts.value(&view, &row, n),
                view.attrs[n].spot.what,
            ) {
                (Some(Value::String(text)), _) => format!("'{}'", text.replace('\'', "''")),
                (Some(value), _) => format!("'{value}'"),
                (None, What::Itself) => {
                    row.holders[n].map_or("NULL".to_owned(), |t| format!("'{t}'"))
                }
                (None, _) => "NULL".to_owned(),
            };
            let cells: Vec<String> = columns
                .values()
                .flat_map(|n| [cell(now, *n), cell(before, *n)])
                .collect();
            sql.push_str(&format!(
                "INSERT INTO {table} VALUES ({});\n",
                cells.join(", ")
            ));
        }
    }
    sql
}
