//! Which commit is checked out, read from Git's own files: no program of the submission's choosing runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::index;

/// The commit of the checkout `root` lies in, forty or sixty-four hex digits; none outside Git or before the
/// first commit.
pub(super) fn commit(root: &Path) -> Option<String> {
    let (git, common) = root.ancestors().find_map(git_dir)?;
    let head = std::fs::read_to_string(git.join("HEAD")).ok()?;
    let head = head.trim();
    let Some(name) = head.strip_prefix("ref: ") else {
        return hash(head);
    };
    [&git, &common]
        .iter()
        .find_map(|dir| hash(std::fs::read_to_string(dir.join(name)).ok()?.trim()))
        .or_else(|| packed(&common, name))
}

/// What Git tracks below `root`, relative to it; none outside a checkout, and where it tracks nothing there.
pub(super) fn tracked(root: &Path) -> Option<BTreeSet<PathBuf>> {
    let found = |top: &Path| git_dir(top).map(|dirs| (top.to_owned(), dirs));
    let (top, (git, common)) = root.ancestors().find_map(found)?;
    let config = std::fs::read_to_string(common.join("config")).unwrap_or_default();
    let hash = if config.to_lowercase().contains("sha256") {
        32
    } else {
        20
    };
    let all = index::paths(&std::fs::read(git.join("index")).ok()?, hash)?;
    let below = root.strip_prefix(&top).ok()?;
    let tracked: BTreeSet<_> = (all.iter())
        .filter_map(|path| Some(path.strip_prefix(below).ok()?.to_owned()))
        .collect();
    (!tracked.is_empty()).then_some(tracked)
}

/// Git's folder and the one that holds the branches (another in a worktree), if `dir` is a checkout.
fn git_dir(dir: &Path) -> Option<(PathBuf, PathBuf)> {
    let dot = dir.join(".git");
    if dot.is_dir() {
        return Some((dot.clone(), dot));
    }
    let text = std::fs::read_to_string(&dot).ok()?;
    let git = dir.join(text.trim().strip_prefix("gitdir: ")?);
    let common = std::fs::read_to_string(git.join("commondir")).map(|c| git.join(c.trim()));
    Some((git.clone(), common.unwrap_or(git)))
}

fn packed(common: &Path, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(common.join("packed-refs")).ok()?;
    let mut pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs
        .find(|(_, reference)| *reference == name)
        .and_then(|(commit, _)| hash(commit))
}

fn hash(text: &str) -> Option<String> {
    let whole = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
    whole.then(|| text.to_owned())
}
