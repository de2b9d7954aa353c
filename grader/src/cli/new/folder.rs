//! What stands in a new folder.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::model::{Doing, Fault};
use crate::pack::PackSource;

/// Grades every push, where the learner's repository is.
const WORKFLOW: &str = include_str!("grade.yml");

/// Relative paths and contents.
type Files = Vec<(String, Vec<u8>)>;

/// What was made.
pub(super) struct Begun {
    /// How many files.
    pub(super) files: usize,
    /// Whether it is a Git repository now.
    pub(super) repository: bool,
}

/// Fills `dir`, which is empty or not there: the starter, the brief, the contract, a workflow, a repository.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn begin(pack: &PackSource, language: &str, dir: &Path) -> Result<Begun, Fault> {
    let mut files = pack.starter(language)?;
    for name in ["openapi.yaml", "openapi.json"] {
        files.extend(pack.read(name)?.map(|bytes| (name.to_owned(), bytes)));
    }
    if let Some(brief) = pack.read("BRIEF.md")? {
        let (brief, pages) = with_its_pages(pack, &String::from_utf8_lossy(&brief))?;
        files.push(("BRIEF.md".to_owned(), brief.into_bytes()));
        files.extend(pages);
    }
    files.push((
        ".github/workflows/grade.yml".to_owned(),
        WORKFLOW.as_bytes().to_vec(),
    ));
    for (name, bytes) in &files {
        let path = dir.join(name);
        let doing = || format!("writing {}", path.display());
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).doing(doing())?;
        }
        std::fs::write(&path, bytes).doing(doing())?;
    }
    Ok(Begun {
        files: files.len(),
        repository: repository(dir),
    })
}

/// The brief and the concept pages it leads to, with links that hold in the new folder.
fn with_its_pages(pack: &PackSource, brief: &str) -> Result<(String, Files), Fault> {
    const THERE: &str = "](../concepts/";
    let mut pages = Files::new();
    for link in brief.split(THERE).skip(1) {
        let name = link.split([')', '#']).next().unwrap_or_default();
        let path = format!("concepts/{name}");
        if pages.iter().all(|(at, _)| *at != path)
            && let Some(bytes) = pack.beside(&path)?
        {
            pages.push((path, bytes));
        }
    }
    Ok((brief.replace(THERE, "](concepts/"), pages))
}

/// A repository without a commit: the first one is the learner's. Inside another repository none is made.
fn repository(dir: &Path) -> bool {
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.args(args).current_dir(dir).stdin(Stdio::null());
        let ran = git.stdout(Stdio::null()).stderr(Stdio::null()).status();
        ran.is_ok_and(|status| status.success())
    };
    git(&["rev-parse", "--git-dir"]) || git(&["init", "--initial-branch", "main"])
}
