//! Schemas with known verdicts (`fixtures/schema/*/*/*.sql`), filled with what a plan plants, read back through
//! the observer, labelled and judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use grader::pack::Pack;
use grader::probe::sql::Observer;
use grader::runtime::postgres::{Cluster, ClusterOptions, Database};
use grader::schema::domain::{Domain, View, What};
use grader::schema::facts::Facts;
use grader::schema::judge::{Flaw, Form, Policies, judge};
use grader::schema::label::{Labels, Stored};
use grader::schema::plan::Plan;
use serde_json::Value;

use super::{project, shop};

const SEEDS: u64 = 5;

/// A schema, and what is wrong with it.
struct Variant {
    name: String,
    base: String,
    sql: String,
}

impl Variant {
    fn all(sort: &str) -> Vec<Self> {
        let mut files: Vec<PathBuf> = fs::read_dir(folder().join(sort))
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        files.sort();
        let base = fs::read_to_string(folder().join(sort).with_file_name("base.sql")).unwrap();
        let read = |path: PathBuf| Self {
            base: base.clone(),
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
    root.join("fixtures/schema")
}

fn found(flaw: &Flaw) -> String {
    let mut columns = flaw.columns.clone();
    columns.sort();
    let table = flaw.table.split('.').next_back().unwrap();
    let differ = if flaw.differ { " differ" } else { "" };
    format!("{:?} {table} {}{differ}", flaw.form, columns.join(","))
}

#[tokio::test]
async fn honest_shops_are_accused_of_nothing() {
    all(&shop(), "shop/honest").await;
}

#[tokio::test]
async fn flawed_shops_are_accused_of_what_is_wrong() {
    all(&shop(), "shop/flawed").await;
}

#[tokio::test]
async fn honest_catalogues_are_accused_of_nothing() {
    all(&project("2-catalogue"), "catalogue/honest").await;
}

#[tokio::test]
async fn flawed_catalogues_are_accused_of_what_is_wrong() {
    all(&project("2-catalogue"), "catalogue/flawed").await;
}

async fn all(pack: &Pack, sort: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let options = ClusterOptions::new("test", folder.path());
    let cluster = Cluster::start(options).await.unwrap();
    let domain = Domain::of(pack);
    let only = std::env::var("VARIANT").unwrap_or_default();
    let (mut wrong, mut spent, mut count) = (Vec::new(), Duration::ZERO, 0);
    for variant in Variant::all(sort).iter().filter(|v| v.name.contains(&only)) {
        let database = cluster.create_database("corpus").await.unwrap();
        let observer = Observer::connect(&database).await.unwrap();
        for seed in 0..SEEDS {
            let loaded = Loaded {
                variant,
                pack,
                domain: &domain,
            };
            let (facts, stored) = loaded.store(&database, &observer, seed).await;
            let begun = Instant::now();
            let labels = Labels::of(&domain, &facts, &stored);
            let judged = judge(&labels, &stored, Policies(true));
            spent += begun.elapsed();
            count += 1;
            let found: BTreeSet<String> = judged.flaws.iter().map(found).collect();
            if found != variant.expected() || !judged.unsure.is_empty() {
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
            judged.flaws.iter().for_each(is_shown);
        }
        cluster.drop_database(&database).await.unwrap();
    }
    println!("{sort}: {count} judged, {:?} each", spent / count.max(1));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A finding says something, and shows the rows that it speaks of.
fn is_shown(flaw: &Flaw) {
    let columns = flaw.witness.columns.len();
    assert!(
        !flaw.says.is_empty() && !flaw.witness.rows.is_empty(),
        "{flaw:?}"
    );
    assert!(
        flaw.witness.rows.iter().all(|r| r.len() == columns),
        "{flaw:?}"
    );
    if flaw.by.is_empty() || flaw.form == Form::NamesAndValues || flaw.form == Form::Multiplied {
        return;
    }
    // Both rows agree in what decides, and in what is decided unless the copies differ.
    let [a, b] = flaw.witness.rows.as_slice() else {
        panic!("{flaw:?}");
    };
    let cell = |name: &String| flaw.witness.columns.iter().position(|c| c == name);
    let same = |name: &String| cell(name).is_none_or(|n| a[n] == b[n]);
    assert!(flaw.by.iter().all(same), "{flaw:?}");
    assert_eq!(flaw.columns.iter().all(same), !flaw.differ, "{flaw:?}");
    assert!(flaw.copies > 0 && flaw.cure.len() == 2, "{flaw:?}");
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

/// A schema to fill with the facts of a pack's plan.
struct Loaded<'a> {
    variant: &'a Variant,
    pack: &'a Pack,
    domain: &'a Domain,
}

/// Nothing of the seed before is left, and there is room for what is planted.
const CLEAN: &str = "DROP OWNED BY CURRENT_USER; DROP SCHEMA IF EXISTS public CASCADE; \
    CREATE SCHEMA IF NOT EXISTS public; CREATE SCHEMA planted;";

/// Sequences are spread as the grader spreads them before it plants.
const SPREAD: &str = "DO $$ DECLARE s record; n int := 0; BEGIN \
    FOR s IN SELECT c.oid::regclass AS name FROM pg_class c WHERE relkind = 'S' \
    LOOP n := n + 1; PERFORM setval(s.name, 50000017 + 1000003 * n); END LOOP; END $$;";

impl Loaded<'_> {
    /// Makes the tables, fills them as the service would have, and reads them back.
    async fn store(
        &self,
        database: &Database,
        observer: &Observer,
        seed: u64,
    ) -> (Facts, Vec<Stored>) {
        let (client, connection) =
            tokio_postgres::connect(&database.service_url, tokio_postgres::NoTls)
                .await
                .unwrap();
        let connection = tokio::spawn(connection);
        let keys = self
            .variant
            .said("keys")
            .first()
            .copied()
            .unwrap_or("integer");
        let before = self.keyed(keys, seed);
        let mut facts = before.clone();
        for what in self.variant.said("change") {
            change(self.domain, &mut facts, what);
        }
        let key = match keys {
            "uuid" => "uuid",
            "slug" => "text",
            _ => "bigint",
        };
        let base = self.variant.base.replace("KEYTYPE", key);
        let (tables, fill) = base.split_once("-- fill").unwrap();
        let sql = [
            CLEAN,
            &planted(self.domain, &before, &facts),
            tables,
            SPREAD,
            fill,
            &self.variant.sql.replace("KEYTYPE", key),
            "DROP SCHEMA planted CASCADE;",
        ];
        for part in sql {
            if let Err(e) = client.batch_execute(part).await {
                panic!("{}: {e:?}", self.variant.name);
            }
        }
        drop(client);
        connection.await.unwrap().unwrap();
        let mut stored = Vec::new();
        let unread = self.variant.said("unread");
        for table in observer.tables().await.unwrap() {
            let rows = observer.rows(&table, &[]).await.unwrap();
            let read = !unread.contains(&table.name.as_str());
            stored.push(Stored { table, rows, read });
        }
        (facts, stored)
    }

    /// The facts of the plan, with keys such as a service gives.
    fn keyed(&self, keys: &str, seed: u64) -> Facts {
        let mut facts = Plan::of(self.pack, seed).facts.clone();
        for (n, thing) in facts.things.iter_mut().enumerate() {
            let kind = &self.domain.kinds[thing.kind];
            let key = match keys {
                "uuid" => format!(
                    "{:08x}-5f0c-4c11-8a55-{:012x}",
                    seed * 7919 + n as u64 * 104_729,
                    n * 7
                ),
                "slug" => format!("{}-{}", kind.name, n * 37 + 11),
                _ => (1_000_003 * (thing.kind + 1) + n).to_string(),
            };
            thing.key = kind.keyed.then_some(key);
        }
        facts
    }
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
        let mut rows = Vec::new();
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
            rows.push(format!("({})", cells.join(", ")));
        }
        sql.push_str(&format!(
            "INSERT INTO {table} VALUES {};\n",
            rows.join(",\n")
        ));
    }
    sql
}
