//! `[[misconception]]` of the curriculum: what a learner who fails some checks probably believes.

use serde::Deserialize;

use super::PackSource;
use crate::model::CheckId;

/// A belief that makes services fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Belief {
    /// Its id in the curriculum.
    pub id: String,
    /// The belief itself, as somebody who holds it would say it.
    pub title: String,
    /// What is so instead.
    pub instead: String,
    /// What to ask somebody who may hold it.
    pub ask: String,
    /// The checks whose failure speaks of it.
    pub checks: Vec<CheckId>,
}

#[derive(Deserialize, Default)]
struct File {
    #[serde(default)]
    misconception: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    id: String,
    title: String,
    instead: String,
    ask: String,
    checks: Vec<String>,
}

impl Belief {
    /// The beliefs of the curriculum beside a pack, in its order. A pack without one has none, and so has one whose
    /// curriculum is damaged: what is wrong with it is for `grader pack lint` to say, and costs no learner a report.
    pub fn beside(pack: &PackSource) -> Vec<Self> {
        let Ok(Some(bytes)) = pack.beside(super::lint::FILE) else {
            return Vec::new();
        };
        let text = String::from_utf8_lossy(&bytes);
        let file: File = toml::from_str(&text).unwrap_or_default();
        let written = file.misconception.into_iter();
        written
            .map(|written| Self {
                id: written.id,
                title: written.title,
                instead: written.instead,
                ask: written.ask,
                checks: written.checks.into_iter().map(CheckId).collect(),
            })
            .collect()
    }
}
