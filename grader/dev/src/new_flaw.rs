//! A flaw in two steps: lay out a copy of the reference, edit it, make the patch.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use grader::checks;

use crate::place::root;

#[derive(Debug, Args)]
pub(crate) struct NewFlaw {
    /// The check that must catch it, with a number behind it if it has more flaws: endpoints.x.2
    name: String,
    /// The project
    #[arg(long, default_value = "1-listings")]
    project: String,
    /// The reference to put it in
    #[arg(long, default_value = "python")]
    base: String,
    /// What is wrong with it, one sentence
    #[arg(long)]
    why: Option<String>,
}

pub(crate) fn run(args: &NewFlaw) -> Result<()> {
    let known = checks::index();
    let check = args
        .name
        .trim_end_matches(|c: char| c == '.' || c.is_ascii_digit());
    if known.get(check).is_none() {
        bail!("there is no check `{check}`");
    }
    let base = root()
        .join("fixtures/reference")
        .join(&args.project)
        .join(&args.base);
    let work = root().join("target/flaws").join(&args.name);
    if !work.join("b").is_dir() {
        for side in ["a", "b"] {
            copy(&base, &work.join(side))?;
        }
        println!(
            "now put the flaw into {} and run the same command again",
            work.join("b").display()
        );
        return Ok(());
    }
    let patch = diff(&work)?;
    if patch.is_empty() {
        bail!("nothing is changed yet in {}", work.join("b").display());
    }
    let why = args
        .why
        .as_ref()
        .map(|w| format!("# {w}\n"))
        .unwrap_or_default();
    let head = format!("{why}base: {}\nexpect: {check}\n\n", args.base);
    let path: PathBuf = root()
        .join("fixtures/flaws")
        .join(&args.project)
        .join(format!("{}.patch", args.name));
    std::fs::write(&path, head + &patch).with_context(|| path.display().to_string())?;
    std::fs::remove_dir_all(&work)?;
    println!("wrote {}", path.display());
    println!("now prove it: cargo dev matrix --fixture {}", args.name);
    Ok(())
}

/// The difference between `a` and `b` as Git writes it, paths as from the base's own top.
fn diff(work: &Path) -> Result<String> {
    let output = Command::new("git")
        .args(["diff", "--no-index", "--no-color", "a", "b"])
        .current_dir(work)
        .output()
        .context("running git")?;
    let text = String::from_utf8(output.stdout)?;
    Ok(text
        .replace("a/a/", "a/")
        .replace("b/b/", "b/")
        .replace("a/b/", "a/"))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    const LEFT: [&str; 4] = ["target", "node_modules", ".venv", "__pycache__"];
    let walk = walkdir::WalkDir::new(from)
        .into_iter()
        .filter_entry(|e| !LEFT.iter().any(|l| e.file_name() == *l));
    for entry in walk {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
