//! The way in which a password is kept, searched for in the cells that changed with it.

use super::cells::{Cell, Kept, secrets};
use super::cipher::decrypted;
use super::format::{Format, recognise};
use super::recipe::{Salt, quick, quick_with_many};
use super::slow::slow;
use super::targets::Targets;
use crate::check::QuietCx;
use crate::model::{Doing, Fault};

/// How passwords are kept.
pub(crate) enum Known {
    /// In a cell, in a way that gives them away.
    Weak(Cell, String),
    /// In a cell, by a function that was made for it.
    Slow(Cell, Format),
    /// In none of the ways that are known.
    No,
}

/// What a search looks at.
pub(crate) struct Search {
    password: String,
    cells: Vec<Cell>,
    given: Vec<Salt>,
}

impl Search {
    /// Each cell with the digests in it, and what may be mixed with a password.
    fn each(&self) -> impl Iterator<Item = (&Cell, Targets, Vec<Salt>)> {
        self.cells.iter().map(|cell| {
            let (targets, mut salts) = cell.parts();
            salts.extend_from_slice(&self.given);
            (cell, targets, salts)
        })
    }
}

/// Searches in a thread that may take its time: some of it is slow on purpose.
pub(crate) async fn known(
    cx: &QuietCx,
    kept: &Kept,
    how: impl FnOnce(&Search) -> Known + Send + 'static,
) -> Result<Known, Fault> {
    let search = Search {
        password: kept
            .session
            .account
            .secret
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        cells: kept.cells.clone(),
        given: secrets(cx),
    };
    let found = tokio::task::spawn_blocking(move || how(&search));
    found.await.doing("making a kept password again")
}

/// How many texts of files are tried as the key of a cipher, the likeliest first.
const KEYS: usize = 400;

/// What takes little time. What is proven weak goes before what only looks good.
pub(crate) fn at_once(search: &Search, files: impl FnOnce() -> Vec<Salt>) -> Known {
    let password = search.password.as_str();
    for (cell, targets, salts) in search.each() {
        if let Some(formula) = quick(password, &targets, &salts) {
            return Known::Weak(cell.clone(), formula);
        }
    }
    for cell in &search.cells {
        if let Some(format) = cell.texts().iter().find_map(|text| recognise(text)) {
            return Known::Slow(cell.clone(), format);
        }
    }
    let files = files();
    let keys = files.iter().take(KEYS).cloned();
    let keys: Vec<Salt> = search.given.iter().cloned().chain(keys).collect();
    for (cell, targets, salts) in search.each() {
        let cipher = decrypted(password, &cell.value, &keys, &salts);
        if let Some(how) = cipher.or_else(|| quick_with_many(password, &targets, &files)) {
            return Known::Weak(cell.clone(), how);
        }
    }
    Known::No
}

/// What is slow, and does not say so.
pub(crate) fn in_time(search: &Search) -> Known {
    let mut each = search.each();
    let found = each.find_map(|(cell, targets, salts)| {
        let format = slow(&search.password, &targets, &salts)?;
        Some(Known::Slow(cell.clone(), format))
    });
    found.unwrap_or(Known::No)
}
