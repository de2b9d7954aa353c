//! What was handed in: the folders and archives of a source, one submission each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::archive::Kind;
use crate::report::one_line;

/// How a submission was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As a folder.
    Folder,
    /// As an archive.
    Archive(Kind),
}

/// One submission as it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// The folder's name, or the archive's without its end.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// The source it was found in, as it was given.
    pub source: PathBuf,
    /// Folder or archive.
    pub form: Form,
}

/// What the sources hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Submissions, sorted by name.
    pub handed: Vec<Handed>,
    /// Names of what is no submission: other files, and links.
    pub ignored: Vec<String>,
}

/// Looks into the sources; `out` is where results go, and no submission.
///
/// # Errors
/// A source that is none, or two submissions of one name: what, where, and what to do.
pub fn find(sources: &[PathBuf], out: &Path) -> Result<Found, String> {
    let out = out.canonicalize().ok();
    let mut found = Found::default();
    let mut names: BTreeMap<String, Handed> = BTreeMap::new();
    for source in sources {
        for entry in listed(source)? {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || path.canonicalize().ok() == out {
                continue;
            }
            let kind = entry.file_type().map_err(|e| unreadable(&path, &e))?;
            let handed = |name: &str, form| Handed {
                name: name.to_owned(),
                path: path.clone(),
                source: source.clone(),
                form,
            };
            // A link would lead who unpacked strangers' archives here out of the source.
            let handed = match Kind::of(&name) {
                _ if kind.is_dir() => handed(&name, Form::Folder),
                Some((kind, stem)) if path.is_file() => handed(stem, Form::Archive(kind)),
                _ => {
                    found.ignored.push(name);
                    continue;
                }
            };
            if kind.is_symlink() {
                found.ignored.push(name);
                continue;
            }
            if let Some(other) = names.insert(handed.name.clone(), handed.clone()) {
                return Err(format!(
                    "two submissions are called `{}`: {} and {}\n  try: rename one of them, or move it elsewhere",
                    one_line(&handed.name),
                    other.path.display(),
                    handed.path.display()
                ));
            }
        }
    }
    if names.is_empty() {
        let all: Vec<String> = sources.iter().map(|s| s.display().to_string()).collect();
        return Err(format!(
            "{} holds no submissions\n  try: name a folder whose sub-folders or archives (.zip, .tar, .tar.gz, .tgz) \
             are one submission each",
            all.join(", ")
        ));
    }
    found.handed = names.into_values().collect();
    found.ignored.sort();
    Ok(found)
}

/// The entries of a source.
fn listed(source: &Path) -> Result<Vec<std::fs::DirEntry>, String> {
    for file in ["Procfile", "grader.toml", "Dockerfile"] {
        if source.join(file).is_file() {
            let place = source.display();
            return Err(format!(
                "{place} looks like one submission: it holds a {file}\n  try: `grader grade {place}`, or name the \
                 folder that holds all submissions"
            ));
        }
    }
    if source.is_file() {
        let place = source.display();
        return Err(format!(
            "{place} is a file\n  try: name the folder that holds the submissions; archives in it are unpacked"
        ));
    }
    let entries = std::fs::read_dir(source).map_err(|e| unreadable(source, &e))?;
    let entries: Result<Vec<_>, _> = entries.collect();
    entries.map_err(|e| unreadable(source, &e))
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!(
        "cannot read {}: {error}\n  try: name a folder that you may read",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_archives_are_submissions_and_nothing_else_is() {
        let place = tempfile::tempdir().unwrap();
        let source = place.path().join("in");
        for folder in ["ada", ".git", "out"] {
            std::fs::create_dir_all(source.join(folder)).unwrap();
        }
        for file in ["bob.tar.gz", "eve.zip", "notes.txt"] {
            std::fs::write(source.join(file), "").unwrap();
        }
        std::os::unix::fs::symlink("/", source.join("root")).unwrap();
        std::os::unix::fs::symlink(source.join("eve.zip"), source.join("mallory.zip")).unwrap();
        let found = find(std::slice::from_ref(&source), &source.join("out")).unwrap();
        let names: Vec<&str> = found.handed.iter().map(|h| h.name.as_str()).collect();
        assert_eq!(names, ["ada", "bob", "eve"]);
        assert_eq!(found.ignored, ["mallory.zip", "notes.txt", "root"]);
        std::fs::create_dir(source.join("eve")).unwrap();
        let why = find(std::slice::from_ref(&source), place.path()).unwrap_err();
        assert!(why.contains("two submissions are called `eve`"), "{why}");
    }

    #[test]
    fn a_source_that_is_none_is_said() {
        let place = tempfile::tempdir().unwrap();
        let source = place.path().to_path_buf();
        let why = |source: &Path| find(&[source.to_path_buf()], &source.join("out")).unwrap_err();
        assert!(why(&source).contains("holds no submissions"));
        std::fs::write(source.join("Procfile"), "").unwrap();
        assert!(why(&source).contains("grader grade "));
        assert!(why(&source.join("Procfile")).contains("is a file"));
        assert!(why(&source.join("nowhere")).contains("cannot read"));
    }
}
