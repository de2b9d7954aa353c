//! Schemas in files, filled with what a plan plants and read back through the observer.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use grader::pack::Pack;
use grader::probe::sql::Observer;
use grader::runtime::postgres::Database;
use grader::schema::domain::{Domain, View, What};
use grader::schema::facts::Facts;
use grader::schema::label::Stored;
use grader::schema::plan::Plan;
use serde_json::Value;

/// A schema, and what is wrong with it.
pub(super) struct Variant {
    pub(super) name: String,
    base: String,
    sql: String,
}

impl Variant {
    pub(super) fn all(sort: &str) -> Vec<Self> {
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
    pub(super) fn said(&self, word: &str) -> Vec<&str> {
        let head = format!("-- {word}: ");
        let lines = self.sql.lines();
        lines
            .filter_map(|l| l.strip_prefix(head.as_str()))
            .collect()
    }

    pub(super) fn expected(&self) -> BTreeSet<String> {
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

/// A schema to fill with the facts of a pack's plan.
pub(super) struct Loaded<'a> {
    pub(super) variant: &'a Variant,
    pub(super) pack: &'a Pack,
    pub(super) domain: &'a Domain,
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
    pub(super) async fn store(
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
            if keys == "small" { "" } else { SPREAD },
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
        let kinds: Vec<usize> = facts.things.iter().map(|t| t.kind).collect();
        let before = |n: usize| kinds[..n].iter().filter(|k| **k == kinds[n]).count();
        for (n, thing) in facts.things.iter_mut().enumerate() {
            let kind = &self.domain.kinds[thing.kind];
            let key = match keys {
                "uuid" => format!(
                    "{:08x}-5f0c-4c11-8a55-{:012x}",
                    seed * 7919 + n as u64 * 104_729,
                    n * 7
                ),
                "slug" => format!("{}-{}", kind.name, n * 37 + 11),
                // As of a service whose sequences nobody could spread: the same numbers everywhere.
                "small" => (before(n) + 1).to_string(),
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
