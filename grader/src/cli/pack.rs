//! `grader pack lint | new`: work on project packs.

use std::io::{stderr, stdout};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Look, print};
use crate::model::{CheckIndex, Doing, Exit, Fault};
use crate::pack::{Curriculum, Pack, PackProblems, PackSource, draft};
use crate::probe::sample::{self, Optional};

/// Work on project packs.
#[derive(Debug, Args)]
pub(super) struct PackArgs {
    #[command(subcommand)]
    verb: PackVerb,
}

#[derive(Debug, Subcommand)]
enum PackVerb {
    /// Say everything that is wrong with packs, or with a whole curriculum
    Lint {
        /// Folders of packs, or of a curriculum (default: projects)
        dirs: Vec<PathBuf>,
    },
    /// Draft a pack from an OpenAPI file
    New {
        /// The new pack's id, and its folder's name
        name: String,
        /// The contract: OpenAPI 3.1 or 3.0, YAML or JSON
        #[arg(long, value_name = "FILE")]
        openapi: PathBuf,
        /// Where the folder is to stand
        #[arg(long, value_name = "DIR", default_value = ".")]
        into: PathBuf,
    },
}

/// Runs the verb.
pub(super) fn pack(args: &PackArgs, index: &CheckIndex) -> Exit {
    let done = match &args.verb {
        PackVerb::Lint { dirs } => lint(dirs, index),
        PackVerb::New {
            name,
            openapi,
            into,
        } => new(name, openapi, into),
    };
    done.unwrap_or_else(|fault| {
        super::say(&format!("error: the grader failed: {fault}"));
        Exit::Fault
    })
}

fn lint(dirs: &[PathBuf], index: &CheckIndex) -> Result<Exit, Fault> {
    let default = [PathBuf::from("projects")];
    let dirs = if dirs.is_empty() { &default[..] } else { dirs };
    let mut clean = true;
    for dir in dirs {
        let packs = packs_in(dir);
        if packs.is_empty() && !Curriculum::is_in(dir) {
            let text = format!(
                "error: {} holds neither a project.toml nor a curriculum.toml\n  try: name the folder of a pack, or of packs\n",
                dir.display()
            );
            print(&mut stderr(), &text)?;
            clean = false;
        }
        for pack in packs {
            clean &= one(&pack, index)?;
        }
        if Curriculum::is_in(dir) {
            match Curriculum::load(dir, Some(index)) {
                Ok(c) => say(&format!(
                    "ok  {}: {} projects, {} concepts\n",
                    dir.join("curriculum.toml").display(),
                    c.projects.len(),
                    c.concepts.len()
                ))?,
                Err(problems) => clean = refuse(&problems)?,
            }
        }
    }
    Ok(if clean { Exit::Open } else { Exit::Usage })
}

/// The folder itself when it is a pack, else the packs in it, by name.
fn packs_in(dir: &Path) -> Vec<PathBuf> {
    let is_pack = |dir: &Path| dir.join("project.toml").is_file();
    if is_pack(dir) {
        return vec![dir.to_path_buf()];
    }
    let entries = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let mut packs: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| is_pack(p)).collect();
    packs.sort();
    packs
}

/// Lints one pack; returns whether it is clean.
fn one(dir: &Path, index: &CheckIndex) -> Result<bool, Fault> {
    let pack = match Pack::load(&PackSource::folder(dir), Some(index)) {
        Ok(pack) => pack,
        Err(problems) => return refuse(&problems),
    };
    let barren = barren(&pack);
    for id in &barren {
        let text = format!(
            "error: {}: no valid body can be made for `{id}`\n  try: loosen the schema of its request, or its pattern\n",
            dir.display()
        );
        print(&mut stderr(), &text)?;
    }
    if barren.is_empty() {
        let (entities, links) = (pack.entities.len(), pack.links.len());
        let operations = pack.contract.operations.len();
        say(&format!(
            "ok  {}: {entities} entities, {links} links, {operations} operations\n",
            dir.display()
        ))?;
    }
    Ok(barren.is_empty())
}

/// Operations for which no valid body is found: no check could use them.
fn barren(pack: &Pack) -> Vec<String> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut barren = Vec::new();
    for op in pack.contract.operations.iter().filter(|o| o.body.is_some()) {
        for choice in [Optional::All, Optional::Omitted] {
            let body = sample::request(&pack.contract, op, choice, &mut rng);
            let id = op.id.to_string();
            if !pack.contract.validate_body(op, &body).is_empty() && !barren.contains(&id) {
                barren.push(id);
            }
        }
    }
    barren
}

fn refuse(problems: &PackProblems) -> Result<bool, Fault> {
    let n = problems.problems.len();
    let text = format!(
        "{}\n{}: {n} problem{}\n",
        problems.render(Look::for_stdout().width).trim_end(),
        problems.pack,
        if n == 1 { "" } else { "s" }
    );
    print(&mut stderr(), &text)?;
    Ok(false)
}

fn say(text: &str) -> Result<(), Fault> {
    print(&mut stdout(), text)
}

fn new(name: &str, openapi: &Path, into: &Path) -> Result<Exit, Fault> {
    let usage = |text: String| {
        print(&mut stderr(), &text)?;
        Ok(Exit::Usage)
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        return usage(format!(
            "error: `{name}` is no project id\n  try: lower-case letters, digits and hyphens, as in 2-catalogue\n"
        ));
    }
    let text = match std::fs::read_to_string(openapi) {
        Ok(text) => text,
        Err(e) => {
            let file = openapi.display();
            return usage(format!(
                "error: {file} cannot be read: {e}\n  try: name the contract's file\n"
            ));
        }
    };
    let file = match openapi.extension().and_then(|e| e.to_str()) {
        Some("json") => "openapi.json",
        _ => "openapi.yaml",
    };
    let project = match draft(name, file, &text) {
        Ok(project) => project,
        Err(problems) => {
            refuse(&problems)?;
            return Ok(Exit::Usage);
        }
    };
    let folder = into.join(name);
    if folder.exists() {
        let folder = folder.display();
        return usage(format!(
            "error: {folder} is there already\n  try: another name, or `--into DIR`\n"
        ));
    }
    let doing = || format!("writing {}", folder.display());
    std::fs::create_dir_all(&folder).doing(doing())?;
    std::fs::write(folder.join("project.toml"), project).doing(doing())?;
    std::fs::write(folder.join(file), text).doing(doing())?;
    say(&format!(
        "drafted {}\n  next: decide every `check:` in it, then `grader pack lint {}`\n",
        folder.join("project.toml").display(),
        folder.display()
    ))?;
    Ok(Exit::Open)
}
