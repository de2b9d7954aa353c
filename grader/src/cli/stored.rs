//! Reports that earlier runs left: beside the ledger, or where somebody put them.

use std::path::{Path, PathBuf};

use crate::model::{Fault, Report, SCHEMA};
use crate::report::{json, one_line, write_atomically};

/// The report of the last run, and of the last one that asked everything.
const LAST: &str = "last.json";
const WHOLE: &str = "report.json";

/// The folder that keeps the reports of one service.
#[derive(Debug, Clone)]
pub(super) struct Shelf(PathBuf);

impl Shelf {
    /// The shelf in a folder.
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Keeps a report.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub(super) fn keep(&self, report: &Report) -> Result<(), Fault> {
        let text = json::render(report)?;
        write_atomically(&self.0.join(LAST), text.as_bytes())?;
        match report.complete {
            true => write_atomically(&self.0.join(WHOLE), text.as_bytes()),
            false => Ok(()),
        }
    }

    /// The report of the last run.
    ///
    /// # Errors
    /// That there is none, and what to do.
    pub(super) fn last(&self) -> Result<Report, String> {
        read(&self.0.join(LAST))
    }

    /// The report of the last run that asked everything; else of the last.
    ///
    /// # Errors
    /// That there is none, and what to do.
    pub(super) fn whole(&self) -> Result<Report, String> {
        let whole = self.0.join(WHOLE);
        match whole.exists() {
            true => read(&whole),
            false => self.last(),
        }
    }
}

/// Reads a JSON report.
///
/// # Errors
/// What is wrong with it, and what to do.
pub(super) fn read(path: &Path) -> Result<Report, String> {
    let place = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("there is no report {place}\n  try: grader grade, which leaves one; or --report FILE")
        }
        _ => format!("the report {place} cannot be read: {error}"),
    })?;
    let cure = "a report that `grader grade --report json=FILE` wrote";
    let value: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| format!("{place} is no JSON: {error}\n  try: {cure}"))?;
    match value.get("schema").and_then(|schema| schema.as_str()) {
        Some(SCHEMA) => {}
        Some(other) => {
            return Err(format!(
                "the report {place} is of another version: `{}` and not `{SCHEMA}`\n  try: grade again with this grader",
                one_line(other)
            ));
        }
        None => return Err(format!("{place} is no report of the grader\n  try: {cure}")),
    }
    serde_json::from_value(value)
        .map_err(|error| format!("the report {place} is damaged: {error}\n  try: {cure}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_part_does_not_take_the_place_of_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::in_folder(folder.path().to_owned());
        assert!(shelf.whole().unwrap_err().contains("grader grade"));
        shelf.keep(&sample::mixed()).unwrap();
        shelf.keep(&sample::part()).unwrap();
        assert_eq!(shelf.whole().unwrap(), sample::mixed());
        assert_eq!(shelf.last().unwrap(), sample::part());
    }

    #[test]
    fn what_is_no_report_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        for (text, says) in [
            ("{", "is no JSON"),
            ("{}", "is no report of the grader"),
            (r#"{"schema":"grader/report/v9"}"#, "of another version"),
            (r#"{"schema":"grader/report/v1"}"#, "is damaged"),
        ] {
            std::fs::write(&file, text).unwrap();
            let why = read(&file).unwrap_err();
            assert!(why.contains(says) && why.contains("x.json"), "{why}");
        }
    }
}
