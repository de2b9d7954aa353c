//! Where attempts are kept: `.grader/ledger.json` beside the service, unless the command line says otherwise.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::stored::Shelf;
use crate::feedback::{History, LEDGER, Ledger};
use crate::model::{Doing, Fault, Report};
use crate::report::write_atomically;

/// The folder beside the service, and the ledger in it.
const FOLDER: &str = ".grader";
const NAME: &str = "ledger.json";

/// A ledger's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Book {
    path: PathBuf,
    /// Whether somebody asked for it: then it must work.
    asked: bool,
}

impl Book {
    /// `--ledger`, else `GRADER_LEDGER`: a file, or `none`. Else the one beside the service.
    pub(super) fn of(asked: Option<&str>, service: Option<&Path>) -> Option<Self> {
        match asked.filter(|asked| !asked.is_empty()) {
            Some("none") => None,
            Some(path) => Some(Self {
                path: PathBuf::from(path),
                asked: true,
            }),
            None => service.map(|root| Self {
                path: root.join(FOLDER).join(NAME),
                asked: false,
            }),
        }
    }

    /// What it holds; an empty ledger where there is no file yet.
    ///
    /// # Errors
    /// That it cannot be read, and what to do. It is never written over then.
    pub(super) fn read(&self) -> Result<Ledger, String> {
        let cure = "move it away, or run with --ledger none";
        let place = self.path.display();
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Ledger::default());
            }
            Err(error) => {
                return Err(format!(
                    "the ledger {place} cannot be read: {error}\n  try: {cure}"
                ));
            }
        };
        let ledger: Ledger = serde_json::from_str(&text)
            .map_err(|error| format!("the ledger {place} is damaged: {error}\n  try: {cure}"))?;
        match ledger.schema == LEDGER {
            true => Ok(ledger),
            false => Err(format!(
                "the ledger {place} was written by another version: `{}` and not `{LEDGER}`\n  try: {cure}",
                crate::report::one_line(&ledger.schema)
            )),
        }
    }

    /// Opens the history of a project to add a run to. Nobody else writes to it until the page is closed.
    ///
    /// # Errors
    /// When the folder cannot be written to, or the ledger not be read.
    pub(super) fn open(&self, project: &str) -> Result<Page, Fault> {
        let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let doing = || format!("keeping the attempts in {}", self.path.display());
        std::fs::create_dir_all(folder).doing(doing())?;
        // The folder itself is the lock: no file is left for it.
        let lock = File::open(folder).doing(doing())?;
        lock.lock().doing(doing())?;
        let ledger = self.read().map_err(|why| Fault::new(doing(), why))?;
        Ok(Page {
            book: self.clone(),
            project: project.to_owned(),
            ledger,
            _lock: lock,
        })
    }

    /// Where the reports of the runs are kept: beside the ledger; by its name where somebody chose its place.
    pub(super) fn shelf(&self) -> Shelf {
        Shelf::in_folder(match self.asked {
            false => self.path.with_file_name(""),
            true => self.path.with_extension("reports"),
        })
    }

    /// Whether a failure to keep the attempts is more than a remark.
    pub(super) fn is_asked(&self) -> bool {
        self.asked
    }
}

/// A history that is held for writing.
pub(super) struct Page {
    book: Book,
    project: String,
    ledger: Ledger,
    _lock: File,
}

impl Page {
    /// What was kept so far.
    pub(super) fn history(&self) -> History {
        let found = self.ledger.projects.get(&self.project);
        found.cloned().unwrap_or_default()
    }

    /// Keeps the history with the run in it, and the run's report beside it.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub(super) fn close(self, history: History, report: &Report) -> Result<(), Fault> {
        self.book.shelf().keep(report)?;
        self.write(history)
    }

    /// Keeps the history.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub(super) fn write(mut self, history: History) -> Result<(), Fault> {
        self.ledger.projects.insert(self.project, history);
        let text = serde_json::to_string_pretty(&self.ledger).doing("writing the ledger")?;
        write_atomically(&self.book.path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_kept_beside_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::of(None, Some(folder.path())).unwrap();
        for project in ["1-a", "2-b"] {
            let page = book.open(project).unwrap();
            let history = page.history();
            assert_eq!(history, History::default());
            page.write(history).unwrap();
        }
        let kept: Vec<_> = book.read().unwrap().projects.into_keys().collect();
        assert_eq!(kept, ["1-a", "2-b"]);
        let left = std::fs::read_dir(folder.path().join(FOLDER))
            .unwrap()
            .count();
        assert_eq!(left, 1, "the ledger alone");
    }

    #[test]
    fn what_cannot_be_read_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.json");
        let book = Book::of(Some(path.to_str().unwrap()), None).unwrap();
        for (text, says) in [
            ("{", "damaged"),
            (
                r#"{"schema":"grader/ledger/v9","projects":{}}"#,
                "another version",
            ),
        ] {
            std::fs::write(&path, text).unwrap();
            let why = book.read().unwrap_err();
            assert!(why.contains(says) && why.contains("--ledger none"), "{why}");
            assert!(book.open("1-a").is_err());
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn none_is_none_and_nobody_s_service_has_none() {
        assert_eq!(Book::of(Some("none"), Some(Path::new("/srv"))), None);
        assert_eq!(Book::of(None, None), None);
    }
}
