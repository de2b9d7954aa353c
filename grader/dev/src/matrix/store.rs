//! Which cells held: an empty file for each, named by the cell's key.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub(super) struct Store {
    dir: PathBuf,
}

impl Store {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
        Ok(Self {
            dir: dir.to_path_buf(),
        })
    }

    pub(super) fn held(&self, key: &str) -> bool {
        self.dir.join(key).is_file()
    }

    pub(super) fn keep(&self, key: &str) -> Result<()> {
        std::fs::write(self.dir.join(key), "").context("noting what held")
    }
}
