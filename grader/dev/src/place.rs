//! Where things are in this repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The program as users run it: built in release, once. `GRADER_PROGRAM` names one that is built already.
pub(crate) fn program() -> Result<PathBuf> {
    if let Some(program) = std::env::var_os("GRADER_PROGRAM") {
        return std::fs::canonicalize(&program)
            .with_context(|| format!("GRADER_PROGRAM {}", program.display()));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--package", "grader"])
        .current_dir(root())
        .status()
        .context("running cargo")?;
    if !status.success() {
        bail!("the grader does not build");
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release/grader"))
}

/// SHA-256 over the names and contents of all files below a folder, hex; build output left out.
pub(crate) fn digest(dir: &Path) -> Result<String> {
    const LEFT: [&str; 4] = ["target", "node_modules", ".venv", "__pycache__"];
    let walk = walkdir::WalkDir::new(dir)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|e| !LEFT.iter().any(|l| e.file_name() == *l));
    let mut hash = Sha256::new();
    for entry in walk {
        let entry = entry?;
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(dir).unwrap_or(entry.path());
            hash.update(name.to_string_lossy().as_bytes());
            hash.update(std::fs::read(entry.path())?);
        }
    }
    Ok(hex(&hash.finalize()))
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
