//! `--overrides FILE`.

use std::path::Path;

use super::say;
use crate::feedback::Overrides;
use crate::model::{CheckIndex, Report};

/// The largest file that is read; one for 300 learners has some hundred kilobytes.
const LARGEST: u64 = 8 << 20;

/// Reads the file.
///
/// # Errors
/// That it cannot be read, or everything that is wrong in it.
pub(super) fn read(file: &Path, index: &CheckIndex) -> Result<Overrides, String> {
    let unreadable = |why: &dyn std::fmt::Display| {
        let place = file.display();
        format!(
            "cannot read the overrides in {place}: {why}\n  try: name a TOML file that you may read"
        )
    };
    let size = std::fs::metadata(file).map_err(|e| unreadable(&e))?.len();
    if size > LARGEST {
        return Err(unreadable(&"it is too large"));
    }
    let text = std::fs::read_to_string(file).map_err(|e| unreadable(&e))?;
    let name = file.display().to_string();
    Overrides::read(&name, &text, index).map_err(|problems| problems.to_string())
}

/// Says which overrides of the submission hit nothing.
pub(super) fn missed(report: &Report) {
    for check in report.overrides.iter().flat_map(|o| &o.missed) {
        say(&format!(
            "the override of {check} changed nothing: this run did not ask it"
        ));
    }
}
