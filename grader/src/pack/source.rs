//! Where a pack comes from: a folder, or one built into the program.

use std::path::{Path, PathBuf};

use include_dir::Dir;
use sha2::{Digest, Sha256};

use crate::model::{Doing, Fault};

/// A pack's files.
#[derive(Debug, Clone)]
pub enum PackSource {
    /// A folder on disk.
    Folder(PathBuf),
    /// A folder built into the program.
    Embedded(&'static Dir<'static>),
}

/// No text file of a pack is larger; what is, is not read.
const LARGEST: u64 = 8 * 1024 * 1024;

impl PackSource {
    /// The pack in this folder.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self::Folder(path.into())
    }

    /// The folder's name, as messages show it.
    pub fn name(&self) -> String {
        match self {
            Self::Folder(path) => path.display().to_string(),
            Self::Embedded(dir) => dir.path().display().to_string(),
        }
    }

    /// The folder's last name: what the project's id must be.
    pub fn folder_name(&self) -> Option<String> {
        let path = match self {
            Self::Folder(path) => path.canonicalize().unwrap_or_else(|_| path.clone()),
            Self::Embedded(dir) => dir.path().to_path_buf(),
        };
        Some(path.file_name()?.to_string_lossy().into_owned())
    }

    /// A file's bytes by its relative path; `None` when there is no such file.
    ///
    /// # Errors
    /// A [`Fault`] when the file is there but cannot be read.
    pub fn read(&self, file: &str) -> Result<Option<Vec<u8>>, Fault> {
        match self {
            Self::Embedded(dir) => Ok(dir
                .get_file(dir.path().join(file))
                .map(|f| f.contents().to_vec())),
            Self::Folder(folder) => {
                let path = folder.join(file);
                let doing = || format!("reading {}", path.display());
                match std::fs::metadata(&path) {
                    Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
                    Err(e) => Err(Fault::new(doing(), e)),
                    Ok(meta) if !meta.is_file() => Ok(None),
                    Ok(meta) if meta.len() > LARGEST => Err(Fault::new(
                        doing(),
                        format!(
                            "it has {} bytes; a pack's file has at most {LARGEST}",
                            meta.len()
                        ),
                    )),
                    Ok(_) => std::fs::read(&path).doing(doing()).map(Some),
                }
            }
        }
    }

    /// The relative paths of all files, sorted, with `/` between names. Hidden files and links are left out.
    ///
    /// # Errors
    /// A [`Fault`] when a folder cannot be listed.
    pub fn files(&self) -> Result<Vec<String>, Fault> {
        let mut found = Vec::new();
        match self {
            Self::Folder(folder) => walk(folder, folder, &mut found)?,
            Self::Embedded(dir) => walk_embedded(dir.path(), dir, &mut found),
        }
        found.sort();
        Ok(found)
    }

    /// SHA-256 over every file's relative name and contents, each with its length before it, in hex.
    ///
    /// # Errors
    /// A [`Fault`] when a file cannot be read.
    pub fn digest(&self) -> Result<String, Fault> {
        let mut hash = Sha256::new();
        for file in self.files()? {
            let bytes = self.read(&file)?.unwrap_or_default();
            for part in [file.as_bytes(), &bytes] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
    }
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) -> Result<(), Fault> {
    let doing = || format!("listing {}", folder.display());
    for entry in std::fs::read_dir(folder).doing(doing())? {
        let entry = entry.doing(doing())?;
        let kind = entry.file_type().doing(doing())?;
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            walk(root, &path, found)?;
        } else if kind.is_file() {
            found.push(relative(root, &path));
        }
    }
    Ok(())
}

fn walk_embedded(root: &Path, dir: &Dir<'_>, found: &mut Vec<String>) {
    for file in dir.files() {
        let relative = relative(root, file.path());
        if !relative.split('/').any(|name| name.starts_with('.')) {
            found.push(relative);
        }
    }
    for dir in dir.dirs() {
        walk_embedded(root, dir, found);
    }
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let names: Vec<_> = path
        .components()
        .map(|c| c.as_os_str().to_string_lossy())
        .collect();
    names.join("/")
}
