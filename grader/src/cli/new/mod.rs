//! `grader new`: a folder to begin in.

mod folder;

use std::path::{Path, PathBuf};

use clap::Args;

use super::find_pack::{Places, source};
use super::print;
use super::unknown::unknown;
use crate::model::{Exit, Fault};
use crate::pack::PackSource;
use folder::Begun;

/// Begin a project: a starter, the brief and the contract in a folder of your own.
#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The project, for example 1-listings
    project: String,
    /// The folder to make (default: the project's name)
    dir: Option<PathBuf>,
    /// The language of the starter, for example python
    #[arg(long, value_name = "LANGUAGE")]
    lang: String,
    /// Where packs are, besides those built in
    #[arg(long, value_name = "DIR")]
    packs: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn new(args: &NewArgs) -> Result<Exit, Fault> {
    let refused = |why: &str| {
        super::say(&format!("error: {why}"));
        Ok(Exit::Usage)
    };
    let places = Places {
        packs: args.packs.clone(),
        env: std::env::var_os("GRADER_PACKS").map(PathBuf::from),
        beside: None,
        strict: false,
    };
    let pack = match source(&args.project, &places) {
        Ok(pack) => pack,
        Err(why) => return refused(&why),
    };
    let languages = pack.languages()?;
    if languages.is_empty() {
        return refused(&format!(
            "project `{}` has no starters\n  try: an empty folder; the brief says what to build",
            args.project
        ));
    }
    if !languages.contains(&args.lang) {
        let what = unknown("starter", &args.lang, languages.iter().map(String::as_str));
        return refused(&format!(
            "{what}\n  try: --lang {}; any other language will do too, from an empty folder",
            languages.join(", --lang ")
        ));
    }
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => PathBuf::from(pack.folder_name().unwrap_or_else(|| args.project.clone())),
    };
    if let Some(why) = taken(&dir) {
        return refused(&why);
    }
    let begun = folder::begin(&pack, &args.lang, &dir)?;
    print(&mut std::io::stdout(), &next(&dir, &pack, &begun))?;
    Ok(Exit::Open)
}

/// Why a folder cannot be begun in, if so: nobody's work is written over.
fn taken(dir: &Path) -> Option<String> {
    let holds = match std::fs::read_dir(dir) {
        Ok(mut entries) => entries.next().map(|_| "is not empty"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(_) => Some("is no folder that can be read"),
    };
    holds.map(|why| {
        format!(
            "{} {why}\n  try: another folder, `grader new … FOLDER`",
            dir.display()
        )
    })
}

fn next(dir: &Path, pack: &PackSource, begun: &Begun) -> String {
    let mut text = format!(
        "{}: {} files of project {}\n",
        dir.display(),
        begun.files,
        pack.folder_name().unwrap_or_default()
    );
    if !begun.repository {
        text += "no Git repository was made, since `git` is not here; your work deserves one\n";
    }
    text += &format!(
        "\n  cd {}\n  less BRIEF.md       what to build, and why\n  grader grade        what is missing, first things first\n",
        dir.display()
    );
    text
}
