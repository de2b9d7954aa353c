//! What the doctor sees.

use grader::runtime::doctor::{Health, examine};

use super::bench::open_folder;

#[tokio::test]
async fn a_machine_that_runs_these_tests_is_fit() {
    let cache = open_folder();
    let lines = examine(Some(cache.path())).await;
    let health = |what: &str| lines.iter().find(|line| line.what == what).unwrap().health;
    for what in ["user", "cache", "python3", "cargo"] {
        assert_eq!(health(what), Health::Good, "{lines:?}");
    }
    assert!(
        lines
            .iter()
            .all(|line| line.health == Health::Good || line.cure.is_some())
    );
}

#[tokio::test]
async fn a_cache_that_is_a_file_is_told_with_a_cure() {
    let folder = open_folder();
    let file = folder.path().join("cache");
    std::fs::write(&file, "").unwrap();
    let lines = examine(Some(&file)).await;
    let cache = lines.iter().find(|line| line.what == "cache").unwrap();
    assert_eq!(cache.health, Health::Bad);
}
