//! Lays a fixture out in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Fixture;
use crate::model::{Doing, Fault};
use crate::pack::DORMANT;

/// Copies the fixture's base to `into/<name>` and applies its patch there.
///
/// # Errors
/// When a file cannot be copied, or the patch does not apply to its base any more.
pub fn prepare(fixture: &Fixture, into: &Path) -> Result<PathBuf, Fault> {
    let target = into.join(&fixture.name);
    copy(&fixture.base, &target)?;
    apply(fixture, &target, &[])?;
    track(&target)?;
    Ok(target)
}

/// Whether the fixture's patch, if it is one, still applies to its base. Writes nothing.
///
/// # Errors
/// When it does not.
pub fn applies(fixture: &Fixture) -> Result<(), Fault> {
    apply(fixture, &fixture.base, &["--check"])
}

fn apply(fixture: &Fixture, folder: &Path, how: &[&str]) -> Result<(), Fault> {
    let Some(patch) = &fixture.patch else {
        return Ok(());
    };
    let doing = format!("applying {}", patch.display());
    let (patch, folder) = (
        patch.canonicalize().doing(&doing)?,
        folder.canonicalize().doing(&doing)?,
    );
    let output = Command::new("git")
        .args(["apply", "--whitespace=nowarn"])
        .args(how)
        .arg(patch)
        // Outside any repository, or `git apply` would look for the files in that one.
        .env(
            "GIT_CEILING_DIRECTORIES",
            folder.parent().unwrap_or(&folder),
        )
        .current_dir(&folder)
        .output()
        .doing(&doing)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Fault::new(doing, said).cure("make the patch again against its base"))
}

/// Makes the folder a checkout as a learner has one: Git tracks all that `.gitignore` does not name.
fn track(folder: &Path) -> Result<(), Fault> {
    for args in [&["init", "--quiet"][..], &["add", "--all"][..]] {
        let output = Command::new("git")
            .args(["-c", "core.autocrlf=false"])
            .args(args)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .doing("making a checkout")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Fault::new("making a checkout", said));
        }
    }
    Ok(())
}

/// Copies what a learner would commit: no build output, no installed dependencies.
fn copy(from: &Path, to: &Path) -> Result<(), Fault> {
    const LEFT: [&str; 5] = ["target", "node_modules", ".venv", "__pycache__", ".git"];
    let doing = || format!("copying {}", from.display());
    std::fs::create_dir_all(to).doing(doing())?;
    for entry in std::fs::read_dir(from).doing(doing())? {
        let entry = entry.doing(doing())?;
        let name = entry.file_name();
        if LEFT.iter().any(|l| name == *l) {
            continue;
        }
        let lossy = name.to_string_lossy();
        let target = to.join(lossy.strip_suffix(DORMANT).unwrap_or(&lossy));
        if entry.file_type().doing(doing())?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target).doing(doing())?;
        }
    }
    Ok(())
}
