//! What everything of ours carries, so that it can be found again whoever is gone.

use std::collections::HashMap;

use super::owner;

/// The run it belongs to.
pub(super) const RUN: &str = "org.grader.run";
/// What it is: `service`, `postgres`, `relay` …
pub(super) const WHAT: &str = "org.grader.what";
/// Who started it, as [`owner`] writes it.
pub(super) const OWNER: &str = "org.grader.owner";
/// When the run began, in seconds since 1970.
pub(super) const BEGUN: &str = "org.grader.begun";

/// The labels of a thing of a run.
pub(super) fn of(run: &str, what: &str) -> HashMap<String, String> {
    let begun = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    HashMap::from([
        (RUN.to_owned(), run.to_owned()),
        (WHAT.to_owned(), what.to_owned()),
        (OWNER.to_owned(), owner::me()),
        (BEGUN.to_owned(), begun.to_string()),
    ])
}

/// A filter for the things with this label.
pub(super) fn filter(label: &str, value: Option<&str>) -> HashMap<String, Vec<String>> {
    let wanted = match value {
        Some(value) => format!("{label}={value}"),
        None => label.to_owned(),
    };
    HashMap::from([("label".to_owned(), vec![wanted])])
}
