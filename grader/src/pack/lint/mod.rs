//! Lints a whole curriculum: the order of its projects, the graph of its concepts, what each check teaches.

mod beliefs;
mod concepts;
mod projects;
mod promises;
mod teaches;

use std::path::Path;

use indexmap::IndexMap;
use toml::de::DeTable;

use super::{
    Pack, PackProblems, PackSource,
    read::{
        log::{Log, Spot},
        tab::Tab,
    },
};
use crate::model::{CheckId, CheckIndex};

/// The file that says the order.
pub(super) const FILE: &str = "curriculum.toml";

/// Projects in order, the concepts they teach, and the concept behind each check.
#[derive(Debug, Clone, PartialEq)]
pub struct Curriculum {
    /// The projects, first to last.
    pub projects: Vec<Step>,
    /// The concepts, by id.
    pub concepts: IndexMap<String, Concept>,
    /// What each check teaches.
    pub teaches: IndexMap<CheckId, String>,
}

/// One project of the curriculum.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The pack's id, and its folder beside the file.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its tier, from 1.
    pub tier: u64,
    /// Planned effort in hours.
    pub hours: Option<f64>,
    /// Whether the pack is there yet.
    pub exists: bool,
}

/// Something there is to understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concept {
    /// Its title.
    pub title: String,
    /// The tier in which it is taught.
    pub tier: u64,
    /// The concepts it stands on.
    pub after: Vec<String>,
    /// Its page of theory, relative to the file.
    pub page: Option<String>,
}

impl Curriculum {
    /// Reads and judges the curriculum in a folder of packs. Packs that do not load are left to [`Pack::load`].
    ///
    /// # Errors
    /// [`PackProblems`]: everything that is wrong, with places in `curriculum.toml` and cures.
    pub fn load(folder: &Path, checks: Option<&CheckIndex>) -> Result<Self, PackProblems> {
        let log = Log::default();
        match load(folder, checks, &log) {
            Some(curriculum) if log.is_clean() => Ok(curriculum),
            _ => Err(log.into_problems(folder.display().to_string())),
        }
    }

    /// Whether a folder holds a curriculum.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(FILE).is_file()
    }
}

fn load(folder: &Path, checks: Option<&CheckIndex>, log: &Log) -> Option<Curriculum> {
    let text = match std::fs::read_to_string(folder.join(FILE)) {
        Ok(text) => text,
        Err(e) => {
            log.say(
                &Spot::new(FILE, 0..0),
                format!("cannot be read: {e}"),
                "name a folder of packs",
            );
            return None;
        }
    };
    log.file(FILE, &text);
    let (table, errors) = DeTable::parse_recoverable(&text);
    for e in &errors {
        let spot = Spot::new(FILE, e.span().unwrap_or(0..0));
        log.say(
            &spot,
            format!("this is not TOML: {}", e.message()),
            "mend the line",
        );
    }
    if !errors.is_empty() {
        return None;
    }
    let mut root = Tab::root(FILE, table.get_ref(), log);
    let steps = projects::read(&mut root, log);
    let concepts = concepts::read(&mut root, log);
    let teaches = teaches::read(&mut root);
    let beliefs = beliefs::read(&mut root, log);
    root.done();
    let packs: Vec<Pack> = steps
        .iter()
        .filter(|s| s.value.exists)
        .filter_map(|s| Pack::load(&PackSource::folder(folder.join(&s.value.id)), None).ok())
        .collect();
    projects::judge(&steps, &packs, folder, log);
    concepts::judge(&concepts, &steps, folder, log);
    teaches::judge(&teaches, &concepts, &packs, checks, log);
    beliefs::judge(&beliefs, checks, log);
    promises::judge(&steps, &packs, log);
    Some(Curriculum {
        projects: steps.into_iter().map(|s| s.value).collect(),
        concepts: concepts.into_iter().map(|(id, c)| (id, c.value)).collect(),
        teaches: teaches
            .into_iter()
            .map(|(id, concept)| (CheckId(id.value), concept.value))
            .collect(),
    })
}
