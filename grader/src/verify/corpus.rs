//! Schemas with known verdicts (`fixtures/schema/<domain>/{honest,flawed}/*.sql`), filled with what a plan plants and
//! read back through the observer. No service is needed for them, so there can be many.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::model::{Doing, Fault};
use crate::pack::Pack;
use crate::probe::sql::{Editor, Observer};
use crate::runtime::postgres::Database;
use crate::schema::domain::{Domain, View, What};
use crate::schema::facts::Facts;
use crate::schema::judge::Flaw;
use crate::schema::label::Stored;
use crate::schema::plan::Plan;

/// A schema, and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Schema {
    /// `shop/honest/uuid_keys`.
    pub name: String,
    base: String,
    sql: String,
}

impl Schema {
    /// The schemas of a folder, below `root` (the top of the repository): `shop/honest`.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn all(root: &Path, sort: &str) -> Result<Vec<Self>, Fault> {
        let folder = root.join("fixtures/schema").join(sort);
        let doing = "reading the schemas of the corpus";
        let entries = fs::read_dir(&folder).doing(doing)?;
        let paths: Result<Vec<PathBuf>, _> = entries.map(|e| e.map(|e| e.path())).collect();
        let mut paths = paths.doing(doing)?;
        paths.sort();
        let base = fs::read_to_string(folder.with_file_name("base.sql")).doing(doing)?;
        let read = |path: PathBuf| {
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            Ok(Self {
                base: base.clone(),
                name: format!("{sort}/{name}"),
                sql: fs::read_to_string(&path).doing(doing)?,
            })
        };
        paths.into_iter().map(read).collect()
    }

    /// The values of a header line, `-- wrong: …`.
    pub fn said(&self, word: &str) -> Vec<&str> {
        let head = format!("-- {word}: ");
        let lines = self.sql.lines();
        lines
            .filter_map(|l| l.strip_prefix(head.as_str()))
            .collect()
    }

    /// What must be found: see [`accusation`].
    pub fn expected(&self) -> BTreeSet<String> {
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
            let word = |n: usize| words.get(n).copied().unwrap_or_default();
            format!("{} {} {}{differ}", word(0), word(1), columns.join(","))
        };
        self.said("wrong").iter().map(sorted).collect()
    }
}

/// A flaw as the heads of the schemas write it: `Transitive events venue_city`.
pub fn accusation(flaw: &Flaw) -> String {
    let mut columns = flaw.columns.clone();
    columns.sort();
    let table = flaw.table.split('.').next_back().unwrap_or_default();
    let differ = if flaw.differ { " differ" } else { "" };
    format!("{:?} {table} {}{differ}", flaw.form, columns.join(","))
}

/// A schema to fill with the facts of a pack's plan.
#[derive(Debug, Clone, Copy)]
pub struct Filled<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The pack whose plan is played.
    pub pack: &'a Pack,
    /// What the pack declares.
    pub domain: &'a Domain,
}

/// Nothing of the seed before is left, and there is room for what is planted.
const CLEAN: &str = "DROP OWNED BY CURRENT_USER; DROP SCHEMA IF EXISTS public CASCADE; \
    CREATE SCHEMA IF NOT EXISTS public; CREATE SCHEMA planted;";

/// Sequences are spread as the grader spreads them before it plants.
const SPREAD: &str = "DO $$ DECLARE s record; n int := 0; BEGIN \
    FOR s IN SELECT c.oid::regclass AS name FROM pg_class c WHERE relkind = 'S' \
    LOOP n := n + 1; PERFORM setval(s.name, 50000017 + 1000003 * n); END LOOP; END $$;";

impl Filled<'_> {
    /// Makes the tables, fills them as the service would have, and reads them back. `thin` leaves out what the plan
    /// plants to refute: what is left is such as anybody would try a service with.
    ///
    /// # Errors
    /// When the database refuses the schema, or cannot be reached.
    pub async fn store(
        &self,
        database: &Database,
        observer: &Observer,
        seed: u64,
        thin: bool,
    ) -> Result<(Facts, Vec<Stored>), Fault> {
        let editor = Editor::connect(database).await?;
        let keys = self
            .schema
            .said("keys")
            .first()
            .copied()
            .unwrap_or("integer");
        let mut before = self.keyed(keys, seed);
        if thin {
            before = plain(&before);
        }
        let mut facts = before.clone();
        for what in self.schema.said("change") {
            change(self.domain, &mut facts, what);
        }
        let key = match keys {
            "uuid" => "uuid",
            "slug" => "text",
            _ => "bigint",
        };
        let base = self.schema.base.replace("KEYTYPE", key);
        let (tables, fill) = base.split_once("-- fill").unwrap_or((&base, ""));
        let sql = [
            CLEAN,
            &planted(self.domain, &before, &facts),
            tables,
            if keys == "small" { "" } else { SPREAD },
            fill,
            &self.schema.sql.replace("KEYTYPE", key),
            "DROP SCHEMA planted CASCADE;",
        ];
        for part in sql {
            let ran = editor.run(part).await?;
            if let Some(refused) = ran.refused() {
                let doing = format!("making the schema {}", self.schema.name);
                return Err(Fault::new(doing, &refused.message));
            }
        }
        drop(editor);
        let mut stored = Vec::new();
        let unread = self.schema.said("unread");
        for table in observer.tables().await? {
            let rows = observer.rows(&table, &[]).await?;
            let read = !unread.contains(&table.name.as_str());
            stored.push(Stored { table, rows, read });
        }
        Ok((facts, stored))
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
    let Some((kind, fact)) = what.split_once('.') else {
        return;
    };
    let Some(kind) = domain.kind(kind) else {
        return;
    };
    let Some(fact) = domain.kinds[kind].fact(fact) else {
        return;
    };
    let referred = |n: &usize| {
        facts
            .things
            .iter()
            .filter(|t| t.refs.contains(&Some(*n)))
            .count()
    };
    let of_kind = (0..facts.things.len()).filter(|n| facts.things[*n].kind == kind);
    let Some(thing) = of_kind.max_by_key(referred) else {
        return;
    };
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

/// The facts without twins: of things of a kind that agree in anything only the first, and only what refers to what is
/// left.
fn plain(facts: &Facts) -> Facts {
    let mut kept: Vec<Option<usize>> = Vec::new();
    let mut things: Vec<crate::schema::facts::Thing> = Vec::new();
    for thing in &facts.things {
        let twin = |other: &crate::schema::facts::Thing| {
            let mut pairs = thing.facts.iter().zip(&other.facts);
            other.kind == thing.kind && pairs.any(|(a, b)| a.is_some() && a == b)
        };
        let refs: Option<Vec<Option<usize>>> = thing
            .refs
            .iter()
            .map(|r| match r {
                None => Some(None),
                Some(r) => kept.get(*r).copied().flatten().map(Some),
            })
            .collect();
        let Some(refs) = refs.filter(|_| !things.iter().any(twin)) else {
            kept.push(None);
            continue;
        };
        kept.push(Some(things.len()));
        things.push(crate::schema::facts::Thing {
            refs,
            ..thing.clone()
        });
    }
    Facts { things }
}
