//! The results of several shards in one folder.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::row::{Key, Outcome, Row};
use super::store::{Store, StoreProblem};
use crate::report::one_line;

/// How many conflicts are named.
const LINES: usize = 10;

/// Copies every result of `outs` into the store, and gives all rows, sorted by name. Where two shards have the same
/// submission, a result wins over a fault and over nothing; two results must say the same.
///
/// # Errors
/// What does not fit together: nothing is written then. Also whatever the file system says.
pub fn merge(outs: &[PathBuf], into: &Store) -> Result<Vec<Row>, StoreProblem> {
    let mut stores = Vec::new();
    let mut rows: BTreeMap<String, (Row, usize)> = BTreeMap::new();
    let mut conflicts = Vec::new();
    for (n, out) in outs.iter().enumerate() {
        let (store, contents) = Store::read(out)?;
        for (name, id) in contents.submissions {
            let waiting = || Row::new(&name, &id, Outcome::Waiting);
            let row = store.row(&name).unwrap_or_else(waiting);
            let Some((other, from)) = rows.get(&name) else {
                rows.insert(name, (row, n));
                continue;
            };
            if settled(other) && settled(&row) && !same(other, &row) {
                let other = outs.get(*from).map(|o| o.display().to_string());
                conflicts.push(format!(
                    "`{}` has one result in {} and another in {}",
                    one_line(&name),
                    other.unwrap_or_default(),
                    out.display()
                ));
            }
            if rank(&row) > rank(other) {
                rows.insert(name, (row, n));
            }
        }
        stores.push(store);
    }
    conflicts.extend(questions(rows.values().map(|(row, _)| row)));
    if !conflicts.is_empty() {
        return Err(StoreProblem::Usage(said(&conflicts)));
    }
    into.holds(
        rows.values()
            .map(|(row, _)| (row.name.clone(), row.id.clone()))
            .collect(),
    )?;
    for (row, from) in rows.values() {
        let report = match (row.graded(), stores.get(*from)) {
            (Some(_), Some(store)) => Some(store.report(&row.name)?),
            _ => None,
        };
        if row.outcome != Outcome::Waiting {
            into.keep(row, report.as_ref())?;
        }
    }
    Ok(rows.into_values().map(|(row, _)| row).collect())
}

fn settled(row: &Row) -> bool {
    matches!(
        row.outcome,
        Outcome::Graded { .. } | Outcome::Refused { .. }
    )
}

/// Which of two rows of one submission is worth more.
fn rank(row: &Row) -> u8 {
    match row.outcome {
        Outcome::Waiting => 0,
        Outcome::Missing => 1,
        Outcome::Fault { .. } => 2,
        Outcome::Refused { .. } | Outcome::Graded { .. } => 3,
    }
}

/// Whether two results say the same; what they took is another matter.
fn same(a: &Row, b: &Row) -> bool {
    a.id == b.id && a.key == b.key && a.outcome == b.outcome
}

/// Results of different questions cannot stand in one gradebook.
fn questions<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<String> {
    let mut packs: BTreeMap<&str, &Key> = BTreeMap::new();
    let (mut first, mut conflicts) = (None::<&Key>, Vec::new());
    for key in rows.filter_map(|row| row.key.as_ref()) {
        // What was decided for one submission is no difference between two.
        let question = |key: &'r Key| key.asked.split(" overrides=").next();
        let was = *first.get_or_insert(key);
        if (question(was), &was.grader) != (question(key), &key.grader) {
            conflicts.push(format!(
                "not all were asked the same: grader {} {} and grader {} {}",
                was.grader,
                question(was).unwrap_or_default(),
                key.grader,
                question(key).unwrap_or_default()
            ));
        }
        let pack = *packs.entry(&key.project).or_insert(key);
        if pack.pack != key.pack {
            conflicts.push(format!("two versions of project {} were used", key.project));
        }
    }
    conflicts.sort();
    conflicts.dedup();
    conflicts
}

fn said(conflicts: &[String]) -> String {
    let shown = conflicts.iter().take(LINES).cloned();
    let mut lines: Vec<String> = shown.collect();
    if conflicts.len() > LINES {
        lines.push(format!("… and {} more", conflicts.len() - LINES));
    }
    format!(
        "these results do not fit together\n  {}\n  try: run the odd one again with the same grader, project and options, \
         or leave it out",
        lines.join("\n  ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::page::sample;
    use super::*;

    /// A folder of results with these rows.
    fn out(place: &std::path::Path, name: &str, rows: &[Row]) -> PathBuf {
        let folder = place.join(name);
        let store = Store::open(&folder).unwrap();
        store
            .holds(
                rows.iter()
                    .map(|r| (r.name.clone(), r.id.clone()))
                    .collect(),
            )
            .unwrap();
        for row in rows.iter().filter(|r| r.outcome != Outcome::Waiting) {
            let report = row.graded().map(|_| crate::report::sample::green());
            store.keep(row, report.as_ref()).unwrap();
        }
        folder
    }

    fn row(name: &str, outcome: Outcome, pack: &str) -> Row {
        let key = Key {
            grader: "1".to_owned(),
            project: "1-x".to_owned(),
            pack: pack.to_owned(),
            source: "s".to_owned(),
            asked: format!("seed=1 overrides={name}"),
        };
        Row {
            key: Some(key),
            ..Row::new(name, name, outcome)
        }
    }

    fn fault() -> Outcome {
        Outcome::Fault {
            why: "disk".to_owned(),
            tail: String::new(),
            again: String::new(),
            graded: None,
        }
    }

    #[test]
    fn a_result_wins_over_a_fault_and_equal_results_are_one() {
        let place = tempfile::tempdir().unwrap();
        let graded = || sample::graded(3, &["pass"]);
        let waiting = Row::new("eve", "eve", Outcome::Waiting);
        let one = out(
            place.path(),
            "1",
            &[row("ada", graded(), "p"), row("bob", fault(), "p"), waiting],
        );
        let two = out(
            place.path(),
            "2",
            &[row("ada", graded(), "p"), row("bob", graded(), "p")],
        );
        let into = Store::open(&place.path().join("all")).unwrap();
        let rows = merge(&[one, two], &into).unwrap();
        let words: Vec<(&str, &str)> = rows.iter().map(|r| (r.name.as_str(), r.word())).collect();
        assert_eq!(
            words,
            [("ada", "graded"), ("bob", "graded"), ("eve", "waiting")]
        );
        assert_eq!(into.row("bob").as_ref(), rows.get(1));
        assert!(into.report("bob").is_ok() && into.folder().join("reports/bob.html").is_file());
    }

    #[test]
    fn what_does_not_fit_together_is_refused_whole() {
        let place = tempfile::tempdir().unwrap();
        let graded = |n| row("ada", sample::graded(n, &["pass"]), "p");
        let one = out(place.path(), "1", &[graded(3)]);
        let two = out(place.path(), "2", &[graded(4)]);
        let other = out(
            place.path(),
            "3",
            &[row("bob", sample::graded(3, &["pass"]), "q")],
        );
        let into = Store::open(&place.path().join("all")).unwrap();
        let why = |outs: &[PathBuf]| merge(outs, &into).unwrap_err().to_string();
        assert!(why(&[one.clone(), two]).contains("`ada` has one result in "));
        assert!(why(&[one.clone(), other]).contains("two versions of project 1-x"));
        let nothing = why(&[one, place.path().to_path_buf()]);
        assert!(
            nothing.contains("holds no results of `grader batch`"),
            "{nothing}"
        );
        assert!(into.row("ada").is_none(), "nothing was written");
    }
}
