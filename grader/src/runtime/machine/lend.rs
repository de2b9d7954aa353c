//! Toolchains that live in root's closed home, lent to the user builds run as.
//!
//! rustup and nvm put toolchains below the home of who installed them, and root's home is closed. Instead of
//! opening it, the toolchain's files are linked (copied where links cannot be made) into a folder others can
//! read; they stay root's, so nobody can change them.

use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::cache::{Cache, disk, make};
use super::lock;
use super::shut::remove;
use super::tools;
use super::user::RunAs;
use crate::model::Fault;

/// Tools that may be lent, and what a toolchain holds that a build never reads.
const LENT: [&str; 3] = ["rustc", "node", "go"];
const SKIPPED: [&str; 3] = ["share/doc", "share/man", "share/zsh"];

/// The `bin` folders to put first on the search path: of each tool that root's path has and the user cannot
/// reach. Empty when the grader does not run as root. Blocks; the first time for some seconds.
pub(crate) fn lend(cache: &Cache, run_as: &RunAs) -> Result<Vec<PathBuf>, Fault> {
    if !run_as.other {
        return Ok(Vec::new());
    }
    let own = tools::own_path();
    let open = tools::enterable(own.clone(), run_as);
    let mut bins = Vec::new();
    for name in LENT {
        let reached = tools::find(name, &open).is_some_and(|tool| run_as.reads(&tool));
        let found = (!reached).then(|| tools::find(name, &own)).flatten();
        if let Some(root) = found.and_then(|tool| toolchain(name, &tool)) {
            bins.push(linked(&root, cache)?.join("bin"));
        }
    }
    Ok(bins)
}

/// The folder of the toolchain a tool belongs to. rustup's `rustc` is a go-between that must be asked.
fn toolchain(name: &str, tool: &Path) -> Option<PathBuf> {
    let root = if name == "rustc" {
        let asked = Command::new(tool)
            .args(["--print", "sysroot"])
            .current_dir("/")
            .output()
            .ok()?;
        PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim())
    } else {
        tool.canonicalize().ok()?.parent()?.parent()?.to_owned()
    };
    // A tool that lies straight in `/usr/bin` is no toolchain of its own.
    (root.components().count() > 2 && root.join("bin").join(name).is_file()).then_some(root)
}

/// The toolchain's place in the cache, filled if it is not there yet.
fn linked(root: &Path, cache: &Cache) -> Result<PathBuf, Fault> {
    let places = cache.folder("toolchains")?;
    let identity = tools::identity(&root.join("lib")) + &tools::identity(&root.join("bin"));
    let digest: String = Sha256::digest(identity)
        .iter()
        .take(8)
        .map(|b| format!("{b:02x}"))
        .collect();
    let name = root
        .file_name()
        .map_or_else(Default::default, |n| n.to_string_lossy());
    let place = places.join(format!("{name}-{digest}"));
    let _lock = lock::wait(&places.join(format!(".{name}-{digest}.lock")))?;
    if !place.is_dir() {
        let half = places.join(format!(".{name}-{digest}.half"));
        remove(&half)?;
        fill(root, &half)?;
        std::fs::rename(&half, &place).map_err(|e| disk("lending a toolchain", &place, &e))?;
    }
    Ok(place)
}

fn fill(root: &Path, place: &Path) -> Result<(), Fault> {
    let skipped = |path: &Path| {
        SKIPPED
            .iter()
            .any(|s| path.strip_prefix(root).is_ok_and(|p| p == Path::new(s)))
    };
    for entry in WalkDir::new(root)
        .into_iter()
        .filter_entry(|entry| !skipped(entry.path()))
    {
        let entry = entry.map_err(|error| Fault::new("lending a toolchain", error))?;
        let to = place.join(entry.path().strip_prefix(root).unwrap_or(Path::new("")));
        let kind = entry.file_type();
        let done = if kind.is_dir() {
            make(&to)?;
            Ok(())
        } else if kind.is_symlink() {
            std::fs::read_link(entry.path())
                .and_then(|target| std::os::unix::fs::symlink(target, &to))
        } else {
            std::fs::hard_link(entry.path(), &to)
                .or_else(|_| std::fs::copy(entry.path(), &to).map(drop))
        };
        done.map_err(|error| disk("lending a toolchain", &to, &error))?;
    }
    Ok(())
}
