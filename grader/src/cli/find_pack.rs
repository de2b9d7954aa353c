//! Which project is meant, and where its pack is.

use std::path::{Path, PathBuf};

use super::unknown::unknown;
use crate::model::CheckIndex;
use crate::pack::{Pack, PackSource};
use crate::report::one_line;

/// Packs built into the program: relative path below `projects/`, contents.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/projects.rs"));

/// Where packs are looked for, first to last.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// `--packs DIR`.
    pub(super) packs: Option<PathBuf>,
    /// `GRADER_PACKS`.
    pub(super) env: Option<PathBuf>,
    /// The submission's folder: packs may stand in `projects/` beside it.
    pub(super) beside: Option<PathBuf>,
    /// Whether an id is never taken for a folder that happens to be here: a submission may lie here.
    pub(super) strict: bool,
}

/// A project as somebody named it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named<'a> {
    /// Whoever started the grader did: an id, or the folder of a pack.
    Asked(&'a str),
    /// The submission did, in its `grader.toml`.
    Own(&'a str),
}

impl<'a> Named<'a> {
    /// What was asked for, or else what the submission says of itself.
    pub(super) fn by(asked: Option<&'a str>, own: Option<&'a str>) -> Option<Self> {
        asked.map(Self::Asked).or(own.map(Self::Own))
    }
}

/// Finds and reads the pack. Where places are strict a submission may name a project, and not bring one.
///
/// # Errors
/// One message: what was looked for, where, and which projects there are; or all problems of the pack.
pub(super) fn find(
    named: Option<Named<'_>>,
    places: &Places,
    index: &CheckIndex,
) -> Result<Pack, String> {
    let source = match named {
        Some(Named::Own(own))
            if places.strict && (own.contains(['/', '\\']) || own.starts_with('.')) =>
        {
            return Err(format!(
                "grader.toml names `{}`, and no pack of the submission's is taken\n  try: the id of a project there",
                one_line(own)
            ));
        }
        Some(Named::Asked(name) | Named::Own(name)) => source(name, places)?,
        None => {
            return Err(format!(
                "which project is this?\n  try: add `--project ID`, or the line `project = \"ID\"` to grader.toml \
                 (projects: {})",
                known(places).join(", ")
            ));
        }
    };
    Pack::load(&source, Some(index)).map_err(|problems| problems.to_string())
}

/// Where the files of this project are.
///
/// # Errors
/// What was looked for, and which projects there are.
pub(super) fn source(asked: &str, places: &Places) -> Result<PackSource, String> {
    let path = Path::new(asked);
    let may_be_path = !places.strict || asked.contains(std::path::MAIN_SEPARATOR);
    if may_be_path && path.join("project.toml").is_file() {
        return Ok(PackSource::folder(path));
    }
    if asked.contains(std::path::MAIN_SEPARATOR) {
        return Err(format!(
            "{asked} holds no project.toml\n  try: name the folder of a pack, or one of: {}",
            known(places).join(", ")
        ));
    }
    for dir in folders(places) {
        let dir = dir.join(asked);
        if dir.join("project.toml").is_file() {
            return Ok(PackSource::folder(dir));
        }
    }
    if embedded().iter().any(|id| id == asked) {
        return Ok(PackSource::Embedded {
            name: asked.to_owned(),
            files: EMBEDDED,
        });
    }
    let known = known(places);
    let what = unknown("project", asked, known.iter().map(String::as_str));
    Err(format!("{what}\n  try: one of {}", known.join(", ")))
}

/// Folders that may hold packs, first to last.
fn folders(places: &Places) -> Vec<PathBuf> {
    let beside = places.beside.as_ref().map(|b| b.join("projects"));
    [places.packs.clone(), places.env.clone(), beside]
        .into_iter()
        .flatten()
        .collect()
}

/// The ids of all packs that can be found.
fn known(places: &Places) -> Vec<String> {
    let mut ids = embedded();
    for dir in folders(places) {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            if entry.path().join("project.toml").is_file() {
                ids.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    ids.sort();
    ids.dedup();
    ids
}

fn embedded() -> Vec<String> {
    EMBEDDED
        .iter()
        .filter_map(|(path, _)| path.strip_suffix("/project.toml"))
        .map(str::to_owned)
        .collect()
}
