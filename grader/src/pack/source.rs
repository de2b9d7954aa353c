//! Where a pack comes from: a folder, or one built into the program.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::model::{Doing, Fault};

/// A pack's files.
#[derive(Debug, Clone)]
pub enum PackSource {
    /// A folder on disk.
    Folder(PathBuf),
    /// A pack built into the program.
    Embedded {
        /// The pack's name: the first part of its files' paths.
        name: String,
        /// Every file that is built in, of all packs: path with `/` between names, contents.
        files: &'static [(&'static str, &'static [u8])],
    },
}

/// What belongs to the learner's beginning and not to what is asked.
const STARTERS: &str = "starters/";

/// The end of a starter's file name that is taken off when a project begins. Cargo leaves every folder with a
/// `Cargo.toml` of its own out of a published package, and with it the starter.
pub const DORMANT: &str = ".starter";

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
            Self::Embedded { name, .. } => name.clone(),
        }
    }

    /// The folder's last name: what the project's id must be.
    pub fn folder_name(&self) -> Option<String> {
        let path = match self {
            Self::Folder(path) => path.canonicalize().unwrap_or_else(|_| path.clone()),
            Self::Embedded { name, .. } => return Some(name.clone()),
        };
        Some(path.file_name()?.to_string_lossy().into_owned())
    }

    /// A file's bytes by its relative path; `None` when there is no such file.
    ///
    /// # Errors
    /// A [`Fault`] when the file is there but cannot be read.
    pub fn read(&self, file: &str) -> Result<Option<Vec<u8>>, Fault> {
        match self {
            Self::Embedded { name, files } => {
                let path = format!("{name}/{file}");
                Ok(files
                    .iter()
                    .find(|(at, _)| *at == path)
                    .map(|(_, bytes)| bytes.to_vec()))
            }
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

    /// The relative paths of all files, sorted, with `/` between names. Hidden files, links and starters are
    /// left out.
    ///
    /// # Errors
    /// A [`Fault`] when a folder cannot be listed.
    pub fn files(&self) -> Result<Vec<String>, Fault> {
        let mut found = Vec::new();
        match self {
            Self::Folder(folder) => walk(folder, folder, &mut found)?,
            Self::Embedded { name, files } => {
                let of_pack =
                    |path: &str| Some(path.strip_prefix(name)?.strip_prefix('/')?.to_owned());
                found.extend(files.iter().filter_map(|(path, _)| of_pack(path)));
            }
        }
        found.retain(|f| !f.starts_with(STARTERS) && !f.split('/').any(|n| n.starts_with('.')));
        found.sort();
        Ok(found)
    }

    /// A file of the curriculum, which stands beside its packs: `concepts/migrations.md`, say.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn beside(&self, file: &str) -> Result<Option<Vec<u8>>, Fault> {
        match self {
            Self::Embedded { files, .. } => {
                let found = files.iter().find(|(at, _)| *at == file);
                Ok(found.map(|(_, bytes)| bytes.to_vec()))
            }
            Self::Folder(folder) => match folder.canonicalize() {
                Ok(folder) => Self::Folder(folder.join("..")).read(file),
                Err(_) => Ok(None),
            },
        }
    }

    /// The languages there is a starter for, sorted.
    ///
    /// # Errors
    /// A [`Fault`] when a folder cannot be listed.
    pub fn languages(&self) -> Result<Vec<String>, Fault> {
        let names = self.starters()?;
        let mut languages: Vec<String> = names
            .iter()
            .filter_map(|name| Some(name.split_once('/')?.0.to_owned()))
            .collect();
        languages.dedup();
        Ok(languages)
    }

    /// The files of a language's starter: relative path and contents. A manifest that must not be one where it
    /// stands is kept as `NAME.starter`; here it has its own name.
    ///
    /// # Errors
    /// A [`Fault`] when a file cannot be read.
    pub fn starter(&self, language: &str) -> Result<Vec<(String, Vec<u8>)>, Fault> {
        let mut found = Vec::new();
        for name in self.starters()? {
            let Some(path) = name
                .strip_prefix(language)
                .and_then(|n| n.strip_prefix('/'))
            else {
                continue;
            };
            let bytes = self.read(&format!("{STARTERS}{name}"))?.unwrap_or_default();
            let path = path.strip_suffix(DORMANT).unwrap_or(path);
            found.push((path.to_owned(), bytes));
        }
        Ok(found)
    }

    /// The relative paths of all starters' files below `starters/`, sorted.
    fn starters(&self) -> Result<Vec<String>, Fault> {
        let mut found = Vec::new();
        match self {
            Self::Folder(folder) => {
                let root = folder.join(STARTERS);
                if root.is_dir() {
                    walk(&root, &root, &mut found)?;
                }
            }
            Self::Embedded { name, files } => {
                let prefix = format!("{name}/{STARTERS}");
                let of_pack = |path: &str| Some(path.strip_prefix(&prefix)?.to_owned());
                found.extend(files.iter().filter_map(|(path, _)| of_pack(path)));
            }
        }
        // What a build or an installer made there is nobody's beginning.
        let made = ["target", "node_modules", ".venv", "__pycache__", "bin"];
        found.retain(|f| !f.split('/').any(|n| made.contains(&n)));
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
        // A starter may hold installed dependencies by the ten thousand.
        let skipped = path == root.join("starters");
        if kind.is_dir() && !skipped {
            walk(root, &path, found)?;
        } else if kind.is_file() {
            found.push(relative(root, &path));
        }
    }
    Ok(())
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let names: Vec<_> = path
        .components()
        .map(|c| c.as_os_str().to_string_lossy())
        .collect();
    names.join("/")
}
