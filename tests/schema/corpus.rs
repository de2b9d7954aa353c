//! Schemas with known verdicts (`fixtures/schema/*/*/*.sql`), filled with what a plan plants, read back through
//! the observer, labelled and judged.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use grader::pack::Pack;
use grader::probe::sql::Observer;
use grader::runtime::postgres::{Binaries, Cluster, ClusterOptions, Search};
use grader::schema::domain::{Domain, What};
use grader::schema::judge::{Flaw, Form, Honest, Policies, judge};
use grader::schema::label::{Labels, Stored};
use grader::verify::corpus::{Filled, Schema, accusation};

use super::{project, root, shop};

const SEEDS: u64 = 5;

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

/// The verdicts do not depend on the version: each major one that `ci/provision postgres` installs is asked once.
#[tokio::test]
async fn every_version_of_postgres_gives_the_same_verdicts() {
    let mut tried = Vec::new();
    for major in 14..=18 {
        let programs = format!("tests/postgres/node_modules/postgres-{major}/native/bin");
        let search = Search {
            only: Some(root().join(programs)).filter(|p| p.is_dir()),
            ..Search::default()
        };
        let Some(binaries) = search.newest().unwrap() else {
            continue;
        };
        assert_eq!(binaries.major(), major);
        for (pack, domain) in [(shop(), "shop"), (project("2-catalogue"), "catalogue")] {
            for sort in ["honest", "flawed"] {
                let sort = format!("{domain}/{sort}");
                judged(&pack, &sort, Some(binaries.clone()), 1).await;
            }
        }
        tried.push(major);
    }
    println!("tried with PostgreSQL {tried:?}");
    let all = std::env::var_os("GRADER_TEST_POSTGRES").is_some();
    assert!(!all || tried.len() == 5, "{tried:?}");
}

async fn all(pack: &Pack, sort: &str) {
    judged(pack, sort, None, SEEDS).await;
}

async fn judged(pack: &Pack, sort: &str, binaries: Option<Binaries>, seeds: u64) {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let options = ClusterOptions {
        binaries,
        ..ClusterOptions::new("test", folder.path())
    };
    let cluster = Cluster::start(options).await.unwrap();
    let domain = Domain::of(pack);
    let only = std::env::var("VARIANT").unwrap_or_default();
    let (mut wrong, mut spent, mut count, mut unjust) = (Vec::new(), Duration::ZERO, 0, 0);
    for variant in Schema::all(&root(), sort)
        .unwrap()
        .iter()
        .filter(|v| v.name.contains(&only))
    {
        let database = cluster.create_database("corpus").await.unwrap();
        let observer = Observer::connect(&database).await.unwrap();
        for seed in 0..seeds {
            let filled = Filled {
                schema: variant,
                pack,
                domain: &domain,
            };
            let (facts, stored) = filled
                .store(&database, &observer, seed, false)
                .await
                .unwrap();
            let begun = Instant::now();
            let labels = Labels::of(&domain, &facts, &stored);
            let judged = judge(&labels, &stored, Policies(true));
            spent += begun.elapsed();
            count += 1;
            let found: BTreeSet<String> = judged.flaws.iter().map(accusation).collect();
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
            let says: Vec<&str> = judged.flaws.iter().map(|f| f.says.as_str()).collect();
            for said in variant.said("says") {
                assert!(says.contains(&said), "{}: {says:?}", variant.name);
            }
            let honest = |h: &Honest| format!("{:?} {}", h.why, h.table.replace("public.", ""));
            let honest: BTreeSet<String> = judged.honest.iter().map(honest).collect();
            for said in variant.said("honest") {
                assert!(honest.contains(said), "{}: {honest:?}", variant.name);
            }
            if sort.ends_with("honest") {
                let lost = variant.said("lost");
                let (all, found) = (lost.contains(&"everything"), lost_of(&labels));
                assert!(all == labels.held().is_empty(), "{}", variant.name);
                assert!(all || found == lost, "{}: {found:?}", variant.name);
            }
            let bare = judge(&labels, &stored, Policies(false));
            unjust += usize::from(seed == 0 && !bare.flaws.is_empty());
        }
        cluster.drop_database(&database).await.unwrap();
    }
    println!("{sort}: {count} judged, {:?} each", spent / count.max(1));
    println!("{sort}: {unjust} accused without policies");
    // What the policies are good for: without them a shop with an audit log or a history is accused.
    let policies = sort == "shop/honest" && only.is_empty();
    assert!(!policies || unjust >= 6, "{unjust}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The facts of the domain that no table holds.
fn lost_of(labels: &Labels) -> Vec<String> {
    let held = labels.held();
    let mut lost = Vec::new();
    for (n, kind) in labels.domain.kinds.iter().enumerate() {
        let facts = kind.facts.iter().enumerate();
        let gone = facts.filter(|(f, _)| !held.contains(&(n, What::Fact(*f))));
        lost.extend(gone.map(|(_, fact)| format!("{}.{}", kind.name, fact.name)));
    }
    lost
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
